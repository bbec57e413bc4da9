#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <utility>
#include <vector>

#include "engine/run/decider.h"
#include "tests/simulation/contents.h"
#include "tests/simulation/options.h"
#include "tests/simulation/world.h"

namespace actuary::tests::simulation {
namespace {

using engine::executor::Command;
using engine::ports::ContainerKey;
using engine::run::AbortMode;
using support::BuildPlan;
using support::ContainerPlan;
using support::SimLoop;
using support::SimRandom;

ContainerPlan random_container(SimRandom& random) {
  ContainerPlan plan;
  switch (random.below(6)) {
    case 0:
      plan.runs_for = std::nullopt;
      break;
    case 1:
      plan.runs_for = Microseconds{0};
      break;
    default:
      plan.runs_for = random.between(Microseconds{0}, Seconds{90});
  }
  plan.exit_code = random.chance(60) ? 0 : static_cast<std::int32_t>(random.below(256));
  plan.out_of_memory = plan.exit_code == 137;
  plan.start_takes = random.between(Microseconds{0}, Seconds{random.chance(10) ? 150 : 1});
  using Start = ContainerPlan::Start;
  static const std::vector<Start> kTroubles = {
      Start::kFails, Start::kAnswerLost, Start::kAnswerUnsure, Start::kHangs, Start::kOutOfReach};
  plan.out_of_reach_for = random.between(Microseconds{0}, Seconds{300});
  if (random.chance(20)) plan.start = random.pick(kTroubles);
  plan.kill_takes = random.between(Microseconds{0}, Seconds{random.chance(15) ? 25 : 1});
  plan.kill_is_lost = random.chance(10);
  plan.remove_is_lost = random.chance(5);
  return plan;
}

/// Users who want everything at any time, on a host where everything goes wrong.
class Chaos {
 public:
  explicit Chaos(std::uint64_t seed)
      : plans_(seed * 31 + 7),
        world({.seed = seed,
               .containers = [this](const ContainerKey&) { return random_container(plans_); },
               .builds =
                   [this](const BuildId&) {
                     return BuildPlan{plans_.between(Microseconds{0}, Seconds{40}),
                                      calm_ ? false : plans_.chance(25),
                                      calm_ ? false : plans_.chance(10)};
                   },
               .settings = {{4096, 65536}, 2}}) {
    calm_ = true;
    world.boot();
    world.found();
    calm_ = false;
  }

  void run(Microseconds span) {
    const Microseconds end = world.loop.elapsed() + span;
    plan_next_command();
    plan_next_write();
    while (world.loop.elapsed() < end && world.step()) {
      if (world.up() && world.random.below(400) == 0) fall();
    }
  }

  /// Faults are over: whatever is under way must come to an end.
  void settle() {
    quiet_ = calm_ = true;
    world.runtime.repair();
    world.crash();
    world.boot();
    (void)world.ask(engine::host::Command{engine::host::EndDrain{}});
    world.run_for(Seconds{600});
    world.check_settled();
    for (int round = 0; round < 2; ++round) {  // those that wait come first, then those that run
      for (const RunId& id : runs_) world.submit(engine::run::Command{engine::run::Abort{id}});
      world.run_for(Seconds{300});
    }
    EXPECT_TRUE(world.runtime.live().empty()) << "somebody survived an abort";
    EXPECT_EQ(world.executor().directory().memory_in_use_mbytes(), 0U);
    world.check_settled();
    contents_.check();
  }

  World& the_world() { return world; }
  [[nodiscard]] const Contents& contents() const { return contents_; }

 private:
  void fall() {
    world.random.chance(15) ? world.crash_machine() : world.crash();
    if (world.random.chance(10)) {
      world.loop.shift_utc(world.random.chance(50) ? Seconds{3600} : Seconds{-40});
    }
    const Seconds down_max{world.random.chance(20) ? 200 : 3};
    world.loop.after(SimLoop::Lane::kWorld, world.random.between(Microseconds{0}, down_max),
                     [this] {
                       if (!world.up()) world.boot();
                     });
  }

  void plan_next_command() {
    const Microseconds pause = world.random.chance(30)
                                   ? Microseconds{0}
                                   : world.random.between(Microseconds{0}, Seconds{6});
    world.loop.after(SimLoop::Lane::kWorld, pause, [this] {
      if (quiet_) return;
      if (world.up()) give_command();
      plan_next_command();
    });
  }

