#pragma once

#include <filesystem>

#include "adapters/containers/bundle.h"
#include "adapters/containers/cgroup.h"
#include "adapters/containers/patch_level.h"

namespace actuary::adapters::containers {

/// Before anything of the user's runs: does the kernel show what the container's configuration
/// asked for? Limits as recorded, and no namespace of this host's; the network that was made for
/// it, where there is a path to it.
///
/// errors: kUnavailable: what differs, and how
[[nodiscard]] Status check_limits(const Limits& recorded, const Cgroup& cgroup);
/// Podman makes no cgroup namespace where control groups are of version 1.
enum class CgroupNamespace : std::uint8_t { kOwn, kAny };
[[nodiscard]] Status check_namespaces(const ProcessMark& process,
                                      const std::filesystem::path& network_namespace,
                                      CgroupNamespace cgroup = CgroupNamespace::kOwn);
/// Of the running init: it has the few capabilities that it needs, and cannot get more.
[[nodiscard]] Status check_privileges(const ProcessMark& process);

/// For the operator, in one line: the programs with their versions and known holes, and what this
/// host does not give.
[[nodiscard]] std::string describe_isolation(const std::vector<Program>& programs,
                                             const std::filesystem::path& data);

}  // namespace actuary::adapters::containers
