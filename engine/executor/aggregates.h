#pragma once

#include <map>
#include <optional>
#include <utility>
#include <variant>

#include "engine/account/state.h"
#include "engine/actor/state.h"
#include "engine/build/state.h"
#include "engine/decision/decision.h"
#include "engine/executor/command.h"
#include "engine/host/state.h"
#include "engine/run/state.h"
#include "engine/storage/state.h"

namespace actuary::engine::executor {

using AnyState = std::variant<host::State, account::State, actor::State, build::State, run::State,
                              storage::State>;

/// One stream as it was folded so far.
struct Slot {
  AnyState state;
  Version version = 0;
  Position last = 0;  ///< of its last event
  ACTUARY_FIELDS(Slot, state, version, last);
};

/// Whether a stream may still change by itself. What is over changes only when a command names it,
/// what is gone never again.
enum class Rest : std::uint8_t { kAwake, kOver, kGone };
[[nodiscard]] Rest rest_of(const AnyState& state);

/// A stream without events.
[[nodiscard]] Slot absent_slot(StreamKind kind);
void evolve(Slot& slot, const Record& record);

/// Every aggregate's folded state, by stream, behind the four pure functions that all of them
/// share.
class Aggregates {
 public:
  using Slots = std::map<StreamId, Slot>;

  Aggregates() = default;
  explicit Aggregates(Slots slots) : slots_(std::move(slots)) {}

  [[nodiscard]] Decision decide(const Command& command, const Context& context) const;
  /// Folds one record into its stream's state.
  void evolve(const Record& record);
  /// What the record makes necessary outside, given the state after it.
  [[nodiscard]] Effects react(const Record& record) const;
  [[nodiscard]] std::optional<Instant> deadline(const StreamId& stream) const;
  [[nodiscard]] Version version_of(const StreamId& stream) const;

  /// Runs and builds that are not finished; what may be missing outside for them.
  [[nodiscard]] Effects outstanding() const;
  /// Nothing but `Absent` for an unknown id.
  [[nodiscard]] const run::State& run(const RunId& id) const;

  /// Null: not in memory. That says nothing about whether the journal has it.
  [[nodiscard]] const Slot* find(const StreamId& stream) const;
  void put(const StreamId& stream, Slot slot) { slots_[stream] = std::move(slot); }
  void forget(const StreamId& stream) { slots_.erase(stream); }
  [[nodiscard]] const Slots& slots() const { return slots_; }

  template <class Visit>
  void for_each_stream(Visit visit) const {
    for (const auto& [stream, slot] : slots_) visit(stream);
  }

  template <class Visit>
  void for_each_run(Visit visit) const {
    for (const auto& [stream, slot] : slots_) {
      if (const auto* state = std::get_if<run::State>(&slot.state)) visit(*state);
    }
  }

 private:
  Slots slots_;
};

}  // namespace actuary::engine::executor
