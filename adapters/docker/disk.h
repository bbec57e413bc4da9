#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>

#include "adapters/docker/options.h"

/// How much a container writes at most. Docker limits a writable layer on XFS with project quotas
/// only; here it is a file system of that size, mounted where the overlay2 driver keeps the layer.
namespace actuary::adapters::docker {

/// Makes the file system and mounts it on the bundle's `disk`. Repeating it changes nothing.
[[nodiscard]] Status make_disk(const std::filesystem::path& templates,
                               const engine::ports::ContainerSpec& spec, const Bundle& bundle);

/// Moves the layer of a container that was created and not started onto it.
///
/// errors: kUnavailable: Docker keeps its layers in another way
[[nodiscard]] Status limit_layer(const nlohmann::json& shown, const Bundle& bundle);

/// Of a container that runs: has its root the size that was asked for?
[[nodiscard]] Status check_layer(const engine::ports::ContainerSpec& spec,
                                 const containers::ProcessMark& process);

/// Docker has let go of the container.
void drop_disk(const Bundle& bundle);

}  // namespace actuary::adapters::docker
