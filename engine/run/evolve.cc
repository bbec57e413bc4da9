#include <utility>

#include "engine/policy/charging.h"
#include "engine/policy/restart.h"
#include "engine/run/decider.h"
#include "journal/base/assert.h"

namespace actuary::engine::run {
namespace {

/// The facts of any status that has them; an event that needs them without any is a corrupt
/// journal.
Facts facts_in(const State& state) {
  const Facts* facts = facts_of(state);
  ACTUARY_ASSERT(facts != nullptr);
  return *facts;
}

Attempt attempt_in(const State& state) {
  const Attempt* attempt = attempt_of(state);
  ACTUARY_ASSERT(attempt != nullptr);
  return *attempt;
}

/// One overload per event of a run.
struct Evolver {
  const State& state;
  Position position;
  Instant at;

  State operator()(const events::RunCreated& e) const {
    return Ready{.facts = {.run_id = e.run_id,
                           .actor_id = e.actor_id,
                           .user_id = e.user_id,
                           .build_id = e.build_id,
                           .build_number = e.build_number,
                           .image = e.image,
                           .options = e.options,
                           .env_vars = e.env_vars,
                           .key_value_store_id = e.key_value_store_id,
                           .dataset_id = e.dataset_id,
                           .request_queue_id = e.request_queue_id,
                           .input_key = e.input_key,
                           .meta = e.meta,
                           .created_at = at,
                           .attempts = 0,
                           .next_cause = events::AttemptCause::kFirstStart,
                           .timeout_at = std::nullopt,
                           .status_message_final = false,
                           .metamorphs = 0,
                           .restarts = {},
                           .wait_until = e.wait_until,
                           .charges = {e.pricing, {}, 0, {}},
                           .retention_hold = {},
                           .personal_keys = keys_of(e.meta, {})},
                 .attempt = std::nullopt,
                 .stop = std::nullopt,
                 .held_reason = {}};
  }

  State operator()(const events::RunHeld& e) const {
    State next = state;
    if (auto* ready = std::get_if<Ready>(&next)) ready->held_reason = e.reason;
    if (auto* running = std::get_if<Running>(&next)) running->held_reason = e.reason;
    return next;
  }

  State operator()(const events::AttemptBegan& e) const {
    const Attempt attempt{.epoch = position,
                          .number = e.number,
                          .began_at = at,
                          .fenced = false,
                          .started_at = std::nullopt,
                          .start_by = e.start_by,
                          .migration = std::nullopt};
    Facts facts = facts_in(state);
    facts.attempts = e.number;
    if (e.cause == events::AttemptCause::kRestart) {
      if (facts.restarts.size() == policy::kRestartsMax)
        facts.restarts.erase(facts.restarts.begin());
      facts.restarts.push_back(at);
    }
    if (std::holds_alternative<Ready>(state))
      return Ready{std::move(facts), attempt, std::nullopt, {}};
    return Running{std::move(facts), Phase::kStarting, attempt, std::nullopt, {}};
  }

  State operator()(const events::AttemptFenced&) const {
    State next = state;
    if (auto* ready = std::get_if<Ready>(&next)) ready->attempt.value().fenced = true;
    if (auto* running = std::get_if<Running>(&next)) running->attempt.value().fenced = true;
    return next;
  }

  State operator()(const events::AttemptStarted& e) const {
    Attempt attempt = attempt_in(state);
    attempt.started_at = e.started_at;
    Facts facts = facts_in(state);
    facts.timeout_at = e.timeout_at;
    if (const auto* aborting = std::get_if<Aborting>(&state)) {
      return Aborting{std::move(facts), attempt, aborting->mode, aborting->stop};
    }
    return Running{std::move(facts), Phase::kLive, attempt, std::nullopt, {}};
  }

  State operator()(const events::AbortRequested& e) const {
    return Aborting{facts_in(state), attempt_in(state), e.mode, Stop{stop_step(e.mode), e.kill_at}};
  }

  State operator()(const events::TimeoutReached& e) const {
    return TimingOut{facts_in(state), attempt_in(state),
                     Stop{events::Escalation::kKill, e.kill_at}};
  }

  State operator()(const events::StopEscalated& e) const {
    State next = state;
    const Stop stop{e.step, e.next_at};
    if (auto* ready = std::get_if<Ready>(&next)) ready->stop = stop;
    if (auto* running = std::get_if<Running>(&next)) running->stop = stop;
    if (auto* timing_out = std::get_if<TimingOut>(&next)) timing_out->stop = stop;
    if (auto* aborting = std::get_if<Aborting>(&next)) aborting->stop = stop;
    return next;
  }

  /// Always followed by the event that says what becomes of the run.
  State operator()(const events::AttemptEnded&) const { return state; }

  State operator()(const events::RunFinished& e) const {
    Facts facts = facts_in(state);
    facts.timeout_at.reset();
    return Finished{std::move(facts), e.outcome, e.exit_code};
  }

  State operator()(const events::RunResurrected& e) const {
    Facts facts = facts_in(state);
    facts.build_id = e.build_id;
    facts.build_number = e.build_number;
    facts.image = e.image;
    facts.options = e.options;
    facts.env_vars = e.env_vars;
    facts.next_cause = events::AttemptCause::kResurrection;
    facts.status_message_final = false;
    facts.restarts.clear();
    facts.wait_until = e.wait_until;
    facts.charges.stop_at.reset();
    facts.personal_keys = keys_of(e.meta, std::move(facts.personal_keys));
    return Running{std::move(facts), Phase::kWaiting, std::nullopt, std::nullopt, {}};
  }

  State operator()(const events::StatusMessageSet& e) const {
    State next = state;
    std::visit(
        [&](auto& s) {
          if constexpr (requires { s.facts; }) {
            s.facts.status_message_final = e.is_terminal.value_or(s.facts.status_message_final);
          }
        },
        next);
    return next;
  }

