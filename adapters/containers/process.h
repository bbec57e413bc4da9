#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/containers/cgroup.h"
#include "adapters/containers/options.h"
#include "engine/ports/runtime.h"

/// What a container's image and its spec say, however it is started.
namespace actuary::adapters::containers {

/// What the container's control group is told, and has to show once it is there.
[[nodiscard]] Limits limits_of(const engine::ports::ContainerSpec& spec);

/// `NAME=value`: the image's, with the spec's in their place.
[[nodiscard]] std::vector<std::string> environment_of(const engine::ports::ContainerSpec& spec);

/// The command line of the container's PID 1, which runs the image's.
///
/// errors: kInvalidArgument: the image says nothing to run
/// source: OCI image specification, "Conversion to OCI Runtime Configuration"
[[nodiscard]] Result<std::vector<std::string>> init_arguments(
    const Options& options, const engine::ports::ContainerSpec& spec);

/// What init needs: to enter its folder, to become the user, to signal and to drop all of it for
/// the child.
inline constexpr std::array<std::string_view, 5> kInitCapabilities = {
    "CAP_DAC_OVERRIDE", "CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP", "CAP_KILL"};

/// Of open files, for each process. Nobody may be given more than this process may have.
[[nodiscard]] std::uint64_t open_files_max();

/// How /tmp is mounted where the rest is read-only: at most half of the container's memory, which
/// it counts as.
[[nodiscard]] std::vector<std::string> tmp_options(const engine::ports::ContainerSpec& spec);

/// The image's user is, or may be, uid 0.
[[nodiscard]] bool runs_as_root(std::string_view image_config);

}  // namespace actuary::adapters::containers
