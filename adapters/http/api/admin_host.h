#pragma once

#include <vector>

#include "adapters/http/api/common.h"

namespace actuary::adapters::http::api {

/// `/actuary/v1/drain` and `/actuary/v1/runs/{runId}/{migrate,hold,release}`, over the unix socket
/// alone: what the host's operator does, whoever owns the run.
void add_host_routes(std::vector<Route>& routes, const Services& services);

}  // namespace actuary::adapters::http::api
