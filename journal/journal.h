#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "journal/record/record.h"

namespace actuary::journal {

/// Where a journal stands. `id` names it for ever; `format` is what its bytes are written in.
struct Head {
  Position position = 0;
  std::uint64_t term = 0;
  std::string id;
  std::uint32_t format = 0;
};

/// An append-only, gapless sequence of records; every implementation passes
/// tests/contract/journal_contract.h.
class Journal {
 public:
  using Done = std::function<void(Result<Position>)>;
  /// Returns false to stop.
  using Visit = std::function<bool(const Record&)>;

  virtual ~Journal() = default;

  /// Appends the whole batch durably, or nothing of it. `done` comes from another thread, with the
  /// new head.
  ///
  /// shape:  1..kBatchRecordsMax records; positions follow the head without a gap, versions their
  ///         streams', terms are the last claimed one; the first record of all is a TermClaimed
  /// errors: kVersionConflict, nothing written; kStorageFailed, perhaps written: refuse everything
  ///         until reopened
  /// source: journal/FORMAT.md, "Append"
  virtual void append(std::vector<Record> batch, Done done) = 0;

  [[nodiscard]] virtual Head head() const = 0;
  [[nodiscard]] virtual Version version_of(const StreamId& stream) const = 0;

  /// Visits records from `from` on, in order, each one verified.
  ///
  /// errors: kCorrupt and kNewerVersion name the position
  [[nodiscard]] virtual Status scan(Position from, const Visit& visit) const = 0;
  [[nodiscard]] virtual Result<std::vector<Record>> read_stream(const StreamId& stream) const = 0;
};

inline constexpr std::size_t kBatchRecordsMax = 4096;

/// What this program writes. A journal of another format is refused, both numbers named.
inline constexpr std::uint32_t kFormat = 1;

}  // namespace actuary::journal
