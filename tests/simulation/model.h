#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/run/commands.h"
#include "engine/run/state.h"
#include "journal/record/record.h"
#include "projections/runs/row.h"

namespace actuary::tests::simulation {

/// What a run must come to, told from the commands alone and in the plainest way: no events are
/// read, nothing of the engine's decisions is used. It says what is shown (status, exit code,
/// active time, options, storages, counters) and when the run is looked at next.
class RunModel {
 public:
  explicit RunModel(const engine::run::Start& start, const Instant& now);

  /// A command that the engine accepted, in its order.
  void take(const engine::run::Command& command, const Instant& now, bool draining);
  /// The next attempt's container has this key from now on.
  void name_attempt(Position epoch) { epoch_ = epoch; }
  /// What was not said at the start comes from the Actor: not this model's matter.
  void adopt_defaults(const events::RunOptions& options);

  /// Where `row` and `state` are not what they must be; empty: nowhere.
  [[nodiscard]] std::string differs(const projections::runs::RunRow& row,
                                    const engine::run::State& state, const Instant& now) const;
  [[nodiscard]] bool over() const { return over_; }

 private:
  enum class Container : std::uint8_t { kNone, kComing, kRuns, kIsReplaced };
  enum class Tried : std::uint8_t { kNothing, kKill, kRemove };

  void take(const engine::run::Start&, const Instant&, bool) {}
  void take(const engine::run::Hold&, const Instant&, bool);
  void take(const engine::run::SetStatusMessage&, const Instant&, bool) {}
  void take(const engine::run::Charge&, const Instant&, bool) {}
  void take(const engine::run::PlaceHold&, const Instant&, bool) {}
  void take(const engine::run::LiftHold&, const Instant&, bool) {}
  void take(const engine::run::ErasePersonal&, const Instant&, bool) {}
  void take(const engine::run::ReportItems&, const Instant&, bool) {}
  void take(const engine::run::Admit&, const Instant& now, bool);
  void take(const engine::run::ReportFenced& report, const Instant& now, bool);
  void take(const engine::run::ReportStarted& report, const Instant& now, bool);
  void take(const engine::run::ReportStartFailed& report, const Instant& now, bool);
  void take(const engine::run::ReportExited& report, const Instant& now, bool draining);
  void take(const engine::run::Abort& command, const Instant& now, bool);
  void take(const engine::run::Resurrect& command, const Instant& now, bool);
  void take(const engine::run::Reboot&, const Instant& now, bool);
  void take(const engine::run::Metamorph&, const Instant& now, bool);
  void take(const engine::run::Migrate& command, const Instant& now, bool);
  void take(const engine::run::Delete&, const Instant&, bool);
  void take(const engine::run::DeadlineReached&, const Instant& now, bool);

  void begin(const Instant& now);
  void replace(events::AttemptCause cause, const Instant& now);
  void next_container(events::AttemptCause cause, const Instant& now, bool draining);
  void stop(std::string status, Tried tried, const Instant& next);
  void container_gone(const Instant& now);
  void finish(std::string status, std::optional<std::int32_t> exit_code);
  [[nodiscard]] std::string status_of_no_start(const Instant& now) const;
  [[nodiscard]] bool may_restart(const Instant& now) const;
  [[nodiscard]] std::optional<Instant> due() const;

  std::string status_ = "READY";
  std::optional<std::int32_t> exit_code_;
  bool over_ = false;
  bool deleted_ = false;
  Container container_ = Container::kNone;
  Tried tried_ = Tried::kNothing;
  bool graceful_ = false;
  bool fenced_ = false;
  bool put_off_ = false;  ///< its start waits for a runtime that is out of reach
  Instant began_;
  Position epoch_ = 0;
  std::optional<Instant> ran_from_;
  std::optional<Instant> next_;        ///< of a start, or of a stop
  std::optional<Instant> wait_until_;  ///< without a container
  std::optional<Instant> timeout_at_;
  std::optional<Instant> migrate_at_;
  bool was_told_ = false;  ///< to migrate, in its last container
  events::AttemptCause cause_ = events::AttemptCause::kFirstStart;
  std::vector<Instant> restarts_;
  Microseconds active_{0};
  std::uint32_t attempts_ = 0;
  projections::runs::RunCounters counters_;
  std::optional<std::uint32_t> memory_mbytes_;
  std::optional<std::uint32_t> timeout_secs_;
  std::optional<bool> restart_on_error_;
  RunId id_;
  std::vector<StorageId> storages_;
};

/// Every run of a journal beside its model.
class Models {
 public:
  /// The next record. Answers what is not as it must be, once a command is whole.
  [[nodiscard]] std::vector<std::string> take(const Record& record);
  /// How many runs there are.
  [[nodiscard]] std::size_t histories() const { return runs_.size(); }
  [[nodiscard]] std::uint64_t compared() const { return compared_; }

 private:
  struct Run {
    RunModel model;
    std::optional<projections::runs::RunRow> row;
    engine::run::State state;
  };

  void begin(const Record& record);
  void fold(const Record& record);
  void compare(std::vector<std::string>& found);

  std::map<RunId, Run> runs_;
  bool draining_ = false;
  CommandId open_;
  std::optional<RunId> touched_;
  Instant at_;
  std::uint64_t compared_ = 0;
};

}  // namespace actuary::tests::simulation
