#pragma once

#include <vector>

#include "adapters/http/api/common.h"

namespace actuary::adapters::http::api {

/// Of a log that is read at once; of a longer one the end is answered.
inline constexpr std::size_t kLogBytesMax = 10UL * 1024 * 1024;

void add_log_routes(std::vector<Route>& routes, const Services& services);

}  // namespace actuary::adapters::http::api
