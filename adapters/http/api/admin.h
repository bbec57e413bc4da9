#pragma once

#include <vector>

#include "adapters/http/api/common.h"

namespace actuary::adapters::http::api {

/// A row that answers over the unix socket alone.
[[nodiscard]] Route local_only(std::string_view method, std::string_view pattern, Handler handler);

/// `/actuary/v1/…`, for who may open the unix socket. To everybody else it is not there.
void add_admin_routes(std::vector<Route>& routes, const Services& services);

}  // namespace actuary::adapters::http::api
