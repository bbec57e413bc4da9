#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "engine/directory/directory.h"
#include "engine/executor/aggregates.h"
#include "journal/journal.h"

/// The one story that every golden journal tells: each event that there is, decided by the engine.
namespace actuary::tests::golden {

/// Plays the story into an empty journal, through the real deciders, in two terms. Between them
/// `reopened` gives the journal again, closed and opened.
///
/// A later format tells what it can say more of at the end; what is there stays as it is.
void tell_story(const std::function<journal::Journal&()>& reopened);

/// The events that no record of the journal holds, by name; a golden journal lacks none.
[[nodiscard]] std::string untold_events(const journal::Reader& journal);

/// What the engine folds from a journal, as text: one line for each stream, and the sums.
[[nodiscard]] std::string folded_state(const journal::Reader& journal);

/// SHA-256 over all records as they are stored, each with its length in front.
[[nodiscard]] std::string stored_digest(const journal::Reader& journal);

}  // namespace actuary::tests::golden
