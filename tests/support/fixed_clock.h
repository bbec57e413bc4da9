#pragma once

#include "journal/base/time.h"

namespace actuary::tests::support {

/// A clock that stands still.
class FixedClock final : public Clock {
 public:
  Instant now() override { return {Timestamp{Seconds{1'700'000'000}}, Microseconds{1}, 1}; }
};

}  // namespace actuary::tests::support
