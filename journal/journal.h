#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "journal/reader.h"

namespace actuary::journal {

/// An append-only, gapless sequence of records; every implementation passes
/// tests/contract/journal_contract.h.
class Journal : public Reader {
 public:
  using Done = std::function<void(Result<Position>)>;

  /// Appends the whole batch durably, or nothing of it. `done` comes from another thread, with the
  /// new head.
  ///
  /// shape:  1..kBatchRecordsMax records; positions follow the head without a gap, versions their
  ///         streams', terms are the last claimed one; the first record of all is a TermClaimed
  /// errors: kVersionConflict, nothing written; kStorageFailed, perhaps written: refuse everything
  ///         until reopened
  /// source: journal/FORMAT.md, "Append"
  virtual void append(std::vector<Record> batch, Done done) = 0;
};

inline constexpr std::size_t kBatchRecordsMax = 4096;

/// What this program writes. A journal of a newer format is refused, both numbers named.
inline constexpr std::uint32_t kFormat = 2;
/// What it reads and, when it opens for writing, upgrades.
inline constexpr std::uint32_t kFormatOldest = 1;
inline constexpr std::uint32_t kFormatWithoutWitness = 1;

}  // namespace actuary::journal
