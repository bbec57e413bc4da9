#include "engine/executor/aggregates.h"

#include "engine/account/decider.h"
#include "engine/actor/decider.h"
#include "engine/build/decider.h"
#include "engine/host/decider.h"
#include "engine/run/decider.h"
#include "engine/storage/decider.h"

namespace actuary::engine::executor {

namespace {

AnyState absent(StreamKind kind) {
  switch (kind) {
    case StreamKind::kSystem:
      return host::State{};
    case StreamKind::kAccount:
      return account::State{};
    case StreamKind::kActor:
      return actor::State{};
    case StreamKind::kBuild:
      return build::State{};
    case StreamKind::kRun:
      return run::State{};
    case StreamKind::kStorage:
      return storage::State{};
  }
  return host::State{};
}

/// One overload per kind of aggregate, over its own statuses.
struct Rester {
  Rest operator()(const host::State&) const { return Rest::kAwake; }
  Rest operator()(const account::State& s) const {
    return std::holds_alternative<account::Absent>(s) ? Rest::kGone : Rest::kAwake;
  }
  Rest operator()(const actor::State& s) const {
    return std::holds_alternative<actor::Present>(s) ? Rest::kAwake : Rest::kGone;
  }
  Rest operator()(const build::State& s) const {
    if (std::holds_alternative<build::Finished>(s)) return Rest::kOver;
    return is_nothing<build::Absent, build::Expired>(s) ? Rest::kGone : Rest::kAwake;
  }
  Rest operator()(const run::State& s) const {
    if (std::holds_alternative<run::Finished>(s)) return Rest::kOver;
    return is_nothing<run::Absent, run::Expired>(s) ? Rest::kGone : Rest::kAwake;
  }
  /// A name makes a storage a fact that others must not take; without one it only lies there.
  Rest operator()(const storage::State& s) const {
    const auto* present = std::get_if<storage::Present>(&s);
    if (present == nullptr) return Rest::kGone;
    return present->name.empty() ? Rest::kOver : Rest::kAwake;
  }

  template <class Absent, class Expired, class State>
  static bool is_nothing(const State& s) {
    return std::holds_alternative<Absent>(s) || std::holds_alternative<Expired>(s);
  }
};

}  // namespace

Rest rest_of(const AnyState& state) { return std::visit(Rester{}, state); }

Slot absent_slot(StreamKind kind) { return {absent(kind), 0, 0}; }

const Slot* Aggregates::find(const StreamId& stream) const {
  const auto found = slots_.find(stream);
  return found == slots_.end() ? nullptr : &found->second;
}

Decision Aggregates::decide(const Command& command, const Context& context) const {
  const StreamId stream = target_of(command);
  const Slot* slot = find(stream);
  const AnyState state = slot ? AnyState{} : absent(stream.kind);
  const AnyState& current = slot ? slot->state : state;
  struct Decider {
    const AnyState& state;
    const Context& context;
    Decision operator()(const account::Command& c) const {
      return account::decide(std::get<account::State>(state), c, context);
    }
    Decision operator()(const actor::Command& c) const {
      return actor::decide(std::get<actor::State>(state), c, context);
    }
    Decision operator()(const build::Command& c) const {
      return build::decide(std::get<build::State>(state), c, context);
    }
    Decision operator()(const run::Command& c) const {
      return run::decide(std::get<run::State>(state), c, context);
    }
    Decision operator()(const storage::Command& c) const {
      return storage::decide(std::get<storage::State>(state), c, context);
    }
    Decision operator()(const host::Command& c) const {
      return host::decide(std::get<host::State>(state), c, context);
    }
  };
  return std::visit(Decider{current, context}, command);
}

void evolve(Slot& slot, const Record& record) {
  struct Evolver {
    Recorded<events::Event> recorded;
    AnyState operator()(const host::State& s) const { return host::evolve(s, recorded); }
    AnyState operator()(const account::State& s) const { return account::evolve(s, recorded); }
    AnyState operator()(const actor::State& s) const { return actor::evolve(s, recorded); }
    AnyState operator()(const build::State& s) const { return build::evolve(s, recorded); }
    AnyState operator()(const run::State& s) const { return run::evolve(s, recorded); }
    AnyState operator()(const storage::State& s) const { return storage::evolve(s, recorded); }
  };
  slot.state = std::visit(Evolver{{record.event, record.position, record.recorded_at}}, slot.state);
  slot.version = record.version;
  slot.last = record.position;
}

void Aggregates::evolve(const Record& record) {
  const auto place = slots_.find(record.stream);
  Slot& slot = place != slots_.end()
                   ? place->second
                   : slots_.emplace(record.stream, absent_slot(record.stream.kind)).first->second;
  executor::evolve(slot, record);
}

Effects Aggregates::react(const Record& record) const {
  const Slot* slot = find(record.stream);
  if (slot == nullptr) return {};
  struct Reactor {
    Recorded<events::Event> recorded;
    Effects operator()(const host::State&) const { return {}; }
    Effects operator()(const account::State&) const { return {}; }
    Effects operator()(const actor::State&) const { return {}; }
    Effects operator()(const build::State& s) const { return build::react(s, recorded); }
    Effects operator()(const run::State& s) const { return run::react(s, recorded); }
    Effects operator()(const storage::State& s) const { return storage::react(s, recorded); }
  };
  return std::visit(Reactor{{record.event, record.position, record.recorded_at}}, slot->state);
}

std::optional<Instant> Aggregates::deadline(const StreamId& stream) const {
  const Slot* slot = find(stream);
  if (slot == nullptr) return std::nullopt;
  if (const auto* state = std::get_if<run::State>(&slot->state)) return run::deadline(*state);
  if (const auto* state = std::get_if<build::State>(&slot->state)) return build::deadline(*state);
  return std::nullopt;
}

Version Aggregates::version_of(const StreamId& stream) const {
  const Slot* slot = find(stream);
  return slot ? slot->version : 0;
}

Effects Aggregates::outstanding() const {
  Effects all;
  for (const auto& [stream, slot] : slots_) {
    Effects some;
    if (const auto* state = std::get_if<run::State>(&slot.state)) some = run::outstanding(*state);
    if (const auto* state = std::get_if<build::State>(&slot.state))
      some = build::outstanding(*state);
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

const run::State& Aggregates::run(const RunId& id) const {
  static const run::State kAbsent = run::Absent{};
  const Slot* slot = find(stream_of(id));
  return slot ? std::get<run::State>(slot->state) : kAbsent;
}

}  // namespace actuary::engine::executor
