#include "projections/builds/row.h"

#include <array>
#include <charconv>

namespace actuary::projections::builds {

Microseconds active_duration(const BuildRow& build, const Instant& now) {
  if (!build.running_at) return Microseconds{0};
  return elapsed(*build.running_at, build.ended_at.value_or(now));
}

double compute_units(const BuildRow& build, const Instant& now) {
  const std::chrono::duration<double, std::ratio<3600>> hours = active_duration(build, now);
  return build.memory_mbytes / 1024.0 * hours.count();
}

std::uint32_t build_number_int(std::string_view build_number) {
  std::array<std::uint32_t, 3> parts{};
  const char* at = build_number.data();
  const char* const end = at + build_number.size();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto [rest, problem] = std::from_chars(at, end, parts[i]);
    const bool last = i + 1 == parts.size();
    if (problem != std::errc{} || last != (rest == end) || (!last && *rest != '.')) return 0;
    at = rest + (last ? 0 : 1);
  }
  return parts[0] * 10'000'000U + parts[1] * 100'000U + parts[2];
}

}  // namespace actuary::projections::builds
