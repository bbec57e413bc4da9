#include "adapters/storages/read_pool.h"

#include <utility>

namespace actuary::adapters::storages {

ReadPool::ReadPool(std::size_t threads, std::size_t waiting_max) : waiting_max_(waiting_max) {
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

void ReadPool::enqueue(Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_ && waiting_.size() < waiting_max_) {
      waiting_.push_back(std::move(task));
      arrived_.notify_one();
      return;
    }
  }
  task(Order::kRefuse);
}

void ReadPool::stop() {
  std::deque<Task> left;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    left.swap(waiting_);
    arrived_.notify_all();
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  for (const Task& task : left) task(Order::kRefuse);
}

void ReadPool::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    arrived_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const Task task = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    task(Order::kRun);
    lock.lock();
  }
}

}  // namespace actuary::adapters::storages
