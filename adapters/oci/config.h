#pragma once

#include <string>

#include "adapters/containers/bundle.h"
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
/// source: OCI runtime specification 1.0.2
[[nodiscard]] Result<std::string> runtime_config(const ConfigInputs& inputs);

}  // namespace actuary::adapters::oci
