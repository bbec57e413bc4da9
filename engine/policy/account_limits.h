#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/decision/decision.h"
#include "engine/directory/directory.h"

/// What one account may hold at once. Pure; part of admission, and of its version.
namespace actuary::engine::policy {

/// The account's own limits where it was given some, else the host's for each.
[[nodiscard]] decision::AccountLimits limits_of(const directory::Directory& directory,
                                                const decision::Settings& settings,
                                                const UserId& user);

/// Whether the account may ask for one more run. What its limits can never hold is refused; what
/// they cannot hold now, with all that the account has waiting, is refused or waits, as the
/// settings say.
///
/// errors: kLimitExceeded: memory; kTooManyRuns
[[nodiscard]] Status may_launch_run(const Context& context, const UserId& user,
                                    std::uint64_t memory_mbytes);

/// The same for a build, which never waits for its account: a build that waits has no place where
/// it could say why.
///
/// errors: kLimitExceeded
[[nodiscard]] Status may_launch_build(const Context& context, const UserId& user,
                                      std::uint64_t memory_mbytes);

/// What an account holds, as admission counts on.
struct Share {
  std::uint64_t memory_mbytes = 0;
  std::uint32_t runs = 0;
};
[[nodiscard]] Share share_of(const directory::Account& account);

/// Why a run has to wait for others of its account, as its user reads it.
[[nodiscard]] std::optional<std::string> over_limit(const Share& share,
                                                    const decision::AccountLimits& limits,
                                                    std::uint64_t memory_mbytes);

}  // namespace actuary::engine::policy
