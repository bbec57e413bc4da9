#pragma once

#include <compare>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "engine/ports/loop.h"
#include "tests/support/sim_random.h"

namespace actuary::tests::support {

/// The loop and the clock of a simulated world. Nothing happens but in `step`, which runs one task;
/// when none is due, time jumps to the next one. What is due at one moment runs in an order that
/// the seed chooses, except posts, which keep theirs.
///
/// There are two lanes. What the engine's process does dies with it in `crash`; what the world does
/// (containers, mostly) goes on.
class SimLoop final : public engine::ports::Loop, public Clock {
 public:
  enum class Lane : std::uint8_t { kEngine, kWorld };

  explicit SimLoop(SimRandom& random) : random_(random) {}

  void post(Task task) override {
    engine_.emplace(Order{elapsed_, 0, ++sequence_}, std::move(task));
  }
  void arm(Microseconds after, Task wake) override {
    timer_ = Timer{Order{elapsed_ + after, random_.next_number(), ++sequence_}, std::move(wake)};
  }
  Instant now() override {
    return {Timestamp{Seconds{1'700'000'000}} + elapsed_ + utc_shift_, elapsed_ - booted_at_,
            boot_id_};
  }

  void after(Lane lane, Microseconds delay, Task task) {
    auto& tasks = lane == Lane::kEngine ? engine_ : world_;
    tasks.emplace(Order{elapsed_ + delay, random_.next_number(), ++sequence_}, std::move(task));
  }

  /// The process is gone, with all that it had planned.
  void crash() {
    engine_.clear();
    timer_.reset();
  }
  /// The machine starts again: the boot clock begins anew, UTC went on.
  void reboot() {
    booted_at_ = elapsed_;
    ++boot_id_;
  }
  /// Somebody sets the wall clock.
  void shift_utc(Microseconds by) { utc_shift_ += by; }

  /// Runs the next task of any lane; false when there is none, or none before `until`.
  bool step(Microseconds until = Microseconds::max()) {
    std::optional<Order> next;
    const auto consider = [&](const Order& order) {
      if (!next || order < *next) next = order;
    };
    if (!engine_.empty()) consider(engine_.begin()->first);
    if (!world_.empty()) consider(world_.begin()->first);
    if (timer_) consider(timer_->order);
    if (!next || next->at > until) return false;
    elapsed_ = std::max(elapsed_, next->at);
    take (*next)();
    return true;
  }

  /// Everything that happens within `span`; then that time has passed.
  void run_for(Microseconds span) {
    const Microseconds end = elapsed_ + span;
    while (step(end)) {
    }
    elapsed_ = end;
  }
  /// Everything that is due at this very moment.
  void run_ready() { run_for(Microseconds{0}); }

  /// Since the beginning of the world.
  [[nodiscard]] Microseconds elapsed() const { return elapsed_; }
  [[nodiscard]] bool timer_armed() const { return timer_.has_value(); }

 private:
  struct Order {
    Microseconds at;
    std::uint64_t draw;
    std::uint64_t sequence;
    friend auto operator<=>(const Order&, const Order&) = default;
  };
  struct Timer {
    Order order;
    Task wake;
  };

  Task take(const Order& order) {
    if (timer_ && timer_->order == order) return std::exchange(timer_, std::nullopt)->wake;
    auto& tasks = engine_.contains(order) ? engine_ : world_;
    Task task = std::move(tasks.at(order));
    tasks.erase(order);
    return task;
  }

  SimRandom& random_;
  Microseconds elapsed_{0};
  Microseconds booted_at_{0};
  Microseconds utc_shift_{0};
  std::uint64_t boot_id_ = 1;
  std::uint64_t sequence_ = 0;
  std::map<Order, Task> engine_;
  std::map<Order, Task> world_;
  std::optional<Timer> timer_;
};

}  // namespace actuary::tests::support
