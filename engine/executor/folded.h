#pragma once

#include <set>
#include <span>
#include <utility>
#include <vector>

#include "engine/directory/directory.h"
#include "engine/executor/aggregates.h"
#include "journal/reader.h"

namespace actuary::engine::executor {

/// Of all folds together: what an event makes of a state, and what stays in memory. Raise it with
/// every change of them; snapshots of another version are not used.
inline constexpr std::uint32_t kFoldVersion = 5;

/// When what is over leaves memory. A pure rule over positions, so that every fold of one journal
/// keeps the same streams: a stream that is over stays until `linger` more records have followed
/// its last event, one that is gone leaves at once.
struct Residency {
  Position linger = kLingerDefault;

  static constexpr Position kLingerDefault = 4096;
  ACTUARY_FIELDS(Residency, linger);
};

/// What the engine keeps in memory, folded from the journal: the aggregates that may still change,
/// and the facts that span streams. What is over leaves by the rule, and comes back when it is
/// named. Finished runs and builds, unnamed storages and everything deleted can leave; users,
/// Actors, named storages and the directory's facts about builds stay.
class Folded {
 public:
  /// All of it at one position; what a snapshot holds.
  struct Image {
    Residency rule;
    Position position = 0;
    Aggregates::Slots slots;
    directory::Tables tables;
    ACTUARY_FIELDS(Image, rule, position, slots, tables);
  };

  explicit Folded(Residency rule = {}) : rule_(rule) {}
  explicit Folded(Image image);

  /// Folds a record whose stream is here or new.
  void apply(const Record& record);
  /// What may leave, leaves. `durable` is the journal's head: what is not in the journal yet could
  /// not be read back. Streams in `pinned` stay.
  void settle(Position durable, const std::set<StreamId>& pinned = {});
  /// Folds a record of the journal, reads what it needs from `history`, and settles: what a start
  /// and every replay do for each record in turn.
  ///
  /// errors: those of Reader::read_stream
  [[nodiscard]] Status replay(const Record& record, const journal::Reader& history);

  /// Streams that a decision about `command` looks at or may write to, and that are not here. A
  /// caller recalls them and asks again, until there are none: a run that came back names its
  /// storages.
  [[nodiscard]] std::vector<StreamId> missing(const Command& command) const;
  /// Puts a stream back that had left, or says that there is none. It stays at least until the
  /// next `settle`.
  void recall(const StreamId& stream, Slot slot);
  [[nodiscard]] bool holds(const StreamId& stream) const {
    return aggregates_.find(stream) != nullptr;
  }

  [[nodiscard]] const Aggregates& aggregates() const { return aggregates_; }
  [[nodiscard]] const directory::Directory& directory() const { return directory_; }
  /// As every fold of the journal up to `at` has it: without guests that were recalled.
  ///
  /// shape: `at` is the position of the last record applied
  [[nodiscard]] Image image(Position at) const;

 private:
  [[nodiscard]] std::optional<Position> leaves_at(const Slot& slot) const;
  void leave(const StreamId& stream);

  Residency rule_;
  Aggregates aggregates_;
  directory::Directory directory_;
  std::set<std::pair<Position, StreamId>> leaving_;  ///< by the position at which each may leave
};

/// Reports and deadlines are about what is awake: about anything else they are stale, whatever it
/// was, so that nothing has to be read for them.
[[nodiscard]] bool is_about_the_present(const Command& command);

/// One stream as its records up to, not including, `before` fold it.
///
/// errors: those of Reader::read_stream
[[nodiscard]] Result<Slot> read_slot(const journal::Reader& journal, const StreamId& stream,
                                     Position before = ~Position{0});

}  // namespace actuary::engine::executor