  /// Containers at work; and one that is gone, whose last request was slow.
  void plan_next_write() {
    const Microseconds pause = world.random.between(Microseconds{0}, Seconds{2});
    world.loop.after(SimLoop::Lane::kWorld, pause, [this] {
      if (quiet_) return;
      if (world.up()) write();
      plan_next_write();
    });
  }

  void write() {
    const auto live = world.runtime.live();
    if (!live.empty()) writers_.push_back(world.random.pick(live));
    if (writers_.empty()) return;
    const ContainerKey key =
        world.random.chance(80) ? writers_.back() : world.random.pick(writers_);
    const engine::run::State state = world.run(key.run_id);
    const auto* facts = engine::run::facts_of(state);
    const bool is_there = facts != nullptr && !std::holds_alternative<engine::run::Expired>(state);
    if (is_there) contents_.write(key, facts->key_value_store_id);
  }

  void give_command() {
    const std::uint64_t draw = world.random.below(100);
    if (draw < 30 || runs_.empty()) return start();
    if (draw < 85) return world.submit(run_command(world.random.pick(runs_), draw));
    if (draw < 92 || builds_.empty()) return build();
    const BuildId& id = world.random.pick(builds_);
    if (draw < 94) return drain();
    if (draw < 97) return world.submit(engine::build::Command{engine::build::Abort{id}});
    world.submit(engine::build::Command{engine::build::Delete{id, "chaos"}});
  }

  /// Maintenance, for a while.
  void drain() {
    const auto window = static_cast<std::uint32_t>(world.random.below(61));
    world.submit(engine::host::Command{engine::host::Drain{window, "chaos"}});
    end_drain_in(world.random.between(Microseconds{0}, Seconds{120}));
  }
  void end_drain_in(Microseconds span) {
    world.loop.after(SimLoop::Lane::kWorld, span, [this] {
      if (quiet_) return;
      if (!world.up()) return end_drain_in(Seconds{5});
      world.submit(engine::host::Command{engine::host::EndDrain{}});
    });
  }

  void start() {
    engine::run::Start start = start_command(world);
    start.options = options();
    runs_.push_back(start.run_id);
    world.submit(engine::run::Command{start});
  }

  void build() {
    engine::build::Create create;
    create.build_id = world.random.next<BuildId>();
    create.actor_id = world.actor_id;
    create.user_id = world.user_id;
    create.version_number = "0.1";
    if (world.random.chance(30)) create.tag = world.random.chance(50) ? "beta" : "";
    builds_.push_back(create.build_id);
    world.submit(engine::build::Command{create});
  }

  engine::run::RequestedOptions options() {
    engine::run::RequestedOptions options;
    options.memory_mbytes = 256U << world.random.below(5);
    options.timeout_secs =
        world.random.chance(40) ? 0U : 1U + static_cast<std::uint32_t>(world.random.below(60));
    options.restart_on_error = world.random.chance(30);
    return options;
  }

  engine::run::Command run_command(const RunId& id, std::uint64_t draw) {
    if (draw < 45) return engine::run::Abort{id, AbortMode::kImmediate};
    if (draw < 58) return engine::run::Abort{id, AbortMode::kGraceful};
    if (draw < 75) {
      engine::run::Resurrect again{id, {}, {}};
      if (world.random.chance(50)) again.options = options();
      if (world.random.chance(20)) again.options.build = "latest";
      return again;
    }
    if (draw < 78) {
      return engine::run::SetStatusMessage{id, "at work", world.random.chance(20)};
    }
    if (draw < 80) return engine::run::Reboot{id};
    if (draw < 81) return metamorph(id);
    if (draw < 83) {
      return engine::run::Migrate{id, static_cast<std::uint32_t>(world.random.below(61))};
    }
    if (draw < 84) {
      return world.random.chance(50) ? engine::run::Command{engine::run::PlaceHold{id, "chaos"}}
                                     : engine::run::Command{engine::run::LiftHold{id, "calm"}};
    }
    return engine::run::Delete{id, "chaos"};
  }

