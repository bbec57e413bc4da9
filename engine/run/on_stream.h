#pragma once

#include <string_view>

#include "engine/decision/decision.h"
#include "engine/run/state.h"

namespace actuary::engine::run {

/// Events on the run's own stream.
template <class... E>
Events on(const Facts& facts, E... event) {
  const StreamId stream = stream_of(facts.run_id);
  return {Proposed{stream, std::move(event)}...};
}

[[nodiscard]] inline Decision noted(const Facts& facts, std::string_view command) {
  return on(facts, events::CommandNoted{std::string(command)});
}

[[nodiscard]] inline Decision already_finished() {
  return fail(Code::kJobFinished, "The Actor run has already finished.");
}

}  // namespace actuary::engine::run
