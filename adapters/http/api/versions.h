#pragma once

#include <vector>

#include "adapters/http/api/common.h"

namespace actuary::adapters::http::api {

/// Decoded, all files of a version together.
inline constexpr std::size_t kSourceBytesMax = 3UL * 1024 * 1024;

void add_version_routes(std::vector<Route>& routes, const Services& services);

/// What `body` says over what `base` had: absent fields stay as they are. The source is written
/// durably as a blob, secrets are sealed.
[[nodiscard]] Answer<events::ActorVersion> read_version(const Services& services, const Json& body,
                                                        events::ActorVersion base);
/// What a version has that nothing was said about.
[[nodiscard]] events::ActorVersion new_version();

/// One `{name, value, isSecret}`; a secret without a value keeps the one that `before` has.
[[nodiscard]] Answer<events::EnvVar> read_env_var(const Services& services, const Json& body,
                                                  const std::vector<events::EnvVar>& before);

/// The Actor and the version that a path names, the version as the next decision will see it.
struct NamedVersion {
  ActorId actor_id;
  events::ActorVersion version;
};
[[nodiscard]] Answer<NamedVersion> find_version(const Services& services, const Request& request);

}  // namespace actuary::adapters::http::api
