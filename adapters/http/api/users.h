#pragma once

#include <vector>

#include "adapters/http/api/common.h"

namespace actuary::adapters::http::api {

void add_user_routes(std::vector<Route>& routes, const Services& services);

}  // namespace actuary::adapters::http::api
