#include "projections/history/moment.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace actuary::projections::history {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Whether `text` is spelled as `shape`, where `d` is any digit.
bool spelled(std::string_view text, std::string_view shape) {
  if (text.size() != shape.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (shape[i] == 'd' ? !is_digit(text[i]) : text[i] != shape[i]) return false;
  }
  return true;
}

bool is_iso(std::string_view text) {
  constexpr std::string_view kDay = "dddd-dd-dd";
  constexpr std::string_view kSecond = "dddd-dd-ddTdd:dd:dd";
  if (spelled(text, kDay)) return true;
  if (text.ends_with('Z')) text.remove_suffix(1);
  if (!spelled(text.substr(0, kSecond.size()), kSecond)) return false;
  std::string_view fraction = text.substr(kSecond.size());
  if (fraction.empty()) return true;
  if (fraction.size() < 2 || fraction.size() > 7 || fraction[0] != '.') return false;
  fraction.remove_prefix(1);
  return std::all_of(fraction.begin(), fraction.end(), is_digit);
}

/// Three digits after the point, as the API shows every time: what is recorded to the microsecond
/// was cut to that.
bool names_a_millisecond(std::string_view text) {
  if (text.ends_with('Z')) text.remove_suffix(1);
  return text.size() == std::string_view("dddd-dd-ddTdd:dd:dd.ddd").size();
}

tl::unexpected<Error> nonsense(std::string_view text) {
  return fail(Code::kInvalidArgument,
              "\"" + std::string(text) +
                  "\" is neither a position (123), nor a UTC time (2026-11-22T10:11:12Z), nor a "
                  "span before now (-90s, -5m, -1h, -2d)");
}

Result<std::uint64_t> number_of(std::string_view digits, std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (problem != std::errc{} || end != digits.data() + digits.size()) return nonsense(text);
  return number;
}

Result<When> before(std::string_view text, Timestamp now) {
  TRY(count, number_of(text.substr(1, text.size() - 2), text));
  constexpr std::uint64_t kSecondsMax = std::uint64_t{400} * 365 * 86'400;
  std::uint64_t unit = 0;
  if (text.back() == 's') unit = 1;
  if (text.back() == 'm') unit = 60;
  if (text.back() == 'h') unit = 3'600;
  if (text.back() == 'd') unit = 86'400;
  if (unit == 0 || count > kSecondsMax / unit) return nonsense(text);
  return now - Seconds{static_cast<std::int64_t>(count * unit)};
}

tl::unexpected<Error> empty() {
  return fail(Code::kNotFound, "the journal is empty: nothing has happened yet");
}

}  // namespace

Result<When> parse_when(std::string_view text, Timestamp now) {
  if (text.empty()) return nonsense(text);
  if (text.size() > 2 && text.front() == '-') return before(text, now);
  if (std::all_of(text.begin(), text.end(), is_digit)) {
    TRY(position, number_of(text, text));
    return Position{position};
  }
  if (!is_iso(text)) return nonsense(text);
  TRY(at, journal::base::parse_iso(text));
  if (at > now) {
    return fail(Code::kInvalidArgument, to_iso(at) + " has not come yet, it is " + to_iso(now));
  }
  return names_a_millisecond(text) ? at + Microseconds{999} : at;
}

Result<Moment> present(const journal::Reader& journal) {
  const Position head = journal.head().position;
  if (head == 0) return empty();
  TRY(last, journal.read(head));
  return Moment{head, last.recorded_at};
}

Result<Moment> find_moment(const journal::Reader& journal, const When& when) {
  const Position head = journal.head().position;
  if (head == 0) return empty();
  if (const auto* position = std::get_if<Position>(&when)) {
    if (*position == 0 || *position > head) {
      return fail(Code::kInvalidArgument, "there is no position " + std::to_string(*position) +
                                              ": the journal has 1 to " + std::to_string(head));
    }
    TRY(record, journal.read(*position));
    return Moment{*position, record.recorded_at};
  }
  const Timestamp at = std::get<Timestamp>(when);
  // Without the archives as long as they are not needed.
  Position low = journal.head().first;
  Position high = head + 1;
  TRY(kept, journal.read(low));
  if (kept.recorded_at.utc > at) high = std::exchange(low, 1);
  TRY(first, journal.read(low));  // not later than `at`, or there is none
  if (first.recorded_at.utc > at) {
    return fail(Code::kNotFound, "the journal began only at " + to_iso(first.recorded_at.utc) +
                                     ", after " + to_iso(at));
  }
  Instant found = first.recorded_at;
  while (high - low > 1) {
    const Position middle = low + (high - low) / 2;
    TRY(record, journal.read(middle));
    if (record.recorded_at.utc > at) {
      high = middle;
    } else {
      low = middle;
      found = record.recorded_at;
    }
  }
  return Moment{low, found + (at - found.utc)};
}

}  // namespace actuary::projections::history
