#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "journal/reader.h"

/// What a journal says about the past: pure queries over its records, no views needed.
namespace actuary::projections::history {

/// A place in a journal, as it was asked for.
using When = std::variant<Position, Timestamp>;

/// `123`; `2026-11-22`, `2026-11-22T10:11:12Z`, fractions to microseconds, always UTC; `-90s`,
/// `-5m`, `-1h`, `-2d` before `now`. A time to the millisecond means all of that millisecond: that
/// is how times are shown, so one that was copied finds what it was shown for.
///
/// errors: kInvalidArgument: none of these, or a time after `now`
[[nodiscard]] Result<When> parse_when(std::string_view text, Timestamp now);

/// A place that the journal has: everything up to `position` has happened.
struct Moment {
  Position position = 0;
  Instant at;  ///< when: that record's time, or the time asked for
  ACTUARY_FIELDS(Moment, position, at);
};

/// The moment that was asked for. By time: the last record not later than it, found by halving, so
/// that a wall clock that was set back may make two answers equally right.
///
/// errors: kInvalidArgument: no such position, the head is named; kNotFound: before the journal
///         began, or it is empty
[[nodiscard]] Result<Moment> find_moment(const journal::Reader& journal, const When& when);
/// The head.
[[nodiscard]] Result<Moment> present(const journal::Reader& journal);

}  // namespace actuary::projections::history
