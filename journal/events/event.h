#pragma once

#include <variant>

#include "journal/events/account.h"
#include "journal/events/actor.h"
#include "journal/events/build.h"
#include "journal/events/run.h"
#include "journal/events/storage.h"
#include "journal/events/system.h"

namespace actuary::journal::events {

/// Everything that can have happened. The index + 1 is the union's type number in
/// schema/record.fbs: append new events at the end, never reorder.
using Event =
    std::variant<TermClaimed, CommandNoted, UserCreated, TokenCreated, TokenRevoked, ActorCreated,
                 ActorProfileChanged, VersionPut, VersionDeleted, BuildNumberDrawn, TagMoved,
                 TagRemoved, ActorDeleted, BuildCreated, BuildStarted, BuildAbortRequested,
                 BuildTimeoutReached, BuildSucceeded, BuildFailed, BuildAborted, BuildTimedOut,
                 BuildDeleted, RunCreated, RunHeld, AttemptBegan, AttemptFenced, AttemptStarted,
                 AbortRequested, TimeoutReached, StopEscalated, AttemptEnded, RunFinished,
                 RunResurrected, StatusMessageSet, RunDeleted, StorageCreated, StorageChanged,
                 StorageDeleted, SettingsAdopted>;

/// `RunCreated`, `TagMoved`, … as the schema spells it.
[[nodiscard]] std::string_view name_of(const Event& event);

}  // namespace actuary::journal::events
