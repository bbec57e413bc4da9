#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "journal/base/result.h"

namespace actuary::adapters::oci {

/// One container's control group, on hosts with version 1, hybrid or version 2 alike.
class Cgroup {
 public:
  /// `path` as the OCI runtime got it, `/actuary-<installation>/<name>`.
  explicit Cgroup(std::string path);

  /// The hierarchy is hybrid, which crun refuses unless the version 2 mount is hidden from it.
  [[nodiscard]] static bool is_hybrid();
  [[nodiscard]] std::vector<pid_t> processes() const;
  [[nodiscard]] bool empty() const { return processes().empty(); }
  /// How often the kernel killed for memory in it.
  [[nodiscard]] std::uint64_t oom_kills() const;
  void kill_all() const;
  void remove() const;

 private:
  std::vector<std::string> folders_;  ///< the first one lists the processes
  std::string memory_folder_;
};

}  // namespace actuary::adapters::oci
