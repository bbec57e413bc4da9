#pragma once

#include <cstdint>
#include <functional>

#include "journal/base/result.h"

namespace actuary::engine::ports {

/// What somebody is about to write.
enum class Need : std::uint8_t {
  kMore,    ///< new work or new contents
  kLess,    ///< ends or deletes something, which gives space back
  kReport,  ///< what has happened anyway: the reserve is kept for it
};

/// Asked before anything is written: is there room for `bytes` of it? From any thread.
///
/// errors: kUnavailable, certainly not written: `disk full: 12 MB free, reserve 64 MB`
using Room = std::function<Status(Need need, std::uint64_t bytes)>;

}  // namespace actuary::engine::ports
