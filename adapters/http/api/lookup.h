#pragma once

#include <string_view>

#include "adapters/http/api/common.h"

/// Finding what a path names. Whatever is not the caller's to see is answered as if it were not
/// there.
namespace actuary::adapters::http::api {

enum class Access : std::uint8_t {
  kRead,  ///< its owner's, or public
  kOwn,   ///< its owner's
};

/// By `{actorId}`: an id, `username~name`, `username/name`, or `~name` for one's own.
[[nodiscard]] Answer<projections::actors::ActorRow> find_actor(const Services& services,
                                                               const Request& request,
                                                               Access access);
/// The same by any text, such as a query's.
[[nodiscard]] Answer<projections::actors::ActorRow> find_actor_by(const Services& services,
                                                                  const Request& request,
                                                                  std::string_view text,
                                                                  Access access);
[[nodiscard]] Answer<projections::runs::RunRow> find_run(const Services& services,
                                                         const Principal& caller,
                                                         std::string_view id);
/// How a route names its run.
using FindRun = Answer<projections::runs::RunRow> (*)(const Services&, const Request&);
/// By `{runId}`.
[[nodiscard]] Answer<projections::runs::RunRow> run_by_id(const Services& services,
                                                          const Request& request);
/// By `{actorId}` and `{runId}`: the deprecated paths name the Actor too, which must be the run's.
[[nodiscard]] Answer<projections::runs::RunRow> run_of_actor(const Services& services,
                                                             const Request& request);
[[nodiscard]] Answer<projections::builds::BuildRow> find_build(const Services& services,
                                                               const Principal& caller,
                                                               std::string_view id);
/// The Actor's newest run that fits `status` and `origin` of the query.
[[nodiscard]] Answer<projections::runs::RunRow> find_last_run(const Services& services,
                                                              const Request& request);

}  // namespace actuary::adapters::http::api
