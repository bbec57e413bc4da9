#include "projections/history/fleet.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "projections/runs/runs.h"

namespace actuary::projections::history {
namespace {

using runs::RunRow;

constexpr std::array<std::string_view, 8> kStatuses = {
    runs::status::kReady,    runs::status::kRunning,   runs::status::kTimingOut,
    runs::status::kAborting, runs::status::kSucceeded, runs::status::kFailed,
    runs::status::kTimedOut, runs::status::kAborted};
constexpr Position kProgressEvery = 4096;

Status check_statuses(const std::vector<std::string>& statuses) {
  for (const std::string& status : statuses) {
    if (std::ranges::find(kStatuses, status) != kStatuses.end()) continue;
    std::string known;
    for (const auto each : kStatuses) known.append(known.empty() ? "" : ", ").append(each);
    return fail(Code::kInvalidArgument, "no run is ever \"" + status + "\"; one of " + known);
  }
  return {};
}

/// Runs in flight as whole rows; runs that are over as little as will be shown of them.
class Counter {
 public:
  Counter(const journal::Reader& journal, const FleetWish& wish) : journal_(journal), wish_(wish) {
    keep_over_ = std::ranges::any_of(wish.statuses, runs::is_terminal);
  }

  [[nodiscard]] Status take(const Record& record) {
    if (record.stream.kind != StreamKind::kRun) return {};
    auto found = live_.find(record.stream.id);
    if (found == live_.end()) {
      if (std::holds_alternative<events::RunDeleted>(record.event)) return deleted(record);
      const bool returns = std::holds_alternative<events::RunResurrected>(record.event);
      // What is told of a run that is over changes nothing that is shown here.
      if (!returns && !std::holds_alternative<events::RunCreated>(record.event)) return {};
      found = live_.try_emplace(record.stream.id).first;
      if (returns) TRY_VOID(come_back(record, found->second));
    }
    TRY_VOID(runs::fold_record(found->second.row, record));
    found->second.position = record.position;
    if (!runs::is_terminal(found->second.row->status)) return {};
    ++over_[found->second.row->status];
    over_status_[record.stream.id] = index_of(found->second.row->status);
    if (keep_over_) ended_.insert_or_assign(record.stream.id, shown(found->second));
    live_.erase(found);
    return {};
  }

  [[nodiscard]] Fleet fleet(const Moment& moment) const {
    Fleet result;
    result.moment = moment;
    std::map<std::string, std::uint64_t, std::less<>> counts(over_.begin(), over_.end());
    std::vector<FleetRun> wanted;
    for (const auto& [id, live] : live_) {
      ++counts[live.row->status];
      if (wants(live.row->status)) wanted.push_back(shown(live));
    }
    for (const auto& [id, run] : ended_) {
      if (wants(run.status)) wanted.push_back(run);
    }
    for (const auto status : kStatuses) {
      const auto count = counts.find(status);
      if (count != counts.end() && count->second > 0) {
        result.counts.push_back({std::string(status), count->second});
      }
    }
    std::ranges::sort(wanted, {},
                      [](const FleetRun& run) { return std::pair(run.started_at, run.id); });
    result.total = wanted.size();
    wanted.resize(std::min(wanted.size(), wish_.limit));
    result.runs = std::move(wanted);
    return result;
  }

 private:
  struct Live {
    std::optional<RunRow> row;
    Position position = 0;
  };

  static std::uint8_t index_of(std::string_view status) {
    return static_cast<std::uint8_t>(std::ranges::find(kStatuses, status) - kStatuses.begin());
  }

  [[nodiscard]] bool wants(std::string_view status) const {
    if (wish_.statuses.empty()) return !runs::is_terminal(status);
    return std::ranges::find(wish_.statuses, status) != wish_.statuses.end();
  }

  void forget_over(const journal::record::AnyId& id) {
    const auto status = over_status_.find(id);
    if (status == over_status_.end()) return;
    --over_[std::string(kStatuses[status->second])];
    over_status_.erase(status);
    ended_.erase(id);
  }

  [[nodiscard]] Status deleted(const Record& record) {
    forget_over(record.stream.id);
    return {};
  }

  /// A resurrection: what was let go when it ended is read again.
  [[nodiscard]] Status come_back(const Record& record, Live& live) {
    forget_over(record.stream.id);
    TRY(records, journal_.read_stream(record.stream));
    for (const Record& earlier : records) {
      if (earlier.position >= record.position) break;
      TRY_VOID(runs::fold_record(live.row, earlier));
    }
    return {};
  }

  static FleetRun shown(const Live& live) {
    const RunRow& run = *live.row;
    return {run.id,
            run.actor_id,
            run.user_id,
            run.build_number,
            run.status,
            to_iso(run.started_at),
            run.options.memory_mbytes,
            run.held_reason,
            live.position};
  }

  const journal::Reader& journal_;
  const FleetWish& wish_;
  bool keep_over_ = false;
  std::map<journal::record::AnyId, Live> live_;
  std::map<std::string, std::uint64_t, std::less<>> over_;
  std::map<journal::record::AnyId, std::uint8_t> over_status_;
  std::map<journal::record::AnyId, FleetRun> ended_;
};

}  // namespace

Result<Fleet> fleet_at(const journal::Reader& journal, const Moment& moment,
                       const FleetWish& wish) {
  TRY_VOID(check_statuses(wish.statuses));
  Counter counter(journal, wish);
  Status problem;
  TRY_VOID(journal.scan(1, [&](const Record& record) {
    if (record.position > moment.position) return false;
    problem = counter.take(record);
    if (problem && wish.progress && record.position % kProgressEvery == 0 &&
        !wish.progress(record.position)) {
      problem = fail(Code::kInvalidArgument, "given up");
    }
    return problem.has_value() && record.position < moment.position;
  }));
  TRY_VOID(problem);
  return counter.fleet(moment);
}

}  // namespace actuary::projections::history
