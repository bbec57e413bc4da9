#pragma once

#include <vector>

#include "adapters/http/api/common.h"

namespace actuary::adapters::http::api {

/// The run as it was, for `?asOf=POSITION|TIME`.
///
/// errors: 400 `invalid-parameter`: no position and no time, or past the head; 404: it did not
///         exist yet
[[nodiscard]] Answer<Json> run_as_of(const Services& services, const RunId& id,
                                     std::string_view as_of);

/// `/actuary/v1/{state,explain,diff,fleet}…`, over the unix socket alone.
void add_history_routes(std::vector<Route>& routes, const Services& services);

}  // namespace actuary::adapters::http::api
