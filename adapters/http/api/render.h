#pragma once

#include "adapters/http/api/common.h"

/// Rows as the API shows them. Every field that a client requires is there from the first answer
/// on.
namespace actuary::adapters::http::api {

/// Where the run's web server is reached.
[[nodiscard]] std::string container_url(const Services& services,
                                        const projections::runs::RunRow& run);
[[nodiscard]] Json render_run(const Services& services, const projections::runs::RunRow& run);
/// As it is to be shown at `now`; an empty `container_url` is null, and what its present
/// container uses is shown only where that was sampled.
[[nodiscard]] Json render_run(
    const projections::runs::RunRow& run, const Instant& now, const std::string& container_url,
    const std::optional<engine::ports::ContainerUsage>& live = std::nullopt);
[[nodiscard]] Json render_run_short(const Services& services, const projections::runs::RunRow& run);

[[nodiscard]] Json render_build(const Services& services,
                                const projections::builds::BuildRow& build);
[[nodiscard]] Json render_build_short(const Services& services,
                                      const projections::builds::BuildRow& build);

/// With the source of every version that has some; secret values are left out.
[[nodiscard]] Answer<Json> render_actor(const Services& services,
                                        const projections::actors::ActorRow& actor);
[[nodiscard]] Json render_actor_short(const Services& services,
                                      const projections::actors::ActorRow& actor);
[[nodiscard]] Answer<Json> render_version(const Services& services,
                                          const events::ActorVersion& version);
[[nodiscard]] Json render_env_var(const events::EnvVar& variable);

/// A text that is still sealed is null. `personalDataErasedAt` is there once it was erased.
[[nodiscard]] Json render_meta(const events::Meta& meta,
                               const std::optional<Timestamp>& erased_at = std::nullopt);

}  // namespace actuary::adapters::http::api
