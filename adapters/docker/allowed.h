#pragma once

#include <filesystem>

#include "adapters/docker/api.h"

namespace actuary::adapters::docker {

/// The Docker socket is worth root on this host, so what this engine may ask for is a short list,
/// and all else is refused before the call: no exec, no attach, no builds, no privileged container,
/// no namespace of the host's, no device, and no folder but those below `data`.
///
/// errors: kForbidden: what was asked for
[[nodiscard]] Status check_allowed(const Request& request, const std::filesystem::path& data);

}  // namespace actuary::adapters::docker
