#pragma once

#include <vector>

#include "adapters/http/api/common.h"

namespace actuary::adapters::http::api {

/// What an account may hold at once, and what it holds: `/v2/users/me/limits` for everybody,
/// `/actuary/v1/users/{user}/limits` for the host's operator, who can change it.
void add_limit_routes(std::vector<Route>& routes, const Services& services);

}  // namespace actuary::adapters::http::api
