#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>

namespace actuary::bench {

/// Callers that wait for their own acknowledgement; what arrives during one write forms the next.
/// The same front stands before the journal and before the raw loop, so only what is behind it
/// differs.
class GroupCommit {
 public:
  /// Writes `count` records durably and returns when they are.
  using Write = std::function<void(std::size_t count)>;

  explicit GroupCommit(Write write) : write_(std::move(write)) {}

  void commit() {
    std::unique_lock guard(mutex_);
    const std::size_t ticket = forming_;
    ++waiting_;
    while (durable_ <= ticket) {
      if (writing_) {
        wake_.wait(guard);
        continue;
      }
      writing_ = true;
      const std::size_t batch = forming_++;
      const std::size_t count = waiting_;
      waiting_ = 0;
      guard.unlock();
      write_(count);
      guard.lock();
      durable_ = batch + 1;
      writing_ = false;
      ++writes_;
      wake_.notify_all();
    }
  }

  [[nodiscard]] std::size_t writes() const { return writes_; }

 private:
  const Write write_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::size_t forming_ = 0;  ///< the batch that callers join now
  std::size_t durable_ = 0;  ///< batches below are on disk
  std::size_t waiting_ = 0;
  std::size_t writes_ = 0;
  bool writing_ = false;
};

}  // namespace actuary::bench
