#pragma once

#include <functional>

#include "adapters/http/api/common.h"

namespace actuary::adapters::http::api {

/// Runs `answer` as soon as `is_terminal` holds, or when `patience` is over. Nobody waits once the
/// client has gone.
void when_terminal(const Services& services, const StreamId& job, std::chrono::seconds patience,
                   const Responder& responder, std::function<bool()> is_terminal,
                   std::function<void()> answer);

}  // namespace actuary::adapters::http::api
