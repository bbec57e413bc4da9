#pragma once

#include <functional>

#include "journal/base/time.h"

namespace actuary::engine::ports {

/// The one thread that owns all state. The same engine runs on a real loop and in a simulated
/// world.
class Loop {
 public:
  using Task = std::function<void()>;

  virtual ~Loop() = default;

  /// Runs `task` on the loop's thread, after the present callback. May be called from any thread.
  virtual void post(Task task) = 0;

  /// Arms the single timer: `wake` runs once, `after` from now. A later call replaces an earlier
  /// one.
  virtual void arm(Microseconds after, Task wake) = 0;
};

}  // namespace actuary::engine::ports
