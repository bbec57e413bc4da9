#pragma once

#include <uv.h>

#include <memory>

#include "engine/ports/loop.h"
#include "journal/base/result.h"

namespace actuary::adapters::reactor {

/// The engine's loop on libuv: on a loop that the host already runs, or on one of its own.
///
/// `post` may be called from any thread, also after `close` (the task is then dropped). Everything
/// else belongs to the loop's thread.
class UvLoop final : public engine::ports::Loop {
 public:
  /// Attaches to `host`, which must outlive it. Call it on the host's loop thread.
  [[nodiscard]] static Result<std::unique_ptr<UvLoop>> on(uv_loop_t* host);
  /// Makes a loop; whoever calls `run` becomes its thread.
  [[nodiscard]] static Result<std::unique_ptr<UvLoop>> own();

  ~UvLoop() override;
  UvLoop(const UvLoop&) = delete;
  UvLoop& operator=(const UvLoop&) = delete;

  void post(Task task) override;
  void arm(Microseconds after, Task wake) override;

  [[nodiscard]] uv_loop_t* raw();

  /// Own loop only: serves until `stop`.
  void run();
  /// Own loop only: lets `run` return after the present callback. From any thread.
  void stop();
  /// Closes our handles. A host's loop closes them in its next turns; a loop of our own is drained
  /// and closed here, which asserts that nobody left a handle open on it. The destructor does it
  /// too.
  void close();

 private:
  struct State;
  explicit UvLoop(std::shared_ptr<State> state);

  static Result<std::unique_ptr<UvLoop>> start(std::shared_ptr<State> state);

  std::shared_ptr<State> state_;
};

}  // namespace actuary::adapters::reactor
