#pragma once

#include <vector>

#include "adapters/http/api/services.h"
#include "adapters/http/router.h"

namespace actuary::adapters::http::api {

/// That queues exist; there are no routes for their requests yet.
void add_request_queue_routes(std::vector<Route>& routes, const Services& services);

}  // namespace actuary::adapters::http::api
