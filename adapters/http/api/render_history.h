#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "projections/history/run_at.h"

namespace actuary::adapters::http::api {

/// The run as the API would have shown it then, with `asOf {position, at}`, the `positions` of its
/// first and last event until then, `heldReason`, and every attempt with its interval.
[[nodiscard]] nlohmann::ordered_json render_run_at(const projections::history::RunAt& was,
                                                   const std::string& container_url);

}  // namespace actuary::adapters::http::api
