#include "engine/policy/charging.h"
#include "engine/policy/options.h"
#include "engine/run/decider.h"
#include "engine/run/environment.h"

namespace actuary::engine::run {
namespace {

using decision::AnnounceToContainer;
using decision::DropStorage;
using decision::Effect;
using decision::FenceStorages;
using decision::KillContainer;
using decision::RemoveContainer;
using decision::RemoveLog;
using decision::StartContainer;
using decision::WhenGone;
using decision::WriteLog;
using events::Escalation;

ports::ContainerKey key_of(const Facts& facts, Position epoch) { return {facts.run_id, epoch}; }

StartContainer start_of(const Facts& facts, const Attempt& attempt, const Instant& now) {
  return {facts.user_id,
          facts.actor_id,
          {.key = key_of(facts, attempt.epoch),
           .term = 0,
           .image = facts.image,
           .env = environment(facts, attempt, now),
           .memory_mbytes = facts.options.memory_mbytes,
           .disk_mbytes = facts.options.disk_mbytes,
           .pids_max = policy::kPidsMax},
          facts.build_id};
}

Effects stop_with(const Facts& facts, const Attempt& attempt, std::optional<Escalation> step) {
  if (!step) return {};
  const ports::ContainerKey key = key_of(facts, attempt.epoch);
  switch (*step) {
    case Escalation::kKill:
      return {KillContainer{key}};
    case Escalation::kRemove:
    case Escalation::kDeclare:
      return {RemoveContainer{key, WhenGone::kReportIt}};
  }
  return {};
}

/// A stop that has begun: the grace that is left to the Actor, or what is done to its container.
Effects stop_aborting(const Aborting& s) {
  const bool in_grace = s.mode == AbortMode::kGraceful && !s.stop.step;
  if (!in_grace) return stop_with(s.facts, s.attempt, s.stop.step);
  return {AnnounceToContainer{key_of(s.facts, s.attempt.epoch),
                              {.kind = ports::Announcement::Kind::kAborting,
                               .at = s.stop.next_at.utc - kAbortGrace,
                               .remaining = kAbortGrace}}};
}

/// What a crash, or the end of the process, may have left uncounted.
Effects count_items(const Facts& facts) {
  if (policy::item_price(facts.charges.pricing) == nullptr) return {};
  return {decision::CountItems{facts.run_id, facts.dataset_id}};
}

/// The word to save, as long as it may not have been heard.
Effects tell_migration(const Facts& facts, const Attempt& attempt) {
  if (!attempt.migration) return {};
  return {AnnounceToContainer{
      key_of(facts, attempt.epoch),
      {.kind = ports::Announcement::Kind::kMigrating,
       .at = attempt.migration->told_at.utc,
       .remaining = elapsed(attempt.migration->told_at, attempt.migration->stop_at)}}};
}

/// What a container that is being made still needs.
Effects make(const Facts& facts, const std::optional<Attempt>& attempt,
             const std::optional<Stop>& stop) {
  if (!attempt) return {};
  if (stop) return stop_with(facts, *attempt, stop->step);
  if (!attempt->fenced) return {FenceStorages{key_of(facts, attempt->epoch)}};
  if (!attempt->started_at) return {start_of(facts, *attempt, attempt->began_at)};
  return {};
}

Effects log_line(const Facts& facts, const Instant& at, std::string text) {
  return {WriteLog{facts.run_id.str(), at.utc, "ACTOR: " + std::move(text)}};
}

/// One overload per event that needs something outside.
struct Reactor {
  const State& after;
  const Facts& facts;
  Instant at;

