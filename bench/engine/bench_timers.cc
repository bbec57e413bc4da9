#include <uv.h>

#include <chrono>
#include <cstdio>
#include <random>
#include <vector>

#include "adapters/reactor/system.h"
#include "adapters/reactor/uv_loop.h"
#include "bench/support/ratio.h"
#include "engine/executor/deadlines.h"
#include "journal/base/assert.h"

/// 100,000 deadlines that fall due within a few seconds: how late the latest thousandth is, beside
/// as many timers of libuv's own.
namespace actuary::bench {
namespace {

using Lateness = std::vector<double>;  ///< milliseconds

constexpr double kFirstMillis = 2'000;  ///< all of them are set by then

std::vector<double> draw(int count, double within_millis) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> due(kFirstMillis, kFirstMillis + within_millis);
  std::vector<double> all(static_cast<std::size_t>(count));
  for (double& each : all) each = due(random);
  return all;
}

/// One heap of deadlines and the loop's single timer, as the executor has them.
class Ours {
 public:
  explicit Ours(const std::vector<double>& dues) : loop_(adapters::reactor::UvLoop::own().value()) {
    adapters::reactor::SystemIds ids;
    const Instant begin = clock_.now();
    for (const double millis : dues) {
      const Instant due = begin + Microseconds(static_cast<std::int64_t>(millis * 1000));
      const StreamId stream{StreamKind::kRun, ids.next<journal::record::AnyId>()};
      due_.emplace(stream, due.boot);
      deadlines_.set(stream, due, begin);
    }
  }

  Lateness run() {
    tick();
    loop_->run();
    return std::move(late_);
  }

 private:
  void tick() {
    Instant now = clock_.now();
    for (const StreamId& stream :
         deadlines_.take_due(now, engine::executor::kDeadlinesPerTickMax)) {
      late_.push_back(
          std::chrono::duration<double, std::milli>(now.boot - due_.at(stream)).count());
    }
    if (const auto after = deadlines_.next_in(now)) {
      loop_->arm(*after, [this] { tick(); });
    } else {
      loop_->stop();
    }
  }

  adapters::reactor::SystemClock clock_;
  std::unique_ptr<adapters::reactor::UvLoop> loop_;
  engine::executor::Deadlines deadlines_;
  std::map<StreamId, Microseconds> due_;
  Lateness late_;
};

class Bare {
 public:
  explicit Bare(const std::vector<double>& dues) : timers_(dues.size()) {
    ACTUARY_ASSERT(uv_loop_init(&loop_) == 0);
    const std::uint64_t begin = uv_hrtime();
    for (std::size_t i = 0; i < dues.size(); ++i) {
      timers_[i].due = begin + static_cast<std::uint64_t>(dues[i] * 1e6);
      timers_[i].late = &late_;
      uv_timer_init(&loop_, &timers_[i].timer);
      timers_[i].timer.data = &timers_[i];
    }
    for (Timer& each : timers_) {
      const std::uint64_t now = uv_hrtime();
      const std::uint64_t left = each.due > now ? (each.due - now + 999'999) / 1'000'000 : 0;
      uv_update_time(&loop_);
      uv_timer_start(&each.timer, fired, left, 0);
    }
  }
  ~Bare() { uv_loop_close(&loop_); }
  Bare(const Bare&) = delete;
  Bare& operator=(const Bare&) = delete;

  Lateness run() {
    uv_run(&loop_, UV_RUN_DEFAULT);
    return std::move(late_);
  }

 private:
  struct Timer {
    uv_timer_t timer;
    std::uint64_t due = 0;
    Lateness* late = nullptr;
  };

  static void fired(uv_timer_t* timer) {
    auto* self = static_cast<Timer*>(timer->data);
    const auto late = static_cast<std::int64_t>(uv_hrtime() - self->due);
    self->late->push_back(static_cast<double>(late) / 1e6);
    uv_close(reinterpret_cast<uv_handle_t*>(timer), nullptr);
  }

  uv_loop_t loop_{};
  std::vector<Timer> timers_;
  Lateness late_;
};

/// How often a second such a lateness would fit.
double rate(const Lateness& late, std::size_t expected, double& worst) {
  ACTUARY_ASSERT(late.size() == expected);
  const double millis = std::max(quantile(late, 0.999), 0.001);
  worst = std::max(worst, millis);
  return 1000 / millis;
}

}  // namespace
}  // namespace actuary::bench

int main(int argc, char** argv) {
  using namespace actuary::bench;
  const Settings settings = settings_from(argc, argv);
  const auto dues = draw(100'000, settings.quick ? 2'000 : 10'000);
  double ours = 0;
  double bare = 0;
  const int failed =
      report({{.name = "100,000 deadlines, p99.9 lateness",
               .unit = "1/s",
               .ours = [&] { return rate(Ours(dues).run(), dues.size(), ours); },
               .reference = [&] { return rate(Bare(dues).run(), dues.size(), bare); },
               .bar = 0.5}},
             settings);
  std::fprintf(stderr, "p99.9 lateness, the worst round: ours %.2f ms, libuv's timers %.2f ms\n",
               ours, bare);
  return failed;
}
