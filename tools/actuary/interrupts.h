#pragma once

#include <functional>
#include <thread>

namespace actuary::tools {

/// Calls `on_signal` on a thread of its own for every SIGINT and SIGTERM, with 1, 2, 3, … At most
/// one exists.
class Interrupts {
 public:
  explicit Interrupts(std::function<void(int count)> on_signal);
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

 private:
  std::thread thread_;
};

}  // namespace actuary::tools
