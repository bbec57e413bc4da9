#pragma once

#include "journal/base/id.h"
#include "journal/base/time.h"

namespace actuary::adapters::reactor {

/// The machine's clocks. The boot id is the kernel's, hashed to 64 bits.
class SystemClock final : public Clock {
 public:
  SystemClock();
  [[nodiscard]] Instant now() override;

 private:
  std::uint64_t boot_id_;
};

/// The kernel's random numbers.
class SystemIds final : public IdSource {
 public:
  void fill(std::span<std::byte> random) override;
};

}  // namespace actuary::adapters::reactor
