#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "adapters/storages/commit.h"
#include "adapters/storages/read_counts.h"
#include "engine/ports/loop.h"
#include "engine/ports/room.h"

namespace actuary::adapters::storages {

/// Group commit: while one batch is being synced the next one piles up in the queue.
class WriteThread {
 public:
  using Answer = std::function<void(Result<std::uint64_t>)>;

  WriteThread(Store& store, engine::ports::Loop& loop, ReadCounts& read_counts,
              std::uint64_t sequence, engine::ports::Room room);
  ~WriteThread() { stop(); }
  WriteThread(const WriteThread&) = delete;
  WriteThread& operator=(const WriteThread&) = delete;

  /// `bytes` is what the write holds in memory.
  void enqueue(Write write, std::size_t bytes, Answer answer);
  /// Finishes the commit under way; what waits is answered with kUnavailable.
  void stop();

 private:
  struct Entry {
    Write write;
    std::size_t bytes = 0;
    Answer answer;
  };

  void run();
  /// The writes of the next commit; none when the thread shall end.
  [[nodiscard]] std::vector<Entry> take();
  void commit(std::vector<Entry> entries);
  /// Whether there is room for the new contents among `entries`.
  [[nodiscard]] Status has_room(const std::vector<Entry>& entries) const;
  void add_read_counts(Commit& commit);
  void reply(std::vector<Entry> entries, std::vector<Result<std::uint64_t>> results);

  Store& store_;
  engine::ports::Loop& loop_;
  ReadCounts& read_counts_;
  engine::ports::Room room_;

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Entry> waiting_;
  std::size_t waiting_bytes_ = 0;
  bool stopping_ = false;

  std::uint64_t sequence_;  // this and below: the thread's own
  bool failed_ = false;
  std::thread thread_;
};

}  // namespace actuary::adapters::storages
