#pragma once

#include <vector>

#include "adapters/http/api/services.h"
#include "adapters/http/router.h"

namespace actuary::adapters::http::api {

/// Every route of the API. What `services` refers to outlives the router that they go to.
[[nodiscard]] std::vector<Route> routes(const Services& services);

}  // namespace actuary::adapters::http::api
