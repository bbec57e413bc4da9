#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/ports/loop.h"
#include "journal/base/result.h"

namespace actuary::adapters::reactor {

/// Threads of our own for what blocks; a host's libuv pool is never used.
class Workers {
 public:
  static constexpr std::size_t kQueuedMax = 4096;

  Workers(engine::ports::Loop& loop, unsigned threads);
  /// Finishes what was submitted, then joins.
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// Runs `work` on a worker, then `done` on the loop's thread. From any thread.
  ///
  /// errors: kLimitExceeded: the queue is full, neither will run; kUnavailable: shutting down
  Status submit(std::function<void()> work, std::function<void()> done);
  /// What the destructor does. Answers of late work are still posted.
  void shutdown();

 private:
  struct Job {
    std::function<void()> work;
    std::function<void()> done;
  };

  void serve();

  engine::ports::Loop& loop_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace actuary::adapters::reactor
