#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/decision/decision.h"
#include "engine/directory/directory.h"

/// Who may start now. Pure, and versioned: the version is recorded in the events that it caused.
namespace actuary::engine::policy {

inline constexpr std::uint32_t kAdmissionPolicyVersion = 1;

struct Admission {
  std::vector<RunId> runs;
  std::vector<BuildId> builds;
  std::vector<std::pair<RunId, std::string>>
      held;  ///< with the reason that users see, where it is a new one
};

/// First come, first served, by memory and disk: a large run is never overtaken for ever by small
/// ones.
[[nodiscard]] Admission admit(const directory::Directory& directory,
                              const decision::Settings& settings);

}  // namespace actuary::engine::policy
