#include "projections/history/diff.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "journal/codec/to_json.h"

namespace actuary::projections::history {
namespace {

using Lines = std::vector<DiffLine>;

/// What of an event two histories are compared by: its name, and what it says that is neither an
/// id nor a time.
struct Key {
  std::string operator()(const events::RunHeld&) const { return "RunHeld"; }
  std::string operator()(const events::AttemptBegan& e) const {
    return "AttemptBegan " + std::string(events::to_string(e.cause));
  }
  std::string operator()(const events::AbortRequested& e) const {
    return "AbortRequested " + std::string(events::to_string(e.mode));
  }
  std::string operator()(const events::StopEscalated& e) const {
    return "StopEscalated " + std::string(events::to_string(e.step));
  }
  std::string operator()(const events::AttemptEnded& e) const {
    return "AttemptEnded " + std::string(events::to_string(e.evidence)) + exit_of(e.exit_code) +
           (e.out_of_memory ? " out of memory" : "");
  }
  std::string operator()(const events::RunFinished& e) const {
    return "RunFinished " + std::string(events::to_string(e.outcome)) + exit_of(e.exit_code);
  }
  std::string operator()(const events::RunResurrected&) const { return "RunResurrected"; }
  std::string operator()(const events::StatusMessageSet& e) const {
    return "StatusMessageSet " + e.message;
  }
  std::string operator()(const events::CommandNoted& e) const {
    return "CommandNoted " + e.command;
  }
  template <class E>
  std::string operator()(const E&) const {
    return std::string(journal::base::type_name<E>());
  }

  static std::string exit_of(const std::optional<std::int32_t>& code) {
    return code ? " exit " + std::to_string(*code) : "";
  }
};

struct Side {
  std::vector<Record> records;
  std::vector<std::string> keys;

  [[nodiscard]] std::int64_t millis(std::size_t i) const {
    const Microseconds since = elapsed(records.front().recorded_at, records[i].recorded_at);
    return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
  }
};

Result<Side> side_of(const journal::Reader& journal, const RunId& id) {
  Side side;
  TRY(records, journal.read_stream(stream_of(id)));
  if (records.empty()) return fail(Code::kNotFound, "no run in this journal is called " + id.str());
  side.records = std::move(records);
  for (const Record& record : side.records) side.keys.push_back(std::visit(Key{}, record.event));
  return side;
}

class Alignment {
 public:
  Alignment(const Side& left, const Side& right) : left_(left), right_(right) {}

  Lines lines() && {
    std::size_t begin = 0;
    const std::size_t shorter = std::min(left_.keys.size(), right_.keys.size());
    while (begin < shorter && left_.keys[begin] == right_.keys[begin]) {
      both(begin, begin);
      ++begin;
    }
    std::size_t tail = 0;
    while (tail < shorter - begin &&
           left_.keys[left_.keys.size() - 1 - tail] == right_.keys[right_.keys.size() - 1 - tail]) {
      ++tail;
    }
    between(begin, left_.keys.size() - tail, right_.keys.size() - tail);
    for (; tail > 0; --tail) both(left_.keys.size() - tail, right_.keys.size() - tail);
    return std::move(lines_);
  }

 private:
  void both(std::size_t l, std::size_t r) {
    lines_.push_back({"=", left_.keys[l], left_.records[l].position, right_.records[r].position,
                      left_.millis(l), right_.millis(r)});
  }
  void only_left(std::size_t l) {
    lines_.push_back(
        {"-", left_.keys[l], left_.records[l].position, 0, left_.millis(l), std::nullopt});
  }
  void only_right(std::size_t r) {
    lines_.push_back(
        {"+", right_.keys[r], 0, right_.records[r].position, std::nullopt, right_.millis(r)});
  }

  /// The longest common subsequence of what is left between the ends that agree.
  void between(std::size_t begin, std::size_t left_end, std::size_t right_end) {
    const std::size_t rows = left_end - begin;
    const std::size_t columns = right_end - begin;
    std::vector<std::vector<std::uint16_t>> longest;
    if (rows <= kAlignedEventsMax && columns <= kAlignedEventsMax) {
      longest.assign(rows + 1, std::vector<std::uint16_t>(columns + 1));
      for (std::size_t l = rows; l-- > 0;) {
        for (std::size_t r = columns; r-- > 0;) {
          longest[l][r] = left_.keys[begin + l] == right_.keys[begin + r]
                              ? static_cast<std::uint16_t>(longest[l + 1][r + 1] + 1)
                              : std::max(longest[l + 1][r], longest[l][r + 1]);
        }
      }
    }
    std::size_t l = 0;
    std::size_t r = 0;
    while (!longest.empty() && l < rows && r < columns) {
      if (left_.keys[begin + l] == right_.keys[begin + r]) {
        both(begin + l++, begin + r++);
      } else if (longest[l + 1][r] >= longest[l][r + 1]) {
        only_left(begin + l++);
      } else {
        only_right(begin + r++);
      }
    }
    while (l < rows) only_left(begin + l++);
    while (r < columns) only_right(begin + r++);
  }

