#pragma once

#include "adapters/http/api/services.h"
#include "adapters/http/message.h"

namespace actuary::adapters::http::api {

/// Whether a request is for a run's web server (`containerUrl`), and then where that is. Any method
/// and any path below it; whoever knows the address may use it.
[[nodiscard]] std::optional<BodyPlan> plan_live(const Services& services, const Request& request);

}  // namespace actuary::adapters::http::api
