#include "journal/base/time.h"

#include <array>
#include <cstdio>

namespace actuary::journal::base {

std::string to_iso(Timestamp at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::milliseconds>(at - day)};
  std::array<char, 40> text{};
  const int length = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
      static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
      static_cast<int>(clock.subseconds().count()));
  return {text.data(), static_cast<std::size_t>(length)};
}

Result<Timestamp> parse_iso(std::string_view text) {
  int year = 0, hour = 0, minute = 0, second = 0, used = 0;
  unsigned month = 0, day = 0;
  const std::string copy(text);
  const int fields = std::sscanf(copy.c_str(), "%4d-%2u-%2uT%2d:%2d:%2d%n", &year, &month, &day,
                                 &hour, &minute, &second, &used);
  if (fields < 3) return fail(Code::kInvalidArgument, "not an ISO 8601 time: " + copy);
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month},
                                         std::chrono::day{day}};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) {
    return fail(Code::kInvalidArgument, "not a calendar time: " + copy);
  }
  Microseconds fraction{0};
  if (fields == 6 && copy.size() > static_cast<std::size_t>(used) && copy[used] == '.') {
    std::int64_t scale = 100000;
    for (std::size_t i = used + 1; i < copy.size() && copy[i] >= '0' && copy[i] <= '9'; ++i) {
      fraction += Microseconds{(copy[i] - '0') * scale};
      scale /= 10;
    }
  }
  return Timestamp{std::chrono::sys_days{date}} + std::chrono::hours{hour} +
         std::chrono::minutes{minute} + Seconds{second} + fraction;
}

}  // namespace actuary::journal::base
