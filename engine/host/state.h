#pragma once

#include <string>
#include <variant>

#include "journal/record/record.h"

/// The host that this journal's writer starts containers on. Its stream is the system's.
namespace actuary::engine::host {

struct Open {
  ACTUARY_FIELDS(Open);
};

struct Draining {
  std::uint32_t window_secs = 0;
  std::string reason;
  ACTUARY_FIELDS(Draining, window_secs, reason);
};

using State = std::variant<Open, Draining>;

}  // namespace actuary::engine::host
