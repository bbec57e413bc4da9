#pragma once

#include <string_view>

#include "engine/account/commands.h"
#include "engine/account/state.h"
#include "engine/decision/decision.h"

/// Users and their tokens.
namespace actuary::engine::account {

Decision decide(const Absent&, const CreateUser&, const Context&);
Decision decide(const Open&, const CreateToken&, const Context&);
Decision decide(const Open&, const RevokeToken&, const Context&);
Decision decide(const Open&, const ErasePersonal&, const Context&);
Decision decide(const Open&, const SetLimits&, const Context&);

[[nodiscard]] Decision decide(const State& state, const Command& command, const Context& context);
[[nodiscard]] State evolve(const State& state, const Recorded<events::Event>& recorded);

/// What a name must look like before it is sealed.
///
/// errors: kInvalidArgument
[[nodiscard]] Status check_username(std::string_view name);

inline constexpr std::size_t kTokensPerUserMax = 1000;

}  // namespace actuary::engine::account
