#include "engine/build/decider.h"
#include "journal/base/assert.h"

namespace actuary::engine::build {
namespace {

using events::Outcome;

Facts facts_in(const State& state) {
  const Facts* facts = facts_of(state);
  ACTUARY_ASSERT(facts != nullptr);
  return *facts;
}

/// One overload per event of a build.
struct Evolver {
  const State& state;

  State operator()(const events::BuildCreated& e) const { return Ready{{e}}; }
  State operator()(const events::BuildStarted& e) const {
    return Running{facts_in(state), e.timeout_at};
  }
  State operator()(const events::BuildAbortRequested& e) const {
    return Aborting{facts_in(state), e.declare_at};
  }
  State operator()(const events::BuildTimeoutReached& e) const {
    return TimingOut{facts_in(state), e.declare_at};
  }
  State operator()(const events::BuildSucceeded& e) const {
    return Finished{facts_in(state), Outcome::kSucceeded, e.image};
  }
  State operator()(const events::BuildFailed&) const {
    return Finished{facts_in(state), Outcome::kFailed, {}};
  }
  State operator()(const events::BuildAborted&) const {
    return Finished{facts_in(state), Outcome::kAborted, {}};
  }
  State operator()(const events::BuildTimedOut&) const {
    return Finished{facts_in(state), Outcome::kTimedOut, {}};
  }
  State operator()(const events::BuildDeleted&) const {
    return Expired{anonymous(facts_in(state))};
  }
  State operator()(const events::PersonalDataErased&) const {
    State next = state;
    std::visit(
        [](auto& s) {
          if constexpr (requires { s.facts; }) s.facts = anonymous(std::move(s.facts));
        },
        next);
    return next;
  }
  State operator()(const events::CommandNoted&) const { return state; }

  template <class Foreign>
  State operator()(const Foreign&) const {
    ACTUARY_ASSERT(!"an event of another aggregate in a build's stream");
    return state;
  }

 private:
  static Facts anonymous(Facts facts) {
    facts.created.meta = {facts.created.meta.origin, {}, {}};
    return facts;
  }
};

decision::BuildImage image_of(const Facts& facts) {
  const events::BuildCreated& build = facts.created;
  return {{build.build_id, build.actor_id, build.build_number, build.version, build.use_cache,
           build.memory_mbytes}};
}

/// One overload per event that needs something outside.
struct Reactor {
  const Facts& facts;
  Instant at;

  [[nodiscard]] decision::WriteLog line(std::string text) const {
    return {facts.created.build_id.str(), at.utc, "ACTOR: " + std::move(text)};
  }

  Effects operator()(const events::BuildCreated& e) const {
    return {line("Build " + e.build_number + " (" + e.build_id.str() + ") was accepted.")};
  }
  Effects operator()(const events::BuildStarted&) const {
    return {line("Building the image."), image_of(facts)};
  }
  Effects operator()(const events::BuildAbortRequested&) const {
    return {line("Aborting the build."), decision::CancelBuild{facts.created.build_id}};
  }
  Effects operator()(const events::BuildTimeoutReached&) const {
    return {line("The build has reached its timeout of " +
                 std::to_string(facts.created.timeout_secs) + " seconds, stopping it."),
            decision::CancelBuild{facts.created.build_id}};
  }
  Effects operator()(const events::BuildDeleted&) const {
    return {decision::RemoveLog{facts.created.build_id.str()}};
  }

  template <class Other>
  Effects operator()(const Other&) const {
    return {};
  }
};

}  // namespace

std::string_view status_of(const State& state) {
  struct Namer {
    std::string_view operator()(const Absent&) const { return "ABSENT"; }
    std::string_view operator()(const Ready&) const { return "READY"; }
    std::string_view operator()(const Running&) const { return "RUNNING"; }
    std::string_view operator()(const TimingOut&) const { return "TIMING-OUT"; }
    std::string_view operator()(const Aborting&) const { return "ABORTING"; }
    std::string_view operator()(const Finished& s) const { return events::to_string(s.outcome); }
    std::string_view operator()(const Expired&) const { return "EXPIRED"; }
  };
  return std::visit(Namer{}, state);
}

const Facts* facts_of(const State& state) {
  return std::visit(
      [](const auto& s) -> const Facts* {
        if constexpr (requires { s.facts; }) return &s.facts;
        return nullptr;
      },
      state);
}

State evolve(const State& state, const Recorded<events::Event>& recorded) {
  return std::visit(Evolver{state}, recorded.event);
}

Effects react(const State& after, const Recorded<events::Event>& recorded) {
  const Facts* facts = facts_of(after);
  if (facts == nullptr) return {};
  return std::visit(Reactor{*facts, recorded.at}, recorded.event);
}

/// A build dies with the engine, so one that was under way starts over, and one that was being
/// stopped is gone.
Effects outstanding(const State& state) {
  if (const auto* running = std::get_if<Running>(&state)) return {image_of(running->facts)};
  if (std::holds_alternative<Aborting>(state) || std::holds_alternative<TimingOut>(state)) {
    return {decision::CancelBuild{facts_of(state)->created.build_id}};
  }
  return {};
}

std::optional<Instant> deadline(const State& state) {
  if (const auto* running = std::get_if<Running>(&state)) return running->timeout_at;
  if (const auto* timing_out = std::get_if<TimingOut>(&state)) return timing_out->declare_at;
  if (const auto* aborting = std::get_if<Aborting>(&state)) return aborting->declare_at;
  return std::nullopt;
}

}  // namespace actuary::engine::build
