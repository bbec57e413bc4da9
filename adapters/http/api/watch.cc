#include "adapters/http/api/watch.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "journal/base/assert.h"

namespace actuary::adapters::http::api {
namespace {

using Milliseconds = std::chrono::milliseconds;

struct Waiting {
  StreamId stream;
  std::uint64_t due = 0;        ///< in milliseconds of the loop's clock
  Watch::Wake wake;             ///< of a `once`
  std::function<void()> again;  ///< of an `always`
};

}  // namespace

struct Watch::State {
  /// Owned by the loop until its close callback has run.
  uv_timer_t* timer = nullptr;
  uv_loop_t* loop = nullptr;
  Id last = 0;
  std::map<Id, Waiting> waiting;
  std::map<StreamId, std::set<Id>> by_stream;
  std::set<std::pair<std::uint64_t, Id>> by_due;

  Id add(Waiting entry) {
    const Id id = ++last;
    by_stream[entry.stream].insert(id);
    if (entry.wake) by_due.emplace(entry.due, id);
    waiting.emplace(id, std::move(entry));
    return id;
  }

  /// What was waited for, or nothing when it is gone already.
  std::optional<Waiting> take(Id id) {
    const auto found = waiting.find(id);
    if (found == waiting.end()) return std::nullopt;
    Waiting entry = std::move(found->second);
    waiting.erase(found);
    by_due.erase({entry.due, id});
    const auto stream = by_stream.find(entry.stream);
    stream->second.erase(id);
    if (stream->second.empty()) by_stream.erase(stream);
    return entry;
  }

  void wake(Id id, bool changed) {
    if (auto entry = take(id)) entry->wake(changed);
  }

  void wake_due() {
    const std::uint64_t now = uv_now(loop);
    while (!by_due.empty() && by_due.begin()->first <= now) wake(by_due.begin()->second, false);
    arm();
  }

  void arm() {
    if (timer == nullptr) return;
    if (by_due.empty()) {
      uv_timer_stop(timer);
      return;
    }
    const std::uint64_t now = uv_now(loop);
    const std::uint64_t due = by_due.begin()->first;
    const auto on_time = [](uv_timer_t* timer) { static_cast<State*>(timer->data)->wake_due(); };
    uv_timer_start(timer, on_time, due > now ? due - now : 0, 0);
  }

  void close_timer() {
    if (timer == nullptr) return;
    uv_close(reinterpret_cast<uv_handle_t*>(std::exchange(timer, nullptr)),
             [](uv_handle_t* handle) { delete reinterpret_cast<uv_timer_t*>(handle); });
  }
};

Watch::Watch(uv_loop_t* loop) : state_(std::make_unique<State>()) {
  state_->loop = loop;
  state_->timer = new uv_timer_t;
  ACTUARY_ASSERT(uv_timer_init(loop, state_->timer) == 0);
  state_->timer->data = state_.get();
}

Watch::~Watch() { state_->close_timer(); }

Watch::Id Watch::once(const StreamId& stream, Milliseconds patience, Wake wake) {
  if (state_->by_due.size() >= kWaitingMax) {
    // The oldest one: ids only grow.
    for (const auto& [id, entry] : state_->waiting) {
      if (!entry.wake) continue;
      state_->wake(id, false);
      break;
    }
  }
  const auto wait = static_cast<std::uint64_t>(std::max(patience, Milliseconds{0}).count());
  const Id id = state_->add({stream, uv_now(state_->loop) + wait, std::move(wake), nullptr});
  state_->arm();
  return id;
}

Watch::Id Watch::always(const StreamId& stream, std::function<void()> wake) {
  return state_->add({stream, 0, nullptr, std::move(wake)});
}

void Watch::cancel(Id id) { (void)state_->take(id); }

void Watch::notify(std::span<const Record> batch) {
  std::set<StreamId> streams;
  for (const Record& record : batch) {
    if (state_->by_stream.contains(record.stream)) streams.insert(record.stream);
  }
  for (const StreamId& stream : streams) {
    const auto found = state_->by_stream.find(stream);
    if (found == state_->by_stream.end()) continue;
    // Copied: who wakes may wait again, or cancel others.
    const std::vector<Id> ids(found->second.begin(), found->second.end());
    for (const Id id : ids) {
      const auto entry = state_->waiting.find(id);
      if (entry == state_->waiting.end()) continue;
      if (entry->second.wake) {
        state_->wake(id, true);
      } else {
        const auto again = entry->second.again;
        again();
      }
    }
  }
  state_->arm();
}

void Watch::close() {
  state_->close_timer();
  while (!state_->by_due.empty()) state_->wake(state_->by_due.begin()->second, false);
}

}  // namespace actuary::adapters::http::api
