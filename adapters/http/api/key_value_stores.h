#pragma once

#include <vector>

#include "adapters/http/api/services.h"
#include "adapters/http/router.h"

namespace actuary::adapters::http::api {

/// Stores, their keys and records, also under the run whose default store it is.
void add_key_value_store_routes(std::vector<Route>& routes, const Services& services);

}  // namespace actuary::adapters::http::api
