#include "projections/runs/row.h"

#include <algorithm>

namespace actuary::projections::runs {

bool is_terminal(std::string_view status) {
  return status == status::kSucceeded || status == status::kFailed || status == status::kTimedOut ||
         status == status::kAborted;
}

namespace {

Microseconds active_duration(const AttemptRow& attempt, const Instant& now) {
  if (attempt.ended_at) return Microseconds(attempt.active_micros);
  if (!attempt.started_at) return Microseconds{0};
  return elapsed(*attempt.started_at, now);
}

}  // namespace

Microseconds active_duration(const RunRow& run, const Instant& now) {
  Microseconds sum{0};
  for (const AttemptRow& attempt : run.attempts) sum += active_duration(attempt, now);
  return sum;
}

Microseconds wall_clock_span(const RunRow& run, Timestamp now) {
  return std::max(run.finished_at.value_or(now) - run.started_at, Microseconds{0});
}

double compute_units(const RunRow& run, const Instant& now) {
  double units = 0;
  for (const AttemptRow& attempt : run.attempts) {
    const std::chrono::duration<double, std::ratio<3600>> hours = active_duration(attempt, now);
    units += attempt.memory_mbytes / 1024.0 * hours.count();
  }
  return units;
}

Position current_epoch(const RunRow& run) {
  return run.attempts.empty() ? 0 : run.attempts.back().epoch;
}

}  // namespace actuary::projections::runs
