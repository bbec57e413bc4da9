#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "journal/base/result.h"

namespace actuary::adapters::containers {

/// What a control group allows at most.
struct Limits {
  std::uint64_t memory_bytes = 0;
  std::uint64_t memory_and_swap_bytes = 0;
  std::uint64_t processes = 0;
  std::uint64_t cpu_quota_micros = 0;  ///< for each period
  std::uint64_t cpu_period_micros = 0;

  friend bool operator==(const Limits&, const Limits&) = default;
};
[[nodiscard]] std::string to_text(const Limits& limits);

/// One container's control group, on hosts with version 1, hybrid or version 2 alike.
class Cgroup {
 public:
  /// `path` as the OCI runtime got it, `/actuary-<installation>/<name>`.
  explicit Cgroup(const std::string& path);

  /// The hierarchy is hybrid, which crun refuses unless the version 2 mount is hidden from it.
  [[nodiscard]] static bool is_hybrid();
  /// There is one hierarchy, of version 2.
  [[nodiscard]] static bool is_unified();
  [[nodiscard]] std::vector<pid_t> processes() const;
  [[nodiscard]] bool empty() const { return processes().empty(); }
  /// How often the kernel killed for memory in it.
  [[nodiscard]] std::uint64_t oom_kills() const;
  /// As the kernel has them now; a limit that is not there is UINT64_MAX. Where the kernel does not
  /// count swap, swap has no limit of its own and is not one of a container.
  [[nodiscard]] Limits limits() const;
  void kill_all() const;
  void remove() const;

 private:
  std::vector<std::string> folders_;  ///< the first one lists the processes
  std::string memory_folder_;
  std::string cpu_folder_;
};

}  // namespace actuary::adapters::containers
