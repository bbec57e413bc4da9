#pragma once

#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "engine/account/commands.h"
#include "engine/actor/commands.h"
#include "engine/build/commands.h"
#include "engine/host/commands.h"
#include "engine/run/commands.h"
#include "engine/storage/commands.h"
#include "journal/base/one_of.h"
#include "journal/record/record.h"

namespace actuary::engine::executor {

/// Everything that the engine can be told, by people and by the outside world alike.
using AnyCommand = std::variant<account::Command, actor::Command, build::Command, run::Command,
                                storage::Command, host::Command>;

/// That variant of variants under a short name. Its copies, moves and comparisons are compiled in
/// command.cc and not again in every file that submits one.
class Command : public AnyCommand {
 public:
  Command();
  template <journal::base::OneOf<AnyCommand> Family>
  Command(Family each) noexcept : AnyCommand(std::in_place_type<Family>, std::move(each)) {
    static_assert(std::is_nothrow_move_constructible_v<Family>);
  }
  Command(const Command&);
  Command(Command&&) noexcept;
  Command& operator=(const Command&);
  Command& operator=(Command&&) noexcept;
  ~Command();
  bool operator==(const Command&) const;
};

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
