#pragma once

#include <string_view>
#include <variant>

#include "engine/account/commands.h"
#include "engine/actor/commands.h"
#include "engine/build/commands.h"
#include "engine/host/commands.h"
#include "engine/run/commands.h"
#include "engine/storage/commands.h"
#include "journal/record/record.h"

namespace actuary::engine::executor {

/// Everything that the engine can be told, by people and by the outside world alike.
using Command = std::variant<account::Command, actor::Command, build::Command, run::Command,
                             storage::Command, host::Command>;

/// The stream whose aggregate decides.
[[nodiscard]] StreamId target_of(const Command& command);

/// `run.Start`, `build.ReportBuilt`, …
[[nodiscard]] std::string_view name_of(const Command& command);

/// As the command's first record keeps it.
[[nodiscard]] Bytes encode(const Command& command);

/// What `encode` wrote for the command that `name_of` named. Safe on any bytes.
///
/// errors: kCorrupt; kNewerVersion: a command or an enumerator that nothing here knows
[[nodiscard]] Result<Command> decode(std::string_view name, BytesView bytes);

}  // namespace actuary::engine::executor