  Effects operator()(const events::RunCreated& e) const {
    return log_line(facts, at,
                    "Run " + e.run_id.str() + " of build " + e.build_number + " was accepted.");
  }
  Effects operator()(const events::RunHeld& e) const { return log_line(facts, at, e.reason); }
  Effects operator()(const events::AttemptBegan& e) const {
    Effects effects;
    if (e.cause == events::AttemptCause::kRestart) {
      effects = log_line(facts, at, "The process ended with an error and is started again.");
    }
    effects.push_back(log_line(facts, at, "Creating container.").front());
    effects.emplace_back(FenceStorages{key_of(facts, attempt_of(after)->epoch)});
    return effects;
  }
  Effects operator()(const events::AttemptFenced&) const {
    Effects effects = log_line(facts, at, "Starting container.");
    effects.emplace_back(start_of(facts, *attempt_of(after), attempt_of(after)->began_at));
    return effects;
  }
  /// A start that an abort overtook is killed, or told, again: the first time may have found
  /// nothing.
  Effects operator()(const events::AttemptStarted&) const {
    const auto* aborting = std::get_if<Aborting>(&after);
    return aborting ? stop_aborting(*aborting) : Effects{};
  }
  Effects operator()(const events::AbortRequested& e) const {
    if (e.mode == AbortMode::kGraceful) {
      Effects effects = log_line(facts, at, "Aborting gracefully, at most 30 seconds are left.");
      for (auto& effect : stop_aborting(std::get<Aborting>(after))) {
        effects.push_back(std::move(effect));
      }
      return effects;
    }
    Effects effects = log_line(facts, at, "Aborting at once.");
    effects.emplace_back(KillContainer{key_of(facts, attempt_of(after)->epoch)});
    return effects;
  }
  Effects operator()(const events::TimeoutReached&) const {
    Effects effects =
        log_line(facts, at,
                 "The run has reached its timeout of " +
                     std::to_string(facts.options.timeout_secs) + " seconds, stopping it.");
    effects.emplace_back(KillContainer{key_of(facts, attempt_of(after)->epoch)});
    return effects;
  }
  Effects operator()(const events::MigrationRequested&) const {
    const Attempt& attempt = *attempt_of(after);
    Effects effects = tell_migration(facts, attempt);
    const auto left = std::chrono::duration_cast<Seconds>(
        elapsed(attempt.migration->told_at, attempt.migration->stop_at));
    effects.push_back(log_line(facts, at,
                               "Migrating to another container, at most " +
                                   std::to_string(left.count()) + " seconds are left to save.")
                          .front());
    return effects;
  }
  Effects operator()(const events::ReplacementQueued&) const {
    return log_line(facts, at, "The container is gone, the run waits for another one.");
  }
  Effects operator()(const events::ReplacementRequested& e) const {
    Effects effects = log_line(facts, at, replacing(e.cause));
    effects.emplace_back(KillContainer{key_of(facts, attempt_of(after)->epoch)});
    return effects;
  }
  Effects operator()(const events::RunCharged&) const {
    const bool over = std::holds_alternative<Finished>(after);
    const bool now_spent = facts.charges.stop_at == at + policy::kChargeGrace;
    if (over || !now_spent) return {};
    return log_line(facts, at, "The run has been charged as much as it may, and is aborted soon.");
  }
  Effects operator()(const events::StopEscalated& e) const {
    return stop_with(facts, *attempt_of(after), e.step);
  }
  Effects operator()(const events::AttemptEnded& e) const {
    Effects effects = count_items(facts);
    effects.emplace_back(RemoveContainer{key_of(facts, e.epoch), WhenGone::kStayQuiet});
    return effects;
  }
  Effects operator()(const events::RunResurrected&) const {
    return log_line(facts, at, "Resurrecting the run.");
  }
  Effects operator()(const events::RunDeleted&) const { return {RemoveLog{facts.run_id.str()}}; }

  template <class Other>
  Effects operator()(const Other&) const {
    return {};
  }

 private:
  [[nodiscard]] std::string replacing(events::AttemptCause cause) const {
    if (cause == events::AttemptCause::kMigration) return "Stopping the container to migrate.";
    if (cause != events::AttemptCause::kMetamorph) return "Rebooting the run.";
    return "Metamorphing into Actor " + facts.actor_id.str() + ", build " + facts.build_number +
           ".";
  }
};

}  // namespace

Effects react(const State& after, const Recorded<events::Event>& recorded) {
  const Facts* facts = facts_of(after);
  if (facts == nullptr) return {};
  return std::visit(Reactor{after, *facts, recorded.at}, recorded.event);
}

Effects outstanding(const State& state) {
  struct Finder {
    Effects operator()(const Absent&) const { return {}; }
    Effects operator()(const Ready& s) const { return make(s.facts, s.attempt, s.stop); }
    Effects operator()(const Running& s) const {
      if (s.phase == Phase::kLive) return tell_migration(s.facts, *s.attempt);
      return make(s.facts, s.attempt, s.stop);
    }
    Effects operator()(const TimingOut& s) const {
      return stop_with(s.facts, s.attempt, s.stop.step);
    }
    /// A container that was never seen started is removed with proof: nothing else would end the
    /// abort.
    Effects operator()(const Aborting& s) const {
      if (!s.attempt.started_at) return stop_with(s.facts, s.attempt, Escalation::kRemove);
      return stop_aborting(s);
    }
    Effects operator()(const Finished&) const { return {}; }
    Effects operator()(const Expired&) const { return {}; }
  };
  Effects effects = std::visit(Finder{}, state);
  const Attempt* attempt = attempt_of(state);
  if (attempt == nullptr || !attempt->started_at) return effects;
  for (Effect& effect : count_items(*facts_of(state))) effects.push_back(std::move(effect));
  return effects;
}

}  // namespace actuary::engine::run
