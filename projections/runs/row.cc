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

events::ResourceUsage merge(const events::ResourceUsage& a, const events::ResourceUsage& b) {
  events::ResourceUsage both;
  both.samples = a.samples + b.samples;
  if (both.samples > 0) {
    const double share = static_cast<double>(b.samples) / static_cast<double>(both.samples);
    const auto average = [&](double one, double other) { return one + (other - one) * share; };
    both.cpu_percent_avg = average(a.cpu_percent_avg, b.cpu_percent_avg);
    both.memory_bytes_avg = static_cast<std::uint64_t>(
        average(static_cast<double>(a.memory_bytes_avg), static_cast<double>(b.memory_bytes_avg)));
  }
  both.memory_bytes_max = std::max(a.memory_bytes_max, b.memory_bytes_max);
  both.cpu_percent_max = std::max(a.cpu_percent_max, b.cpu_percent_max);
  both.received_bytes = a.received_bytes + b.received_bytes;
  both.sent_bytes = a.sent_bytes + b.sent_bytes;
  return both;
}

events::ResourceUsage total_usage(const RunRow& run) {
  events::ResourceUsage sum;
  for (const AttemptRow& attempt : run.attempts) sum = merge(sum, attempt.usage);
  return sum;
}

Position current_epoch(const RunRow& run) {
  return run.attempts.empty() ? 0 : run.attempts.back().epoch;
}

}  // namespace actuary::projections::runs
