#pragma once

#include <map>
#include <string>

#include "journal/record/record.h"

namespace actuary::engine::directory {

/// A command that was accepted under a client's key.
struct AcceptedCommand {
  CommandId id;
  Position first = 0;  ///< its first record
  Position last = 0;   ///< its last one
  Timestamp at{};
  ACTUARY_FIELDS(AcceptedCommand, id, first, last, at);
};

/// The accepted commands whose clients may send them again, because they came with a key: then the
/// id of the command is made of the key, and of what was asked.
///
/// shape:  an id is `kKeyedPrefix`, `kKeyLetters` of the key, the rest of what was asked
/// source: adapters/http/api/command_key.h makes the ids
struct CommandKeys {
  std::map<std::string, AcceptedCommand> by_key;
  std::map<Position, std::string> oldest_first;  ///< by the first record
  ACTUARY_FIELDS(CommandKeys, by_key, oldest_first);

  void apply(const Record& record);
  /// The accepted command of the same key; another `id` says that something else was asked then.
  [[nodiscard]] const AcceptedCommand* find(const CommandId& id) const;
};

inline constexpr std::string_view kKeyedPrefix = "0k";
inline constexpr std::size_t kKeyLetters = 10;
/// How long a command can be sent again; measured between records, so that a replay agrees.
inline constexpr Seconds kCommandKeyAge{24 * 3600};
/// Past it the oldest are forgotten earlier.
inline constexpr std::size_t kCommandKeysMax = 100'000;

}  // namespace actuary::engine::directory
