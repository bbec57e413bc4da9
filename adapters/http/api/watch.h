#pragma once

#include <uv.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "journal/base/time.h"
#include "journal/record/record.h"

namespace actuary::adapters::http::api {

/// Lets requests wait until a run or a build has changed. Fed by the host with every durable batch,
/// after the views have applied it. On the loop's thread.
class Watch {
 public:
  using Id = std::uint64_t;
  /// `true`: the stream has new events, the view shows them; `false`: the time is up.
  using Wake = std::function<void(bool changed)>;

  explicit Watch(uv_loop_t* loop);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  /// `wake` runs once: at the stream's next event, or after `patience`.
  Id once(const StreamId& stream, std::chrono::milliseconds patience, Wake wake);
  /// `wake` runs at every event of the stream until `cancel`.
  Id always(const StreamId& stream, std::function<void()> wake);
  void cancel(Id id);

  void notify(std::span<const Record> batch);
  /// Wakes all that wait as if their time were up, and closes the timer.
  void close();

  /// Waiting at once; past it the oldest `once` is woken early.
  static constexpr std::size_t kWaitingMax = 100'000;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace actuary::adapters::http::api
