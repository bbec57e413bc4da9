#pragma once

#include <vector>

#include "adapters/http/api/services.h"
#include "adapters/http/router.h"
#include "journal/feed/feed.h"

namespace actuary::adapters::http::api {

/// Every route of the API. What `services` refers to, and `feed`, outlive the router that they go
/// to.
[[nodiscard]] std::vector<Route> routes(const Services& services, journal::Feed& feed);

}  // namespace actuary::adapters::http::api
