#pragma once

#include <filesystem>

#include "adapters/oci/bundle.h"
#include "adapters/oci/cgroup.h"

namespace actuary::adapters::oci {

/// Before anything of the user's runs: does the kernel show what the container's configuration
/// asked for? Limits as recorded, and no namespace of this host's.
///
/// errors: kUnavailable: what differs, and how
[[nodiscard]] Status check_limits(const Limits& recorded, const Cgroup& cgroup);
[[nodiscard]] Status check_namespaces(const ProcessMark& process,
                                      const std::filesystem::path& network_namespace);
/// Of the running init: it has the few capabilities that it needs, and cannot get more.
[[nodiscard]] Status check_privileges(const ProcessMark& process);

/// For the operator, in one line: the runtime's version, and what this host does not give.
/// Blocking.
[[nodiscard]] std::string describe_isolation(const std::string& runtime,
                                             const std::filesystem::path& data);

}  // namespace actuary::adapters::oci
