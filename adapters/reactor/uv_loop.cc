#include "adapters/reactor/uv_loop.h"

#include <mutex>
#include <utility>
#include <vector>

#include "journal/base/assert.h"

namespace actuary::adapters::reactor {

/// Handles must outlive their close callbacks, so they live here; `self` is held until the last one
/// is closed.
struct UvLoop::State {
  uv_loop_t own_loop{};
  uv_loop_t* loop = nullptr;
  uv_async_t async{};
  uv_timer_t timer{};
  int open_handles = 0;
  std::shared_ptr<State> self;

  std::mutex mutex;
  bool closed = true;
  std::vector<Task> posted;
  Task wake;

  void drain() {
    std::vector<Task> tasks;
    {
      const std::lock_guard lock(mutex);
      tasks.swap(posted);
    }
    const std::shared_ptr<State> alive = self;  // a task may close the loop
    for (Task& task : tasks) task();
  }

  static State& of(void* data) { return *static_cast<State*>(data); }

  static void on_closed(uv_handle_t* handle) {
    State& state = of(handle->data);
    if (--state.open_handles == 0) state.self.reset();
  }
};

UvLoop::UvLoop(std::shared_ptr<State> state) : state_(std::move(state)) {}

UvLoop::~UvLoop() { close(); }

Result<std::unique_ptr<UvLoop>> UvLoop::on(uv_loop_t* host) {
  auto state = std::make_shared<State>();
  state->loop = host;
  return start(std::move(state));
}

Result<std::unique_ptr<UvLoop>> UvLoop::own() {
  auto state = std::make_shared<State>();
  if (const int error = uv_loop_init(&state->own_loop); error != 0) {
    return fail(Code::kUnavailable, std::string("event loop: ") + uv_strerror(error));
  }
  state->loop = &state->own_loop;
  return start(std::move(state));
}

Result<std::unique_ptr<UvLoop>> UvLoop::start(std::shared_ptr<State> state) {
  const int error = uv_async_init(state->loop, &state->async,
                                  [](uv_async_t* handle) { State::of(handle->data).drain(); });
  if (error != 0) {
    if (state->loop == &state->own_loop) uv_loop_close(&state->own_loop);
    return fail(Code::kUnavailable, std::string("event loop: ") + uv_strerror(error));
  }
  state->async.data = state.get();
  ACTUARY_ASSERT(uv_timer_init(state->loop, &state->timer) == 0);
  state->timer.data = state.get();
  state->open_handles = 2;
  state->self = state;
  state->closed = false;
  return std::unique_ptr<UvLoop>(new UvLoop(std::move(state)));
}

void UvLoop::post(Task task) {
  // The send happens under the lock: `close` cannot come between, and a closing handle takes no
  // send.
  const std::lock_guard lock(state_->mutex);
  if (state_->closed) return;
  state_->posted.push_back(std::move(task));
  uv_async_send(&state_->async);
}

void UvLoop::arm(Microseconds after, Task wake) {
  if (state_->closed) return;
  // libuv counts from the loop's cached time, in whole milliseconds: refresh it and never wake
  // early.
  uv_update_time(state_->loop);
  const auto span = std::chrono::ceil<std::chrono::milliseconds>(std::max(after, Microseconds{0}));
  state_->wake = std::move(wake);
  const auto fire = [](uv_timer_t* timer) {
    const Task task = std::exchange(State::of(timer->data).wake, nullptr);
    if (task) task();
  };
  ACTUARY_ASSERT(
      uv_timer_start(&state_->timer, fire, static_cast<std::uint64_t>(span.count()), 0) == 0);
}

uv_loop_t* UvLoop::raw() { return state_->loop; }

void UvLoop::run() {
  ACTUARY_ASSERT(state_->loop == &state_->own_loop);
  uv_run(state_->loop, UV_RUN_DEFAULT);
}

void UvLoop::stop() {
  post([loop = state_->loop] { uv_stop(loop); });
}

void UvLoop::close() {
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->closed) return;
    state_->closed = true;
    state_->posted.clear();
  }
  state_->wake = nullptr;
  uv_close(reinterpret_cast<uv_handle_t*>(&state_->async), &State::on_closed);
  uv_close(reinterpret_cast<uv_handle_t*>(&state_->timer), &State::on_closed);
  if (state_->loop != &state_->own_loop) return;
  uv_run(state_->loop, UV_RUN_DEFAULT);
  ACTUARY_ASSERT(uv_loop_close(state_->loop) == 0);
}

}  // namespace actuary::adapters::reactor
