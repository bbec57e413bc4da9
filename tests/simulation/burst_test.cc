#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "tests/simulation/options.h"
#include "tests/simulation/world.h"

namespace actuary::tests::simulation {
namespace {

using support::ContainerPlan;

/// Thousands of containers that all end within the same second: `--exits 10000` takes a minute.
TEST(Burst, ThousandsOfExitsInOneSecondAreAllRecordedWithinSeconds) {
  const auto runs_wanted = static_cast<std::uint32_t>(seed_options().exits);
  constexpr Microseconds kEnd = Seconds{3600};
  World* the_world = nullptr;
  support::SimRandom spread(31);
  const auto ends_in_that_second = [&](const engine::ports::ContainerKey&) {
    ContainerPlan plan;
    plan.runs_for = kEnd + spread.between(Microseconds{0}, Seconds{1}) - the_world->loop.elapsed();
    plan.exit_code = static_cast<std::int32_t>(spread.below(100));
    plan.start_takes = Microseconds{1000};
    return plan;
  };
  World::Options options;
  options.containers = ends_in_that_second;
  options.builds = [](const BuildId&) { return support::BuildPlan{Seconds{1}}; };
  options.settings.capacity = {runs_wanted * 1024ULL, runs_wanted * 4096ULL};
  options.settings.concurrent_runs_max = runs_wanted;
  options.check_every = 1000;
  options.residency = {100 * runs_wanted};
  World world(options);
  the_world = &world;
  world.boot();
  world.found();
  std::vector<RunId> runs;
  for (std::uint32_t i = 0; i < runs_wanted; ++i) {
    const engine::run::Start start = start_command(world);
    runs.push_back(start.run_id);
    world.submit(engine::run::Command{start});
    if (i % 100 == 0) world.run_for(Microseconds{100'000});
  }
  world.run_for(kEnd - world.loop.elapsed());
  std::uint32_t running = 0;
  for (const RunId& run : runs) running += engine::run::status_of(world.run(run)) == "RUNNING";
  ASSERT_EQ(running, runs_wanted);
  world.run_for(Seconds{1} + Seconds{10});
  std::uint32_t finished = 0;
  for (const RunId& run : runs)
    finished += std::holds_alternative<engine::run::Finished>(world.run(run));
  EXPECT_EQ(finished, runs_wanted) << "ten seconds after the last one had ended";
  world.check_settled();
}

}  // namespace
}  // namespace actuary::tests::simulation
