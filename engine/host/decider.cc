#include "engine/host/decider.h"

#include "engine/decision/reason.h"
#include "engine/run/decider.h"

namespace actuary::engine::host {
namespace {

Events on_system(events::Event event) {
  return {{journal::record::system_stream(), std::move(event)}};
}

Decision begin(const Drain& command) {
  TRY_VOID(run::check_migration_window(command.window_secs));
  TRY_VOID(decision::check_reason(command.reason));
  return on_system(events::DrainBegan{command.window_secs, command.reason});
}

}  // namespace

Decision decide(const Open&, const Drain& command, const Context&) { return begin(command); }

Decision decide(const Open&, const EndDrain&, const Context&) {
  return on_system(events::CommandNoted{"EndDrain"});
}

/// Another window holds for what is not migrating yet.
Decision decide(const Draining& s, const Drain& command, const Context&) {
  const bool same = s.window_secs == command.window_secs && s.reason == command.reason;
  return same ? on_system(events::CommandNoted{"Drain"}) : begin(command);
}

Decision decide(const Draining&, const EndDrain& command, const Context&) {
  TRY_VOID(decision::check_reason(command.reason));
  return on_system(events::DrainEnded{command.reason});
}

Decision decide(const State& state, const Command& command, const Context& context) {
  return std::visit([&](const auto& s, const auto& c) -> Decision { return decide(s, c, context); },
                    state, command);
}

/// The stream has more than this: terms and settings are not the host's state.
State evolve(const State& state, const Recorded<events::Event>& recorded) {
  if (const auto* began = std::get_if<events::DrainBegan>(&recorded.event))
    return Draining{began->window_secs, began->reason};
  if (std::holds_alternative<events::DrainEnded>(recorded.event)) return Open{};
  return state;
}

}  // namespace actuary::engine::host