  State operator()(const events::ReplacementRequested& e) const {
    Facts facts = facts_in(state);
    facts.next_cause = e.cause;
    return Running{std::move(facts),
                   Phase::kReplacing,
                   attempt_in(state),
                   Stop{events::Escalation::kKill, e.kill_at},
                   {}};
  }

  State operator()(const events::MigrationRequested& e) const {
    State next = state;
    auto* running = std::get_if<Running>(&next);
    ACTUARY_ASSERT(running != nullptr && running->attempt);
    running->attempt->migration = Migration{at, e.stop_at};
    return next;
  }

  State operator()(const events::ReplacementQueued& e) const {
    Facts facts = facts_in(state);
    facts.next_cause = e.cause;
    facts.wait_until = e.wait_until;
    return Running{std::move(facts), Phase::kWaiting, std::nullopt, std::nullopt, {}};
  }

  State operator()(const events::RetentionHoldPlaced& e) const { return with_hold(e.reason); }
  State operator()(const events::RetentionHoldLifted&) const { return with_hold(std::nullopt); }

  State operator()(const events::RunMetamorphed& e) const {
    State next = state;
    auto* running = std::get_if<Running>(&next);
    ACTUARY_ASSERT(running != nullptr);
    Facts& facts = running->facts;
    facts.actor_id = e.actor_id;
    facts.build_id = e.build_id;
    facts.build_number = e.build_number;
    facts.image = e.image;
    facts.env_vars = e.env_vars;
    facts.input_key = e.input_key;
    ++facts.metamorphs;
    return next;
  }

  State operator()(const events::RunCharged& e) const {
    State next = state;
    std::visit(
        [&](auto& s) {
          if constexpr (requires { s.facts; }) charge(s.facts, e);
        },
        next);
    return next;
  }

  State operator()(const events::RunDeleted&) const {
    const auto* finished = std::get_if<Finished>(&state);
    ACTUARY_ASSERT(finished != nullptr);
    // What no rule asks for any more is let go: a deleted run must not cost what a live one does.
    Facts facts = finished->facts;
    facts.env_vars.clear();
    facts.image = {};
    facts.meta = {};
    facts.charges = {};
    facts.personal_keys.clear();
    return Expired{std::move(facts), finished->outcome};
  }

  State operator()(const events::PersonalDataErased&) const {
    State next = state;
    std::visit(
        [](auto& s) {
          if constexpr (requires { s.facts; }) {
            s.facts.meta = {s.facts.meta.origin, {}, {}};
            s.facts.personal_keys.clear();
          }
        },
        next);
    return next;
  }

  State operator()(const events::CommandNoted&) const { return state; }

  template <class Foreign>
  State operator()(const Foreign&) const {
    ACTUARY_ASSERT(!"an event of another aggregate in a run's stream");
    return state;
  }

 private:
  [[nodiscard]] State with_hold(std::optional<std::string> hold) const {
    State next = state;
    std::visit(
        [&](auto& s) {
          if constexpr (requires { s.facts; }) s.facts.retention_hold = std::move(hold);
        },
        next);
    return next;
  }

  static std::vector<std::uint64_t> keys_of(const events::Meta& meta,
                                            std::vector<std::uint64_t> keys) {
    events::add_personal_keys(keys, {meta.client_ip, meta.user_agent});
    return keys;
  }

  void charge(Facts& facts, const events::RunCharged& e) const {
    Charges& charges = facts.charges;
    charges.counts[e.event_name] += e.count;
    charges.nano_usd += static_cast<std::int64_t>(e.count) * e.nano_usd_each;
    const bool spent = charges.nano_usd >= policy::charge_limit(facts.options);
    if (spent && !charges.stop_at) charges.stop_at = at + policy::kChargeGrace;
  }

  /// An immediate abort kills at once; a graceful one has tried nothing yet.
  static std::optional<events::Escalation> stop_step(AbortMode mode) {
    if (mode == AbortMode::kGraceful) return std::nullopt;
    return events::Escalation::kKill;
  }
};

std::optional<Instant> earlier(const std::optional<Instant>& a, const std::optional<Instant>& b) {
  if (!a || !b) return a ? a : b;
  return reached(*a, *b) ? b : a;
}

template <class S>
std::optional<Instant> deadline_of_start(const S& s) {
  if (s.stop) return s.stop->next_at;
  if (!s.attempt) return earlier(s.facts.wait_until, s.facts.timeout_at);
  if (s.held_reason.empty()) return s.attempt->start_by;
  return earlier(s.attempt->began_at + kReplacementWait, s.facts.timeout_at);
}

}  // namespace

State evolve(const State& state, const Recorded<events::Event>& recorded) {
  return std::visit(Evolver{state, recorded.position, recorded.at}, recorded.event);
}

std::optional<Instant> deadline(const State& state) {
  struct Finder {
    using Due = std::optional<Instant>;
    Due operator()(const Absent&) const { return {}; }
    Due operator()(const Ready& s) const { return deadline_of_start(s); }
    Due operator()(const Running& s) const {
      if (s.phase != Phase::kLive) return deadline_of_start(s);
      const auto& migration = s.attempt->migration;
      return earlier(earlier(s.facts.timeout_at, s.facts.charges.stop_at),
                     migration ? Due(migration->stop_at) : Due());
    }
    Due operator()(const TimingOut& s) const { return s.stop.next_at; }
    Due operator()(const Aborting& s) const { return s.stop.next_at; }
    Due operator()(const Finished&) const { return {}; }
    Due operator()(const Expired&) const { return {}; }
  };
  return std::visit(Finder{}, state);
}

}  // namespace actuary::engine::run
