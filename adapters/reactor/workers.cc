#include "adapters/reactor/workers.h"

#include <csignal>
#include <utility>

namespace actuary::adapters::reactor {

Workers::Workers(engine::ports::Loop& loop, unsigned threads) : loop_(loop) {
  // Signals belong to the host's threads; these inherit a mask that takes none.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { serve(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Workers::~Workers() { shutdown(); }

Status Workers::submit(std::function<void()> work, std::function<void()> done) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return fail(Code::kUnavailable, "the workers are shutting down");
    if (queue_.size() >= kQueuedMax) return fail(Code::kLimitExceeded, "too much work is waiting");
    queue_.push_back({std::move(work), std::move(done)});
  }
  wake_.notify_one();
  return {};
}

void Workers::shutdown() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void Workers::serve() {
  while (true) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      job = std::move(queue_.front());
      queue_.pop_front();
    }
    if (job.work) job.work();
    if (job.done) loop_.post(std::move(job.done));
  }
}

}  // namespace actuary::adapters::reactor
