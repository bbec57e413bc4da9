#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <variant>

#include "journal/base/one_of.h"
#include "journal/events/account.h"
#include "journal/events/actor.h"
#include "journal/events/build.h"
#include "journal/events/run.h"
#include "journal/events/storage.h"
#include "journal/events/system.h"

namespace actuary::journal::events {

/// Everything that can have happened. The index + 1 is the union's type number in
/// schema/record.fbs: append new events at the end, never reorder.
using AnyEvent =
    std::variant<TermClaimed, CommandNoted, UserCreated, TokenCreated, TokenRevoked, ActorCreated,
                 ActorProfileChanged, VersionPut, VersionDeleted, BuildNumberDrawn, TagMoved,
                 TagRemoved, ActorDeleted, BuildCreated, BuildStarted, BuildAbortRequested,
                 BuildTimeoutReached, BuildSucceeded, BuildFailed, BuildAborted, BuildTimedOut,
                 BuildDeleted, RunCreated, RunHeld, AttemptBegan, AttemptFenced, AttemptStarted,
                 AbortRequested, TimeoutReached, StopEscalated, AttemptEnded, RunFinished,
                 RunResurrected, StatusMessageSet, RunDeleted, StorageCreated, StorageChanged,
                 StorageDeleted, SettingsAdopted, ReplacementRequested, RunMetamorphed, RunCharged,
                 MigrationRequested, ReplacementQueued, DrainBegan, DrainEnded, RetentionHoldPlaced,
                 RetentionHoldLifted, PersonalDataErased, AccountLimitsSet, StorageUsed>;

/// That variant under a short name. Its copies, moves and comparisons are compiled in event.cc and
/// not again in every file that holds a record, which was half of what a build did.
class Event : public AnyEvent {
 public:
  Event();
  template <base::OneOf<AnyEvent> E>
  Event(E each) noexcept : AnyEvent(std::in_place_type<E>, std::move(each)) {
    static_assert(std::is_nothrow_move_constructible_v<E>);
  }
  Event(const Event&);
  Event(Event&&) noexcept;
  Event& operator=(const Event&);
  Event& operator=(Event&&) noexcept;
  ~Event();
  bool operator==(const Event&) const;
};

/// `RunCreated`, `TagMoved`, … as the schema spells it.
[[nodiscard]] std::string_view name_of(const Event& event);
/// The numbers of the personal keys that must not outlive this event.
[[nodiscard]] std::span<const std::uint64_t> keys_destroyed_by(const Event& event);

}  // namespace actuary::journal::events
