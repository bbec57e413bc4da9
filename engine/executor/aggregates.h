#pragma once

#include <map>
#include <optional>
#include <variant>

#include "engine/account/state.h"
#include "engine/actor/state.h"
#include "engine/build/state.h"
#include "engine/decision/decision.h"
#include "engine/executor/command.h"
#include "engine/run/state.h"
#include "engine/storage/state.h"

namespace actuary::engine::executor {

/// Every aggregate's folded state, by stream, behind the four pure functions that all of them
/// share.
class Aggregates {
 public:
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
  struct System {};
  using AnyState =
      std::variant<System, account::State, actor::State, build::State, run::State, storage::State>;
  struct Slot {
    AnyState state;
    Version version = 0;
  };

  static AnyState absent(StreamKind kind);
  [[nodiscard]] const Slot* find(const StreamId& stream) const;

  std::map<StreamId, Slot> slots_;
};

}  // namespace actuary::engine::executor
