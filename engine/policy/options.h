#pragma once

#include <string>

#include "engine/run/commands.h"
#include "journal/base/result.h"

/// Which options a run gets. Pure, and versioned: the version is recorded where one decided.
namespace actuary::engine::policy {

inline constexpr std::uint32_t kOptionsPolicyVersion = 1;

inline constexpr std::uint32_t kMemoryMbytesMin = 128;
inline constexpr std::uint32_t kMemoryMbytesMax = 32768;
inline constexpr std::uint32_t kMemoryMbytesDefault = 1024;
inline constexpr std::uint32_t kTimeoutSecsDefault = 300;
inline constexpr std::uint32_t kTimeoutSecsMax = 10U * 365 * 24 * 3600;
inline constexpr std::uint32_t kBuildMemoryMbytes = 4096;
inline constexpr std::uint32_t kBuildTimeoutSecs = 1800;
inline constexpr std::uint32_t kDiskPerMemory = 2;
inline constexpr std::uint32_t kPidsMax = 1024;
inline constexpr std::uint32_t kPriorityMax = 100;

/// errors: kInvalidArgument naming the option
[[nodiscard]] Status check_memory(std::uint32_t memory_mbytes);

/// The request wins over `base` (the Actor's defaults, or the options of the run to resurrect),
/// which wins over the platform's defaults. Disk follows memory.
///
/// errors: kInvalidArgument naming the option
[[nodiscard]] Result<events::RunOptions> resolve(const run::RequestedOptions& requested,
                                                 const events::RunOptions& base);

}  // namespace actuary::engine::policy
