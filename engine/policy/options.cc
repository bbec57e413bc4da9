#include "engine/policy/options.h"

#include <bit>

namespace actuary::engine::policy {

Status check_memory(std::uint32_t memory_mbytes) {
  if (memory_mbytes < kMemoryMbytesMin || memory_mbytes > kMemoryMbytesMax ||
      !std::has_single_bit(memory_mbytes)) {
    return fail(Code::kInvalidArgument, "memory must be a power of two from " +
                                            std::to_string(kMemoryMbytesMin) + " to " +
                                            std::to_string(kMemoryMbytesMax) + " megabytes, not " +
                                            std::to_string(memory_mbytes));
  }
  return {};
}

Result<events::RunOptions> resolve(const run::RequestedOptions& requested,
                                   const events::RunOptions& base) {
  events::RunOptions options = base;
  if (requested.build) options.build = *requested.build;
  if (options.build.empty()) options.build = "latest";
  if (requested.timeout_secs) options.timeout_secs = *requested.timeout_secs;
  if (options.timeout_secs > kTimeoutSecsMax) {
    return fail(Code::kInvalidArgument,
                "timeout must be at most " + std::to_string(kTimeoutSecsMax) + " seconds");
  }
  if (requested.memory_mbytes) options.memory_mbytes = *requested.memory_mbytes;
  if (options.memory_mbytes == 0) options.memory_mbytes = kMemoryMbytesDefault;
  TRY_VOID(check_memory(options.memory_mbytes));
  options.disk_mbytes = options.memory_mbytes * kDiskPerMemory;
  if (requested.restart_on_error) options.restart_on_error = *requested.restart_on_error;
  if (requested.max_items) options.max_items = requested.max_items;
  if (requested.max_total_charge_usd) {
    if (!(*requested.max_total_charge_usd > 0)) {
      return fail(Code::kInvalidArgument, "maxTotalChargeUsd must be greater than zero");
    }
    options.max_total_charge_usd = requested.max_total_charge_usd;
  }
  if (requested.priority) options.priority = *requested.priority;
  if (options.priority > kPriorityMax) {
    return fail(Code::kInvalidArgument,
                "priority must be from 0 to " + std::to_string(kPriorityMax));
  }
  return options;
}

}  // namespace actuary::engine::policy
