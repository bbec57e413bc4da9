#pragma once

#include "adapters/http/message.h"

namespace actuary::adapters::http {

/// Fills path, segments and query from the request's method and target, with the method override
/// applied and the legacy `/v2/acts` written as `/v2/actors`.
///
/// errors: kInvalidArgument, the target is neither a path nor an http URL, or its query is too long
[[nodiscard]] Status read_target(Request& request);

}  // namespace actuary::adapters::http
