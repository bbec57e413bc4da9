#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace actuary::adapters::storages {

/// A few threads for reads that may wait for a disk: the loop never does, and the host's own pool
/// stays free.
class ReadPool {
 public:
  enum class Order { kRun, kRefuse };
  /// Called once, with kRefuse when the pool is stopped before its turn.
  using Task = std::function<void(Order)>;

  ReadPool(std::size_t threads, std::size_t waiting_max);
  ~ReadPool() { stop(); }
  ReadPool(const ReadPool&) = delete;
  ReadPool& operator=(const ReadPool&) = delete;

  void enqueue(Task task);
  void stop();

 private:
  void run();

  const std::size_t waiting_max_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Task> waiting_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace actuary::adapters::storages
