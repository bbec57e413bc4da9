#pragma once

#include <functional>
#include <string>

#include "adapters/http/api/common.h"

namespace actuary::adapters::http::api {

enum class Escapes : std::uint8_t { kKept, kStripped };

/// A log to follow, and how to tell that nothing will be added to it.
struct FollowedLog {
  std::string job_id;
  StreamId job;
  std::function<bool()> is_terminal;
  Escapes escapes = Escapes::kStripped;
};

/// Sends the log from its beginning and goes on while the job does. Ends only after the job is
/// finished for everybody who reads it, and the log was read to its end.
void stream_log(const Services& services, FollowedLog log, const Responder& responder,
                Headers headers);

}  // namespace actuary::adapters::http::api
