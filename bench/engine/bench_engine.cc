#include <benchmark/benchmark.h>

#include <chrono>
#include <map>

#include "bench/support/ratio.h"
#include "engine/directory/directory.h"
#include "engine/run/decider.h"
#include "journal/base/assert.h"

/// Deciding and evolving one whole life of a run, beside evolving the same events without deciding.
namespace actuary::bench {
namespace {

namespace run = engine::run;

constexpr Position kEpoch = 5;

RunId run_id() { return RunId::parse("abcdefghijklmnopq").value(); }

events::RunCreated created() {
  events::RunCreated event;
  event.run_id = run_id();
  event.options = {
      .build = "latest", .timeout_secs = 300, .memory_mbytes = 1024, .disk_mbytes = 2048};
  event.image = {.id = std::string(64, 'a'), .config = std::string(800, 'c')};
  event.input_key = "INPUT";
  return event;
}

/// Admitted, fenced, started, ended with exit code 0.
std::vector<run::Command> life() {
  run::ReportExited exited{run_id(), kEpoch};
  exited.exit_code = 0;
  return {run::Admit{run_id()}, run::ReportFenced{run_id(), kEpoch, 7},
          run::ReportStarted{run_id(), kEpoch}, exited};
}

class Bench {
 public:
  explicit Bench(int lives) : lives_(lives), commands_(life()) {
    run::State state = first();
    for (const run::Command& command : commands_) {
      for (const engine::Proposed& proposed : decide(state, command)) {
        recorded_.push_back(proposed.event);
        state = run::evolve(state, {proposed.event, kEpoch, now_});
      }
    }
    ACTUARY_ASSERT(std::holds_alternative<run::Finished>(state));
  }

  /// Lives a second, decided and evolved.
  double decided() {
    return rate([this] {
      run::State state = first();
      for (const run::Command& command : commands_) {
        for (const engine::Proposed& proposed : decide(state, command)) {
          state = run::evolve(state, {proposed.event, kEpoch, now_});
        }
      }
      benchmark::DoNotOptimize(state);
    });
  }

  /// Lives a second, only evolved: what a replay does.
  double evolved() {
    return rate([this] {
      run::State state = first();
      for (const events::Event& event : recorded_)
        state = run::evolve(state, {event, kEpoch, now_});
      benchmark::DoNotOptimize(state);
    });
  }

 private:
  [[nodiscard]] run::State first() const { return run::evolve(run::Absent{}, {created_, 1, now_}); }

  engine::Events decide(const run::State& state, const run::Command& command) {
    engine::Decision decision =
        run::decide(state, command, {now_, principal_, directory_, settings_});
    ACTUARY_ASSERT(decision.has_value());
    return std::move(*decision);
  }

  template <class Work>
  double rate(Work work) const {
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < lives_; ++i) work();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    return lives_ / took.count();
  }

  int lives_;
  std::vector<run::Command> commands_;
  std::vector<events::Event> recorded_;
  events::Event created_ = created();
  Instant now_{Timestamp{Seconds{1'700'000'000}}, Seconds{1000}, 1};
  Principal principal_;
  engine::directory::Directory directory_;
  engine::decision::Settings settings_{.capacity = {.memory_mbytes = 16384, .disk_mbytes = 65536}};
};

}  // namespace
}  // namespace actuary::bench

int main(int argc, char** argv) {
  using namespace actuary::bench;
  const Settings settings = settings_from(argc, argv);
  Bench bench(settings.quick ? 5'000 : 100'000);
  return report({{.name = "decide and evolve, one run's life",
                  .unit = "runs/s",
                  .ours = [&] { return bench.decided(); },
                  .reference = [&] { return bench.evolved(); },
                  .bar = 0.25}},
                settings);
}
