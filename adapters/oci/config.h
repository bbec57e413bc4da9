#pragma once

#include <array>
#include <string>
#include <string_view>

#include "adapters/oci/bundle.h"
#include "adapters/oci/cgroup.h"
#include "adapters/oci/options.h"

namespace actuary::adapters::oci {

struct ConfigInputs {
  const engine::ports::ContainerSpec& spec;
  const Options& options;
  const Bundle& bundle;
  std::string cgroup_path;
  std::string network_namespace;  ///< a path
  std::string log_file;
};

/// The bundle's config.json.
///
/// errors: kInvalidArgument: the image says nothing to run, or its configuration is not one
/// source: OCI runtime specification 1.0.2, OCI image specification, "Conversion to OCI Runtime
/// Configuration"
[[nodiscard]] Result<std::string> runtime_config(const ConfigInputs& inputs);

/// What the container's control group is told, and has to show once it is there.
[[nodiscard]] Limits limits_of(const engine::ports::ContainerSpec& spec);

/// What init needs: to enter its folder, to become the user, to signal and to drop all of it for
/// the child.
inline constexpr std::array<std::string_view, 5> kInitCapabilities = {
    "CAP_DAC_OVERRIDE", "CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP", "CAP_KILL"};

/// The image's user is, or may be, uid 0.
[[nodiscard]] bool runs_as_root(std::string_view image_config);

}  // namespace actuary::adapters::oci
