#pragma once

#include <vector>

#include "adapters/http/api/services.h"
#include "adapters/http/router.h"

namespace actuary::adapters::http::api {

/// Datasets and their items, also under the run whose default dataset it is.
void add_dataset_routes(std::vector<Route>& routes, const Services& services);

}  // namespace actuary::adapters::http::api
