#pragma once

#include <nlohmann/json_fwd.hpp>

#include "adapters/docker/options.h"

namespace actuary::adapters::docker {

struct CreateInputs {
  const engine::ports::ContainerSpec& spec;
  const Options& options;
  const Bundle& bundle;
  std::string network;
  std::string gateway;
  bool for_podman = false;
  bool own_cgroup_namespace = true;
};

/// The name that our copy of an image has in Docker.
[[nodiscard]] std::string image_name(const events::Image& image);

/// The body of `POST /containers/create`: the same limits, privileges and PID 1 as on the OCI
/// runtime.
///
/// errors: kInvalidArgument: the image says nothing to run
/// source: https://docs.docker.com/engine/api/v1.41/#operation/ContainerCreate
[[nodiscard]] Result<nlohmann::json> create_request(const CreateInputs& inputs);

/// On everything of ours in Docker: what has another value, or none, is somebody else's.
inline constexpr const char* kOwnerLabel = "actuary.installation";

}  // namespace actuary::adapters::docker
