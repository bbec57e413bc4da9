#pragma once

#include <functional>
#include <optional>
#include <string>

#include "engine/replay/replayer.h"
#include "journal/reader.h"
#include "projections/runner/views.h"

/// A journal told again from its beginning: every view is made anew, every command is decided
/// again.
namespace actuary::projections::rebuild {

/// A row that two folds of one journal do not agree on.
struct RowDifference {
  std::string key;     ///< printable
  std::string stored;  ///< hex of the row's bytes, or `missing`
  std::string rebuilt;
  ACTUARY_FIELDS(RowDifference, key, stored, rebuilt);
};

/// What the stored views say, beside a rebuild up to their own position.
struct Comparison {
  Position position = 0;
  std::string stored;  ///< digest
  std::string rebuilt;
  std::optional<RowDifference> difference;
  ACTUARY_FIELDS(Comparison, position, stored, rebuilt, difference);
};

struct Report {
  std::string journal_id;
  Position position = 0;  ///< how far it went
  std::string digest;     ///< of the rebuilt views there
  engine::replay::Counts counts;
  std::optional<engine::replay::Divergence> divergence;
  std::optional<Comparison> comparison;
  ACTUARY_FIELDS(Report, journal_id, position, digest, counts, divergence, comparison);

  [[nodiscard]] bool equal() const {
    return !divergence && (!comparison || comparison->stored == comparison->rebuilt);
  }
};

struct Wish {
  std::string scratch;                    ///< an empty folder for the rebuilt views
  Position until = 0;                     ///< 0: the head
  const runner::Views* stored = nullptr;  ///< compared at their own position; none: no comparison
  bool decide_again = true;
  /// Called now and then; false gives up.
  std::function<bool(Position done, Position of)> progress;
};

/// Reads the journal once. It stops at the first command that would be decided otherwise: the
/// report then says which, and covers what comes before it.
///
/// errors: kCorrupt, kNewerVersion: from the journal, naming the position; kInvalidArgument: the
///         stored views are of another journal or beyond `until`, or it was given up;
///         kStorageFailed: the scratch folder
[[nodiscard]] Result<Report> replay(const journal::Reader& journal, const Wish& wish);

/// The first row in key order that only one of them has or that they have differently.
[[nodiscard]] Result<std::optional<RowDifference>> first_difference(const rows::Store& stored,
                                                                    const rows::Store& rebuilt);

}  // namespace actuary::projections::rebuild
