#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include <gtest/gtest.h>

#include "engine/ports/loop.h"

namespace actuary::tests::support {

/// A loop that runs only inside `run_until`: the test's thread is the loop's thread.
class ManualLoop final : public engine::ports::Loop {
 public:
  void post(Task task) override {
    // Notified under the lock: the waiter may destroy the loop as soon as it has seen the task.
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    posted_.notify_all();
  }

  void arm(Microseconds after, Task wake) override {
    const std::lock_guard lock(mutex_);
    wake_ = std::move(wake);
    wake_at_ = Steady::now() + after;
    posted_.notify_all();
  }

  /// Runs tasks until `done()`; false when that takes longer than `timeout`.
  [[nodiscard]] bool run_until(const std::function<bool()>& done,
                               std::chrono::milliseconds timeout = std::chrono::seconds(30)) {
    const auto give_up = Steady::now() + timeout;
    while (!done()) {
      std::optional<Task> task = next(give_up);
      if (!task) return false;
      (*task)();
    }
    return true;
  }

  /// Runs what is posted, and what that posts, without waiting.
  void run_ready() {
    while (std::optional<Task> task = next(Steady::now())) (*task)();
  }

 private:
  using Steady = std::chrono::steady_clock;

  std::optional<Task> next(Steady::time_point give_up) {
    std::unique_lock lock(mutex_);
    while (true) {
      if (!tasks_.empty()) {
        Task task = std::move(tasks_.front());
        tasks_.pop_front();
        return task;
      }
      const auto now = Steady::now();
      if (wake_ && now >= wake_at_) return std::exchange(wake_, nullptr);
      if (now >= give_up) return std::nullopt;
      posted_.wait_until(lock, wake_ ? std::min(wake_at_, give_up) : give_up);
    }
  }

  std::mutex mutex_;
  std::condition_variable posted_;
  std::deque<Task> tasks_;
  Task wake_;
  Steady::time_point wake_at_;
};

/// Calls `begin(done)` and runs the loop until `done` was called; the test fails when it never is.
template <class T, class Begin>
Result<T> await(ManualLoop& loop, Begin&& begin) {
  // Shared, because an answer that comes after the test gave up must still find its place.
  const auto answer = std::make_shared<std::optional<Result<T>>>();
  begin([answer](Result<T> result) { *answer = std::move(result); });
  if (!loop.run_until([&] { return answer->has_value(); })) {
    ADD_FAILURE() << "no answer";
    return fail(Code::kUnknown, "no answer");
  }
  return std::move(**answer);
}

}  // namespace actuary::tests::support