  const Side& left_;
  const Side& right_;
  Lines lines_;
};

template <class T>
std::string text_of(const T& value) {
  journal::codec::JsonWriter out;
  journal::codec::write_json_value(out, value);
  return std::move(out).take();
}

/// What the run was last told to be, at creation or at its last resurrection.
struct Wish {
  const events::RunCreated* created = nullptr;
  events::RunOptions options;
  std::string build_number;
  std::string image;
  std::vector<events::EnvVar> env_vars;
};

Wish wish_of(const Side& side) {
  Wish wish;
  for (const Record& record : side.records) {
    if (const auto* e = std::get_if<events::RunCreated>(&record.event)) {
      wish = {e, e->options, e->build_number, e->image.id, e->env_vars};
    } else if (const auto* e = std::get_if<events::RunResurrected>(&record.event)) {
      wish = {wish.created, e->options, e->build_number, e->image.id, e->env_vars};
    }
  }
  return wish;
}

std::vector<DiffValue> options_of(const Side& left_side, const Side& right_side) {
  const Wish left = wish_of(left_side);
  const Wish right = wish_of(right_side);
  std::vector<DiffValue> values;
  const auto compare = [&](std::string_view name, const auto& l, const auto& r) {
    if (l != r) values.push_back({std::string(name), text_of(l), text_of(r)});
  };
  if (left.created != nullptr && right.created != nullptr) {
    compare("actor_id", left.created->actor_id, right.created->actor_id);
    compare("user_id", left.created->user_id, right.created->user_id);
    compare("input_bytes", left.created->input_bytes, right.created->input_bytes);
  }
  compare("build_number", left.build_number, right.build_number);
  compare("image", left.image, right.image);
  journal::base::for_each_field<events::RunOptions>([&](const auto& field) {
    compare(field.name, left.options.*(field.member), right.options.*(field.member));
  });
  // Values may be anybody's secrets: that they differ is said, not how.
  if (left.env_vars != right.env_vars) {
    const auto names = [](const std::vector<events::EnvVar>& variables) {
      std::vector<std::string> list;
      for (const events::EnvVar& variable : variables) list.push_back(variable.name);
      return list;
    };
    values.push_back({"env_vars", text_of(names(left.env_vars)), text_of(names(right.env_vars))});
  }
  return values;
}

std::string millis_text(Microseconds span) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(span).count());
}

/// Milliseconds that a run spent waiting, starting and running, up to its last event.
std::vector<std::pair<std::string, std::string>> spans_of(const Side& side) {
  std::optional<Instant> created;
  std::optional<Instant> began;
  Microseconds waited{0};
  Microseconds starting{0};
  Microseconds active{0};
  std::uint64_t attempts = 0;
  for (const Record& record : side.records) {
    const Instant& at = record.recorded_at;
    if (std::holds_alternative<events::RunCreated>(record.event) ||
        std::holds_alternative<events::RunResurrected>(record.event)) {
      created = at;
    } else if (std::holds_alternative<events::AttemptBegan>(record.event)) {
      if (created) waited += elapsed(*created, at);
      created.reset();
      began = at;
      ++attempts;
    } else if (const auto* e = std::get_if<events::AttemptStarted>(&record.event)) {
      if (began) starting += elapsed(*began, e->started_at);
      began.reset();
    } else if (const auto* e = std::get_if<events::AttemptEnded>(&record.event)) {
      active += Microseconds{e->active_micros};
    }
  }
  return {{"waiting", millis_text(waited)},
          {"starting", millis_text(starting)},
          {"active", millis_text(active)},
          {"recorded", std::to_string(side.millis(side.records.size() - 1))},
          {"attempts", std::to_string(attempts)}};
}

}  // namespace

Result<RunDiff> diff_runs(const journal::Reader& journal, const RunId& left, const RunId& right) {
  TRY(left_side, side_of(journal, left));
  TRY(right_side, side_of(journal, right));
  RunDiff diff;
  diff.left = left;
  diff.right = right;
  diff.lines = Alignment(left_side, right_side).lines();
  const auto first =
      std::ranges::find_if(diff.lines, [](const DiffLine& l) { return l.mark != "="; });
  if (first != diff.lines.end()) {
    diff.first_divergence = static_cast<std::uint64_t>(first - diff.lines.begin());
  }
  diff.options = options_of(left_side, right_side);
  const auto left_spans = spans_of(left_side);
  const auto right_spans = spans_of(right_side);
  for (std::size_t i = 0; i < left_spans.size(); ++i) {
    diff.durations.push_back({left_spans[i].first, left_spans[i].second, right_spans[i].second});
  }
  return diff;
}

}  // namespace actuary::projections::history
