#pragma once

#include "adapters/http/api/services.h"
#include "adapters/http/router.h"

namespace actuary::adapters::http::api {

/// Tells who asks, from `Authorization: Bearer …` or `?token=…`. Without a token the unix socket
/// speaks for the local user. A run's token is good while its attempt is the run's present one, and
/// for the run's last status message after that. What `services` refers to outlives the guard.
[[nodiscard]] Router::Guard make_guard(const Services& services);

}  // namespace actuary::adapters::http::api
