#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/directory/directory.h"
#include "engine/executor/folded.h"
#include "engine/replay/replayer.h"
#include "journal/journal.h"
#include "tests/simulation/model.h"
#include "tests/support/fake_runtime.h"

namespace actuary::tests::simulation {

/// What must hold after every step, whatever happened. It reads the journal as a stranger would:
/// its own small fold knows nothing of the engine's.
class Checker {
 public:
  Checker(const journal::Journal& journal, const support::FakeRuntime& runtime,
          engine::executor::Residency residency)
      : journal_(journal), runtime_(runtime), replayed_(residency) {}

  /// Reads what is new in the journal, then looks at the containers.
  void check();
  /// A reply said yes: the journal must hold this command, up to `position`, from now on.
  void acknowledged(const CommandId& command, Position position);
  /// Called when the runtime is told to start: nothing may leave before it is durable.
  void on_start(const engine::ports::ContainerKey& key);
  /// The engine's live state is what the journal folds to, when nothing is pending.
  void compare(const engine::executor::Aggregates& live,
               const engine::directory::Directory& directory);
  /// A snapshot is what a replay of the journal up to its position keeps in memory.
  void compare(const engine::executor::Folded::Image& image);
  /// As the journal says, also when it has left the engine's memory.
  [[nodiscard]] const engine::run::State& run(const RunId& id) const { return folded_.run(id); }
  /// Runs that are neither over, nor live in their container, nor waiting for those that are. One
  /// that is on its way is here too, but not with the same text a while later.
  [[nodiscard]] std::set<std::string> unsettled(
      const engine::executor::Aggregates& live,
      const engine::directory::Directory& directory) const;
  void complain(const std::string& what);

  [[nodiscard]] const std::vector<std::string>& violations() const { return violations_; }
  [[nodiscard]] std::uint64_t trace() const { return trace_; }
  [[nodiscard]] Position seen() const { return seen_; }
  [[nodiscard]] const Models& models() const { return models_; }
  void mix(std::uint64_t value);
  void mix(std::string_view text);

 private:
  /// What a stranger knows about one run.
  struct RunTrack {
    std::optional<Position> open_epoch;
    bool fenced = false;
    std::optional<Instant> started_at;
    std::optional<Instant> last_end;
    std::optional<events::AttemptEnded> last_ended;  ///< since the last resurrection
    bool abort_requested = false;
    bool timeout_reached = false;
    bool queued = false;                   ///< waits for its next container: its time goes on
    std::optional<Instant> put_off_until;  ///< its start waits for a runtime, and times out then
    bool finished = false;
    bool deleted = false;
    std::optional<events::Outcome> outcome;
    std::set<Position> declared_lost;
  };
  struct Reader;

  void read(const Record& record);
  void decide_again(const Record& record);

  const journal::Journal& journal_;
  const support::FakeRuntime& runtime_;
  engine::executor::Aggregates folded_;  ///< nothing ever leaves it
  engine::directory::Directory directory_;
  engine::executor::Folded replayed_;  ///< as a start without a snapshot folds it
  engine::replay::Replayer replayer_;  ///< every command must be decided again as it was
  Models models_;                      ///< what every run must come to
  Position seen_ = 0;
  std::uint64_t term_ = 0;
  std::uint64_t trace_ = 0xcbf29ce484222325U;
  std::map<StreamId, Version> versions_;
  std::map<CommandId, Position> commands_;  ///< first record of each
  std::map<RunId, RunTrack> runs_;
  std::map<BuildId, int> build_endings_;
  std::map<BuildId, std::string> build_tag_;
  std::optional<BuildId> untagged_success_;  ///< succeeded, its tag must be the next record
  std::vector<std::string> violations_;
  std::size_t complaints_seen_ = 0;
};

}  // namespace actuary::tests::simulation
