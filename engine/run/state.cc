#include "engine/run/state.h"

#include <type_traits>

namespace actuary::engine::run {
namespace {

template <class S>
constexpr bool kHasFacts = !std::is_same_v<S, Absent>;

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
        if constexpr (kHasFacts<std::decay_t<decltype(s)>>) return &s.facts;
        return nullptr;
      },
      state);
}

bool is_being_replaced(const State& state) {
  const auto* running = std::get_if<Running>(&state);
  return running != nullptr && running->phase == Phase::kReplacing;
}

const Attempt* attempt_of(const State& state) {
  struct Finder {
    const Attempt* operator()(const Absent&) const { return nullptr; }
    const Attempt* operator()(const Ready& s) const { return s.attempt ? &*s.attempt : nullptr; }
    const Attempt* operator()(const Running& s) const { return s.attempt ? &*s.attempt : nullptr; }
    const Attempt* operator()(const TimingOut& s) const { return &s.attempt; }
    const Attempt* operator()(const Aborting& s) const { return &s.attempt; }
    const Attempt* operator()(const Finished&) const { return nullptr; }
    const Attempt* operator()(const Expired&) const { return nullptr; }
  };
  return std::visit(Finder{}, state);
}

}  // namespace actuary::engine::run
