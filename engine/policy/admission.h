#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/decision/decision.h"
#include "engine/directory/directory.h"

/// Who may start now. Pure, and versioned: the version is recorded in the events that it caused.
namespace actuary::engine::policy {

inline constexpr std::uint32_t kAdmissionPolicyVersion = 3;
/// Since then the same is chosen wherever no account has a limit and no run a priority, so that it
/// can be chosen again for journals that know neither.
inline constexpr std::uint32_t kAdmissionPolicyAlikeSince = 2;

struct Admission {
  std::vector<RunId> runs;
  std::vector<BuildId> builds;
  std::vector<std::pair<RunId, std::string>>
      held;  ///< with the reason that users see, where it is a new one
};

/// An account that is passed by so many younger runs of others comes next, whatever it holds.
inline constexpr std::uint32_t kPassedMax = 100;

/// The account that holds least comes first, and of its runs the one with the highest priority, of
/// those the oldest; of two accounts that hold as much, whoever waits longer. Nobody is started
/// past a run whose turn it is and that does not fit yet, so that a large run is never overtaken
/// for ever by small ones, nor an account by others. A run that its account's limits do not let in
/// keeps only the later ones of that account waiting.
[[nodiscard]] Admission admit(const directory::Directory& directory,
                              const decision::Settings& settings);

}  // namespace actuary::engine::policy
