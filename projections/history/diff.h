#pragma once

#include <optional>
#include <string>
#include <vector>

#include "projections/history/moment.h"

namespace actuary::projections::history {

/// One line of two histories side by side: both have it (`=`), or only one of them.
struct DiffLine {
  std::string mark;            ///< `=` both, `-` only the left run, `+` only the right one
  std::string event;           ///< `AttemptEnded exit_report 1`: what is compared
  Position left_position = 0;  ///< 0: not there
  Position right_position = 0;
  std::optional<std::int64_t> left_millis;  ///< since the run was created
  std::optional<std::int64_t> right_millis;
  ACTUARY_FIELDS(DiffLine, mark, event, left_position, right_position, left_millis, right_millis);
};

struct DiffValue {
  std::string name;
  std::string left;
  std::string right;
  ACTUARY_FIELDS(DiffValue, name, left, right);
};

struct RunDiff {
  RunId left;
  RunId right;
  std::optional<std::uint64_t> first_divergence;  ///< index into `lines`; none: the same history
  std::vector<DiffLine> lines;
  std::vector<DiffValue> options;    ///< only those that differ
  std::vector<DiffValue> durations;  ///< all, in milliseconds
  ACTUARY_FIELDS(RunDiff, left, right, first_divergence, lines, options, durations);
};

/// Lines up what happened to two runs, event by event, without ids and times.
///
/// errors: kNotFound: no such run; kCorrupt, kNewerVersion: from the journal
[[nodiscard]] Result<RunDiff> diff_runs(const journal::Reader& journal, const RunId& left,
                                        const RunId& right);

/// Events of each run beyond which the part between the common beginning and end is not lined up.
inline constexpr std::size_t kAlignedEventsMax = 2000;

}  // namespace actuary::projections::history
