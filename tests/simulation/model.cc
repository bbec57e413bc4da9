#include "tests/simulation/model.h"

#include <algorithm>
#include <utility>

#include "engine/executor/command.h"
#include "engine/run/decider.h"
#include "projections/runs/runs.h"

namespace actuary::tests::simulation {
namespace {

namespace run = engine::run;
using events::AttemptCause;
using events::Evidence;

// The figures of the documents, written down a second time.
constexpr Seconds kStart{120};
constexpr Seconds kStep{10};
constexpr Seconds kGrace{30};
constexpr Seconds kDay{24 * 3600};
constexpr Seconds kRestartsWithin{60};
constexpr std::size_t kRestarts = 3;

bool succeeded(const run::ReportExited& report) {
  return report.evidence == Evidence::kExitReport && report.exit_code == 0;
}

bool failed(const run::ReportExited& report) {
  return report.evidence == Evidence::kExitReport && report.exit_code.value_or(0) != 0;
}

std::optional<Instant> earliest(std::initializer_list<std::optional<Instant>> all) {
  std::optional<Instant> first;
  for (const auto& each : all) {
    if (each && (!first || !reached(*each, *first))) first = each;
  }
  return first;
}

template <class T>
std::string shown(const T& value) {
  if constexpr (std::is_same_v<T, std::string>) {
    return value;
  } else if constexpr (requires { value.utc; }) {
    return to_iso(value.utc);
  } else if constexpr (requires { value.has_value(); }) {
    return value ? shown(*value) : "none";
  } else {
    return std::to_string(value);
  }
}

}  // namespace

RunModel::RunModel(const run::Start& start, const Instant& now)
    : wait_until_(now + kDay),
      memory_mbytes_(start.options.memory_mbytes),
      timeout_secs_(start.options.timeout_secs),
      restart_on_error_(start.options.restart_on_error),
      id_(start.run_id),
      storages_{start.key_value_store_id, start.dataset_id, start.request_queue_id} {}

void RunModel::adopt_defaults(const events::RunOptions& options) {
  if (!memory_mbytes_) memory_mbytes_ = options.memory_mbytes;
  if (!timeout_secs_) timeout_secs_ = options.timeout_secs;
  if (!restart_on_error_) restart_on_error_ = options.restart_on_error;
}

void RunModel::take(const run::Command& command, const Instant& now, bool draining) {
  std::visit([&](const auto& each) { take(each, now, draining); }, command);
}

void RunModel::take(const run::Admit&, const Instant& now, bool) { begin(now); }

void RunModel::begin(const Instant& now) {
  ++attempts_;
  if (cause_ == AttemptCause::kReboot) ++counters_.reboot;
  if (cause_ == AttemptCause::kMetamorph) ++counters_.metamorph;
  if (cause_ == AttemptCause::kRestart) {
    ++counters_.restart;
    restarts_.push_back(now);
  }
  if (was_told_ && cause_ != AttemptCause::kResurrection) ++counters_.migration;
  was_told_ = false;
  container_ = Container::kComing;
  fenced_ = false;
  put_off_ = false;
  tried_ = Tried::kNothing;
  began_ = now;
  next_ = now + kStart;
}

void RunModel::take(const run::Hold&, const Instant&, bool) {
  if (container_ != Container::kComing) return;
  put_off_ = true;
  next_ = earliest({began_ + kDay, timeout_at_});
}

std::string RunModel::status_of_no_start(const Instant& now) const {
  return put_off_ && timeout_at_ && reached(now, *timeout_at_) ? "TIMED-OUT" : "FAILED";
}

void RunModel::take(const run::ReportFenced&, const Instant&, bool) { fenced_ = true; }

void RunModel::take(const run::ReportStarted&, const Instant& now, bool) {
  ran_from_ = now;
  if (!timeout_at_ && *timeout_secs_ > 0) timeout_at_ = now + Seconds{*timeout_secs_};
  if (status_ == "ABORTING") return;
  status_ = "RUNNING";
  container_ = Container::kRuns;
  tried_ = Tried::kNothing;
  next_.reset();
}

void RunModel::container_gone(const Instant& now) {
  if (ran_from_) active_ += elapsed(*ran_from_, now);
  ran_from_.reset();
  migrate_at_.reset();
  next_.reset();
  container_ = Container::kNone;
}

void RunModel::finish(std::string status, std::optional<std::int32_t> exit_code) {
  status_ = std::move(status);
  exit_code_ = exit_code;
  over_ = true;
  timeout_at_.reset();
  wait_until_.reset();
}

void RunModel::take(const run::ReportStartFailed&, const Instant& now, bool) {
  container_gone(now);
  finish(status_ == "ABORTING" ? "ABORTED" : "FAILED", std::nullopt);
}

void RunModel::take(const run::ReportExited& report, const Instant& now, bool draining) {
  const bool never_ran = !ran_from_ && report.evidence != Evidence::kExitReport;
  const bool was_ready = status_ == "READY";
  const bool replaced = container_ == Container::kIsReplaced;
  const bool given_up = tried_ != Tried::kNothing;
  const std::string no_start = status_of_no_start(now);
  if (was_ready && !never_ran && *timeout_secs_ > 0) timeout_at_ = now + Seconds{*timeout_secs_};
  container_gone(now);
  if (status_ == "ABORTING") return finish("ABORTED", report.exit_code);
  if (status_ == "TIMING-OUT") return finish("TIMED-OUT", report.exit_code);
  if (replaced) {
    const bool done = cause_ == AttemptCause::kMigration && succeeded(report);
    if (done) return finish("SUCCEEDED", 0);
    return next_container(cause_, now, draining);
  }
  if (never_ran) return finish(no_start, std::nullopt);
  const bool again = !given_up && *restart_on_error_ && failed(report) && may_restart(now);
  if (again) return next_container(AttemptCause::kRestart, now, draining);
  finish(succeeded(report) ? "SUCCEEDED" : "FAILED", report.exit_code);
}

bool RunModel::may_restart(const Instant& now) const {
  std::size_t recent = 0;
  for (const Instant& at : restarts_) recent += elapsed(at, now) < kRestartsWithin ? 1U : 0U;
  return recent < kRestarts;
}

void RunModel::next_container(AttemptCause cause, const Instant& now, bool draining) {
  status_ = "RUNNING";
  cause_ = cause;
  if (!draining) return begin(now);
  tried_ = Tried::kNothing;
  wait_until_ = now + kDay;
}

void RunModel::stop(std::string status, Tried tried, const Instant& next) {
  status_ = std::move(status);
  tried_ = tried;
  next_ = next;
}

void RunModel::take(const run::Abort& command, const Instant& now, bool) {
  if (over_) return;
  const bool no_container = container_ == Container::kNone || !fenced_;
  if (no_container) {
    container_gone(now);
    return finish("ABORTED", std::nullopt);
  }
  const bool at_once = command.mode == run::AbortMode::kImmediate;
  if (status_ == "ABORTING") {
    const bool shortens = at_once && graceful_ && tried_ == Tried::kNothing;
    if (shortens) stop("ABORTING", Tried::kKill, now + kStep);
    return;
  }
  const bool dying = status_ == "TIMING-OUT" || container_ == Container::kIsReplaced;
  graceful_ = !at_once && status_ != "READY" && !dying;
  stop("ABORTING", graceful_ ? Tried::kNothing : Tried::kKill, now + (graceful_ ? kGrace : kStep));
}

void RunModel::take(const run::Resurrect& command, const Instant& now, bool) {
  const auto change = [](auto& mine, const auto& wish) {
    if (wish) mine = *wish;
  };
  change(memory_mbytes_, command.options.memory_mbytes);
  change(timeout_secs_, command.options.timeout_secs);
  change(restart_on_error_, command.options.restart_on_error);
  status_ = "RUNNING";
  exit_code_.reset();
  over_ = false;
  tried_ = Tried::kNothing;
  restarts_.clear();
  cause_ = AttemptCause::kResurrection;
  wait_until_ = now + kDay;
  ++counters_.resurrect;
}

void RunModel::replace(AttemptCause cause, const Instant& now) {
  container_ = Container::kIsReplaced;
  cause_ = cause;
  tried_ = Tried::kKill;
  next_ = now + kStep;
}

void RunModel::take(const run::Reboot&, const Instant& now, bool) {
  if (container_ == Container::kRuns) replace(AttemptCause::kReboot, now);
}

void RunModel::take(const run::Metamorph&, const Instant& now, bool) {
  replace(AttemptCause::kMetamorph, now);
}

void RunModel::take(const run::Migrate& command, const Instant& now, bool) {
  if (container_ != Container::kRuns || migrate_at_) return;
  migrate_at_ = now + Seconds{command.window_secs};
  was_told_ = true;
}

void RunModel::take(const run::Delete&, const Instant&, bool) { deleted_ = true; }

/// Whoever was lost is not waited for.
void RunModel::take(const run::DeadlineReached&, const Instant& now, bool) {
  const auto come = [&](const std::optional<Instant>& at) { return at && reached(now, *at); };
  const bool timed_out = come(timeout_at_);
  if (container_ == Container::kNone)
    return finish(timed_out ? "TIMED-OUT" : "FAILED", std::nullopt);
  const bool runs = container_ == Container::kRuns && status_ == "RUNNING";
  if (runs && timed_out) return stop("TIMING-OUT", Tried::kKill, now + kStep);
  if (runs) return replace(AttemptCause::kMigration, now);
  const bool starts = container_ == Container::kComing && status_ != "ABORTING";
  if (starts && tried_ == Tried::kNothing) return stop(status_, Tried::kRemove, now + kStep);
  if (tried_ == Tried::kNothing) return stop(status_, Tried::kKill, now + kStep);
  if (tried_ == Tried::kKill) return stop(status_, Tried::kRemove, now + kStep);
  const std::string no_start = starts ? status_of_no_start(now) : "FAILED";
  container_gone(now);
  const bool aborting = status_ == "ABORTING";
  finish(aborting ? "ABORTED" : status_ == "TIMING-OUT" ? "TIMED-OUT" : no_start, std::nullopt);
}

std::optional<Instant> RunModel::due() const {
  if (over_) return std::nullopt;
  if (container_ == Container::kNone) return earliest({wait_until_, timeout_at_});
  if (next_) return next_;
  return earliest({timeout_at_, migrate_at_});
}

std::string RunModel::differs(const projections::runs::RunRow& row, const run::State& state,
                              const Instant& now) const {
  std::string found;
  const auto expect = [&](const char* what, const auto& is, const auto& must) {
    if (is == must) return;
    found += std::string(found.empty() ? "" : "; ") + what + " is " + shown(is) + ", must be " +
             shown(must);
  };
  if (deleted_) {
    expect("deleted", row.deleted.has_value(), true);
    return found;
  }
  expect("status", row.status, status_);
  expect("exit code", row.exit_code, exit_code_);
  const Microseconds running = ran_from_ ? elapsed(*ran_from_, now) : Microseconds{0};
  expect("active time", active_duration(row, now).count(), (active_ + running).count());
  expect("attempts", row.attempts.size(), std::size_t{attempts_});
  expect("epoch", current_epoch(row), epoch_);
  expect("memory", row.options.memory_mbytes, *memory_mbytes_);
  expect("timeout", row.options.timeout_secs, *timeout_secs_);
  expect("restart", row.options.restart_on_error, *restart_on_error_);
  expect("key-value store", row.key_value_store_id.str(), storages_[0].str());
  expect("dataset", row.dataset_id.str(), storages_[1].str());
  expect("request queue", row.request_queue_id.str(), storages_[2].str());
  expect("migrations", row.counters.migration, counters_.migration);
  expect("reboots", row.counters.reboot, counters_.reboot);
  expect("restarts", row.counters.restart, counters_.restart);
  expect("metamorphs", row.counters.metamorph, counters_.metamorph);
  expect("resurrections", row.counters.resurrect, counters_.resurrect);
  expect("deadline", run::deadline(state), due());
  expect("finished", row.finished_at.has_value(), over_);
  return found;
}

std::vector<std::string> Models::take(const Record& record) {
  std::vector<std::string> found;
  if (record.command_id != open_ || !record.command_name.empty()) {
    compare(found);
    open_ = record.command_id;
    begin(record);
  }
  fold(record);
  return found;
}

void Models::begin(const Record& record) {
  touched_.reset();
  at_ = record.recorded_at;
  if (record.command_name.starts_with("host.")) {
    draining_ = record.command_name == "host.Drain" ? true : draining_;
    if (record.command_name == "host.EndDrain") draining_ = false;
  }
  if (!record.command_name.starts_with("run.")) return;
  const auto command = engine::executor::decode(record.command_name, record.command).value();
  const auto& of_run = std::get<run::Command>(command);
  const RunId id = std::visit([](const auto& each) { return each.run_id; }, of_run);
  touched_ = id;
  if (const auto* start = std::get_if<run::Start>(&of_run)) {
    runs_.emplace(id, Run{RunModel(*start, at_), std::nullopt, run::Absent{}});
    return;
  }
  runs_.at(id).model.take(of_run, at_, draining_);
}

void Models::fold(const Record& record) {
  if (record.stream.kind != StreamKind::kRun) return;
  Run& each = runs_.at(RunId::parse(record.stream.id.view()).value());
  each.state = run::evolve(each.state, {record.event, record.position, record.recorded_at});
  (void)projections::runs::fold_record(each.row, record);
  if (const auto* created = std::get_if<events::RunCreated>(&record.event))
    each.model.adopt_defaults(created->options);
  if (std::holds_alternative<events::AttemptBegan>(record.event))
    each.model.name_attempt(record.position);
}

void Models::compare(std::vector<std::string>& found) {
  if (!touched_) return;
  const Run& each = runs_.at(*touched_);
  ++compared_;
  const std::string difference = each.model.differs(*each.row, each.state, at_);
  if (!difference.empty()) found.push_back("run " + touched_->str() + ": " + difference);
}

}  // namespace actuary::tests::simulation
