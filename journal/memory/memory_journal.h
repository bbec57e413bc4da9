#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "journal/journal.h"

namespace actuary::journal::memory {

/// The journal's in-memory twin: the same answers, no disk, no thread of its own. Held appends let
/// a simulated world choose when an append becomes durable, whether it does, and where a crash
/// falls. One thread appends; any may read.
class MemoryJournal final : public Journal {
 public:
  enum class Completion {
    kImmediate,  ///< `done` is called within `append`
    kHeld,       ///< `done` is called within `complete_next` or `fail_next`
  };
  /// What became of an append that was answered with kStorageFailed.
  enum class Fate { kLost, kWritten };

  explicit MemoryJournal(Completion completion = Completion::kImmediate,
                         std::string id = std::string(32, '0'));
  MemoryJournal(const MemoryJournal&) = delete;
  MemoryJournal& operator=(const MemoryJournal&) = delete;

  void append(std::vector<Record> batch, Done done) override;
  [[nodiscard]] Head head() const override;
  [[nodiscard]] Version version_of(const StreamId& stream) const override;
  [[nodiscard]] Status scan(Position from, const Visit& visit) const override;
  [[nodiscard]] Status scan_stored(Position from, const VisitStored& visit) const override;
  [[nodiscard]] Result<Record> read(Position position) const override;
  [[nodiscard]] Result<std::vector<Record>> read_stream(const StreamId& stream) const override;
  [[nodiscard]] Result<Bytes> tile(merkle::TileId id) const override;

  [[nodiscard]] std::size_t held() const { return held_.size(); }
  /// Makes the oldest held append durable, or answers why it does not fit. False: none is held.
  bool complete_next();
  /// Answers the oldest held append with kStorageFailed and refuses everything until `reopen`.
  bool fail_next(Fate fate);
  /// Answers the next append that is not held with kStorageFailed; the immediate mode's
  /// `fail_next`.
  void fail_following_append(Fate fate) { failing_ = fate; }
  /// A crash and a fresh start: held appends are gone without an answer, what was durable is there.
  void reopen();

 private:
  struct Held {
    std::vector<Record> batch;
    Done done;
  };

  Result<Position> apply(std::vector<Record> batch);
  Result<Position> lose(std::vector<Record> batch, Fate fate);
  [[nodiscard]] Version known_version(const StreamId& stream) const;
  /// The record at `position`; absent beyond the head.
  [[nodiscard]] std::optional<Record> find(Position position) const;

  const Completion completion_;
  const std::string id_;
  mutable std::mutex mutex_;  ///< guards what readers look at: log, streams, term
  std::vector<Record> log_;
  std::map<StreamId, std::vector<Position>> streams_;
  std::uint64_t term_ = 0;
  merkle::Edge edge_;
  std::map<merkle::TileId, Bytes> full_tiles_;
  std::deque<Held> held_;
  std::optional<Fate> failing_;
  bool poisoned_ = false;
};

/// Appends that may wait at once; one more is answered with kLimitExceeded.
inline constexpr std::size_t kHeldAppendsMax = 64;

}  // namespace actuary::journal::memory
