#include "adapters/storages/write_thread.h"

#include <memory>

#include "adapters/storages/rocks_storages.h"

namespace actuary::adapters::storages {
namespace {

/// One commit takes no more, so that a sync stays short; a larger write goes alone.
constexpr std::size_t kCommitBytesMax = std::size_t{32} << 20U;
constexpr std::size_t kCommitWritesMax = 1024;

/// Fences, deletions and counts are small and not refused: the engine and people need them most
/// when the disk is full.
bool adds(const Write& write) {
  return std::holds_alternative<WriteRecord>(write) || std::holds_alternative<WriteItems>(write);
}

}  // namespace

WriteThread::WriteThread(Store& store, engine::ports::Loop& loop, ReadCounts& read_counts,
                         std::uint64_t sequence, engine::ports::Room room)
    : store_(store),
      loop_(loop),
      read_counts_(read_counts),
      room_(std::move(room)),
      sequence_(sequence) {
  thread_ = std::thread([this] { run(); });
}

void WriteThread::enqueue(Write write, std::size_t bytes, Answer answer) {
  {
    const std::lock_guard lock(mutex_);
    const bool full = waiting_.size() >= kWritesWaitingMax ||
                      (!waiting_.empty() && waiting_bytes_ + bytes > kBytesWaitingMax);
    if (!stopping_ && !full) {
      waiting_.push_back({std::move(write), bytes, std::move(answer)});
      waiting_bytes_ += bytes;
      arrived_.notify_one();
      return;
    }
  }
  loop_.post([answer = std::move(answer)] {
    answer(fail(Code::kUnavailable, "the storages take no write now"));
  });
}

void WriteThread::stop() {
  std::vector<Entry> left;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    left.assign(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(waiting_.end()));
    waiting_.clear();
    arrived_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
  if (left.empty()) return;
  std::vector<Result<std::uint64_t>> results(
      left.size(), fail(Code::kUnavailable, "the storages were closed before the write"));
  reply(std::move(left), std::move(results));
}

void WriteThread::run() {
  while (true) {
    std::vector<Entry> entries = take();
    if (entries.empty()) break;
    commit(std::move(entries));
  }
  if (failed_) return;
  Commit last(store_, sequence_);
  add_read_counts(last);
  (void)last.finish();  // counts of reads may be lost
}

std::vector<WriteThread::Entry> WriteThread::take() {
  std::unique_lock lock(mutex_);
  arrived_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
  std::vector<Entry> entries;
  std::size_t bytes = 0;
  while (!stopping_ && !waiting_.empty() && entries.size() < kCommitWritesMax) {
    Entry& next = waiting_.front();
    const bool drop = std::holds_alternative<WriteDrop>(next.write);
    if (!entries.empty() && (drop || bytes + next.bytes > kCommitBytesMax)) break;
    bytes += next.bytes;
    entries.push_back(std::move(next));
    waiting_.pop_front();
    if (drop) break;
  }
  waiting_bytes_ -= bytes;
  return entries;
}

void WriteThread::commit(std::vector<Entry> entries) {
  const auto refused = [] {
    return fail(Code::kStorageFailed, "a commit of the storages failed; they must be reopened");
  };
  std::vector<Result<std::uint64_t>> results(entries.size(), refused());
  if (!failed_) {
    const Status room = has_room(entries);
    Commit commit(store_, sequence_);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (room || !adds(entries[i].write)) {
        results[i] = commit.apply(entries[i].write);
      } else {
        results[i] = tl::make_unexpected(room.error());
      }
    }
    const bool drop = std::holds_alternative<WriteDrop>(entries.front().write);
    if (!drop) add_read_counts(commit);
    const Status written = commit.finish();
    if (written) {
      sequence_ = commit.sequence();
    } else {
      failed_ = true;
      for (std::size_t i = 0; i < entries.size(); ++i) {
        if (room || !adds(entries[i].write)) results[i] = tl::make_unexpected(written.error());
      }
    }
  }
  reply(std::move(entries), std::move(results));
}

Status WriteThread::has_room(const std::vector<Entry>& entries) const {
  std::uint64_t bytes = 0;
  bool any = false;
  for (const Entry& entry : entries) {
    if (!adds(entry.write)) continue;
    any = true;
    bytes += entry.bytes;
  }
  return any && room_ ? room_(engine::ports::Need::kMore, bytes) : Status{};
}

void WriteThread::add_read_counts(Commit& commit) {
  for (const auto& [id, counts] : read_counts_.take()) {
    (void)commit.apply(WriteReadCounts{id, counts.reads, counts.lists});
  }
}

void WriteThread::reply(std::vector<Entry> entries, std::vector<Result<std::uint64_t>> results) {
  struct Answers {
    std::vector<Entry> entries;
    std::vector<Result<std::uint64_t>> results;
  };
  // One task for the whole commit; std::function wants it copyable.
  auto answers = std::make_shared<Answers>(Answers{std::move(entries), std::move(results)});
  loop_.post([answers] {
    for (std::size_t i = 0; i < answers->entries.size(); ++i) {
      answers->entries[i].answer(std::move(answers->results[i]));
    }
  });
}

}  // namespace actuary::adapters::storages
