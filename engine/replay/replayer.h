#pragma once

#include <deque>
#include <optional>
#include <string>

#include "engine/directory/directory.h"
#include "engine/replay/rules.h"

/// Decides again what a journal says was decided. Pure: no clock, no ids, nothing but the records.
namespace actuary::engine::replay {

/// Where a journal and the rules part.
struct Divergence {
  Position position = 0;  ///< the first record that the rules would not have written
  Position command_position = 0;
  std::string command;   ///< `run.Start`
  std::string expected;  ///< what the journal has: one JSON value, or a word where it has nothing
  std::string got;       ///< what the rules give: the same
  std::string why;
  ACTUARY_FIELDS(Divergence, position, command_position, command, expected, got, why);
};

struct Counts {
  std::uint64_t events = 0;
  std::uint64_t commands = 0;
  std::uint64_t decided_again = 0;
  std::uint64_t admissions = 0;        ///< of those, the ones that the admission policy chose
  std::uint64_t without_settings = 0;  ///< needed them, and were written before they were recorded
  std::uint64_t other_policy = 0;      ///< chosen by another version of a policy, not decided again
  std::uint64_t system = 0;            ///< claims and other records of the writer itself
  std::uint64_t untold = 0;            ///< records that carry no command
  std::uint64_t other_rules = 0;  ///< decided otherwise by an older program, whose rules those were
  ACTUARY_FIELDS(Counts, events, commands, decided_again, admissions, without_settings,
                 other_policy, system, untold, other_rules);
};

/// Folds records one by one, and before each command's first record lets the rules decide it from
/// the state then, its principal, its time and the settings in force; the events of the whole
/// command must be what the journal has.
class Replayer {
 public:
  explicit Replayer(Rules rules = current_rules());

  /// The next record of the journal. After a divergence it takes nothing any more.
  ///
  /// shape:  positions from 1 without a gap
  /// errors: kCorrupt, kNewerVersion: a command that cannot be read; the position is named
  [[nodiscard]] Status take(const Record& record);
  /// No record follows: the last command is judged too.
  void finish();

  [[nodiscard]] const std::optional<Divergence>& divergence() const { return divergence_; }
  [[nodiscard]] const Counts& counts() const { return counts_; }
  [[nodiscard]] const executor::Aggregates& aggregates() const { return aggregates_; }
  [[nodiscard]] const directory::Directory& directory() const { return directory_; }
  /// Of the last term that recorded some.
  [[nodiscard]] const std::optional<events::SettingsAdopted>& settings() const { return adopted_; }

 private:
  /// The command whose records are being taken.
  struct Open {
    CommandId id;
    Position position = 0;
    std::string name;
    std::optional<Events> decided;  ///< nothing: not decided again, folded only
    std::size_t seen = 0;
    bool by_older_rules = false;  ///< whoever wrote it may have decided otherwise
  };

  [[nodiscard]] Status begin(const Record& record);
  void decide(const Record& record, const executor::Command& command);
  void check_admission(const Record& record, const executor::Command& command);
  void drop_admissions_without_events(const Record& next);
  /// True where older rules explain a difference: the events are taken as they are.
  [[nodiscard]] bool excused();
  [[nodiscard]] bool is_by_older_rules(const executor::Command& command) const;
  void compare(const Record& record);
  void close_command();
  void diverge(Position position, std::string expected, std::string got, std::string why);
  [[nodiscard]] bool can_decide(const executor::Command& command);

  Rules rules_;
  executor::Aggregates aggregates_;
  directory::Directory directory_;
  std::optional<events::SettingsAdopted> adopted_;
  decision::Settings settings_;
  std::optional<Open> open_;
  /// What one look at who may start chose, as far as the journal has not shown it.
  std::deque<executor::Command> admissions_;
  std::optional<Divergence> divergence_;
  Counts counts_;
};

}  // namespace actuary::engine::replay
