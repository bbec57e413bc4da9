#include "engine/policy/account_limits.h"

namespace actuary::engine::policy {
namespace {

using decision::AccountLimits;

bool exceeds(std::uint64_t used, std::uint64_t more, std::uint64_t limit) {
  return limit != 0 && used + more > limit;
}

/// All that it has asked for and that is not over.
Share launched(const directory::Account& account) {
  Share share = share_of(account);
  share.memory_mbytes += account.memory_waiting_mbytes;
  share.runs += static_cast<std::uint32_t>(account.waiting.size());
  return share;
}

Status check_memory_left(const AccountLimits& limits, const Share& share, std::uint64_t wanted) {
  if (!exceeds(share.memory_mbytes, wanted, limits.memory_mbytes)) return {};
  return fail(Code::kLimitExceeded, "By launching this job you will exceed the memory limit of " +
                                        std::to_string(limits.memory_mbytes) +
                                        " MB for all your Actor runs and builds. In use: " +
                                        std::to_string(share.memory_mbytes) +
                                        " MB, wanted: " + std::to_string(wanted) + " MB.");
}

}  // namespace

AccountLimits limits_of(const directory::Directory& directory, const decision::Settings& settings,
                        const UserId& user) {
  AccountLimits limits = settings.account_limits;
  const directory::OwnLimits* own = directory.find_limits(user);
  if (own != nullptr && own->memory_mbytes) limits.memory_mbytes = *own->memory_mbytes;
  if (own != nullptr && own->runs) limits.runs = *own->runs;
  return limits;
}

Status may_launch_run(const Context& context, const UserId& user, std::uint64_t memory_mbytes) {
  const AccountLimits limits = limits_of(context.directory, context.settings, user);
  const bool waits = context.settings.when_over_limit == events::WhenOverLimit::kWait;
  const Share share = waits ? Share{} : launched(context.directory.account_of(user));
  TRY_VOID(check_memory_left(limits, share, memory_mbytes));
  if (!exceeds(share.runs, 1, limits.runs)) return {};
  return fail(Code::kTooManyRuns, "By launching this job you will exceed the limit of " +
                                      std::to_string(limits.runs) +
                                      " concurrent runs of your account.");
}

Status may_launch_build(const Context& context, const UserId& user, std::uint64_t memory_mbytes) {
  const AccountLimits limits = limits_of(context.directory, context.settings, user);
  const bool waits = context.settings.when_over_limit == events::WhenOverLimit::kWait;
  const directory::Account& account = context.directory.account_of(user);
  return check_memory_left(limits, waits ? share_of(account) : launched(account), memory_mbytes);
}

Share share_of(const directory::Account& account) {
  return {account.memory_in_use_mbytes + account.builds_memory_mbytes, account.runs_admitted};
}

std::optional<std::string> over_limit(const Share& share, const AccountLimits& limits,
                                      std::uint64_t memory_mbytes) {
  if (exceeds(share.memory_mbytes, memory_mbytes, limits.memory_mbytes)) {
    const std::uint64_t free =
        limits.memory_mbytes > share.memory_mbytes ? limits.memory_mbytes - share.memory_mbytes : 0;
    return "Waiting for memory of this account: needs " + std::to_string(memory_mbytes) + " MB, " +
           std::to_string(free) + " of its " + std::to_string(limits.memory_mbytes) +
           " MB are free.";
  }
  if (exceeds(share.runs, 1, limits.runs)) {
    return "Waiting for another run of this account to end: " + std::to_string(limits.runs) +
           (limits.runs == 1 ? " run is" : " runs are") + " the most that it may have at once.";
  }
  return std::nullopt;
}

}  // namespace actuary::engine::policy