  engine::run::Command metamorph(const RunId& id) {
    const engine::run::State state = world.run(id);
    const auto* facts = engine::run::facts_of(state);
    const auto key = facts ? engine::run::metamorph_input_key(*facts) : std::string("INPUT");
    return engine::run::Metamorph{id, world.actor_id, "", key};
  }

  SimRandom plans_;
  bool calm_ = false;
  bool quiet_ = false;
  std::vector<RunId> runs_;
  std::vector<BuildId> builds_;
  std::vector<ContainerKey> writers_;
  World world;
  Contents contents_{world};
};

/// The records of the stream that a violation names, a line each.
std::string story_of(const std::string& violation, const World& world) {
  std::string story;
  (void)world.journal.scan(1, [&](const Record& record) {
    if (violation.find(describe(record.stream)) == std::string::npos) return true;
    story += "\n  " + std::to_string(record.position) + " " + to_iso(record.recorded_at.utc) + " " +
             std::string(events::name_of(record.event)) + " by " + record.command_name;
    return true;
  });
  return story;
}

std::uint64_t live_through(std::uint64_t seed) {
  Chaos chaos(seed);
  chaos.run(Seconds{900});
  chaos.settle();
  for (const std::string& each : chaos.the_world().checker.violations())
    ADD_FAILURE() << each << story_of(each, chaos.the_world());
  return chaos.the_world().checker.trace();
}

TEST(Simulation, KeepsEveryInvariantWhateverHappens) {
  const SeedOptions& options = seed_options();
  for (std::uint64_t seed = options.first; seed < options.first + options.count; ++seed) {
    (void)live_through(seed);
    if (!HasFailure()) continue;
    GTEST_FAIL() << options.reproduce(seed, "Simulation.KeepsEveryInvariantWhateverHappens");
  }
}

/// One history is one run: started, failed, timed out, aborted, rebooted, migrated, metamorphed,
/// restarted and resurrected with changes, on a host that crashes and is drained.
TEST(Simulation, EveryHistoryIsWhatTheModelSays) {
  const SeedOptions& options = seed_options();
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(options.seconds);
  std::uint64_t histories = 0;
  std::uint64_t compared = 0;
  std::uint64_t writes = 0;
  std::uint64_t fenced = 0;
  std::uint64_t seed = options.first + 1'000'000;
  for (; histories < options.histories && std::chrono::steady_clock::now() < end; ++seed) {
    Chaos chaos(seed);
    chaos.run(Seconds{900});
    chaos.settle();
    const Checker& checker = chaos.the_world().checker;
    histories += checker.models().histories();
    compared += checker.models().compared();
    writes += chaos.contents().acknowledged();
    fenced += chaos.contents().refused();
    for (const std::string& each : checker.violations())
      ADD_FAILURE() << each << story_of(each, chaos.the_world());
    if (HasFailure()) {
      GTEST_FAIL() << options.reproduce(seed - 1'000'000,
                                        "Simulation.EveryHistoryIsWhatTheModelSays");
    }
  }
  const auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  std::printf(
      "%llu histories in %llu worlds, compared after each of %llu commands; "
      "%llu writes acknowledged, %llu fenced\n",
      number(histories), number(seed - options.first - 1'000'000), number(compared), number(writes),
      number(fenced));
  EXPECT_GT(histories, 0U);
  EXPECT_GT(fenced, 0U) << "then nothing shows that a replaced container cannot write";
}

TEST(Simulation, CrashesWhileCommandsWaitForTheirStreams) {
  std::uint64_t found = 0;
  for (std::uint64_t seed = 1; found == 0 && seed <= 20; ++seed) {
    Chaos chaos(seed);
    chaos.run(Seconds{900});
    found += chaos.the_world().parked_at_crash;
    for (const std::string& each : chaos.the_world().checker.violations())
      ADD_FAILURE() << each << story_of(each, chaos.the_world());
  }
  EXPECT_GT(found, 0U) << "then the other simulations do not show it either";
}

TEST(Simulation, IsTheSameForTheSameSeed) {
  const std::uint64_t seed = seed_options().first;
  EXPECT_EQ(live_through(seed), live_through(seed));
  EXPECT_NE(live_through(seed), live_through(seed + 1));
}

}  // namespace
}  // namespace actuary::tests::simulation
