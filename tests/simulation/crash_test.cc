#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "tests/simulation/world.h"

namespace actuary::tests::simulation {
namespace {

using engine::executor::Command;
using engine::ports::ContainerKey;
using support::BuildPlan;
using support::ContainerPlan;
using support::SimLoop;

/// A user who gives commands in order and asks again until each is answered, whatever crashes.
class Client {
 public:
  explicit Client(World& world) : world_(world) {}

  void wish(Microseconds not_before, Command command) {
    wishes_.push_back({not_before, std::move(command)});
  }
  void begin() { pump(); }
  /// The connection is gone; an answer will not come any more.
  void disconnected() { waiting_ = false; }
  [[nodiscard]] bool done() const { return next_ == wishes_.size(); }

 private:
  struct Wish {
    Microseconds not_before;
    Command command;
  };

  void pump() {
    if (done()) return;
    if (world_.up() && !waiting_ && world_.loop.elapsed() >= wishes_[next_].not_before) {
      waiting_ = true;
      world_.submit(wishes_[next_].command, [this](const Result<Position>& result) {
        waiting_ = false;
        const bool last = next_ + 1 == wishes_.size();
        if (result || result.error().code == Code::kNotUnique ||
            (last && result.error().code == Code::kNotFound)) {
          ++next_;  // done now, or done (and deleted) by the call whose answer was lost
        } else {
          const Code code = result.error().code;
          EXPECT_TRUE(code == Code::kRunNotFinished || code == Code::kCannotRemoveRunning ||
                      code == Code::kUnknownBuildTag || code == Code::kBuildNotFinished)
              << result.error().detail;
        }
      });
    }
    world_.loop.after(SimLoop::Lane::kWorld, Microseconds{500'000}, [this] { pump(); });
  }

  World& world_;
  std::vector<Wish> wishes_;
  std::size_t next_ = 0;
  bool waiting_ = false;
};

/// Five runs: one succeeds and is deleted, one is aborted gracefully and does not listen, one times
/// out, one fails and is resurrected with more memory, one is aborted while it starts.
class Story {
 public:
  explicit Story(std::uint64_t seed)
      : world({.seed = seed,
               .containers = [this](const ContainerKey& key) { return plan(key); },
               .builds =
                   [](const BuildId&) {
                     return BuildPlan{Seconds{3}, false, false};
                   },
               .settings = {{4096, 65536}, 2}}),
        client(world) {
    world.user_id = world.random.next<UserId>();
    world.actor_id = world.random.next<ActorId>();
    world.build_id = world.random.next<BuildId>();
    for (engine::run::Start& start : starts) start = start_command(world);
    starts[kTimesOut].options.timeout_secs = 10;
    tell();
  }

  /// Runs it, with a crash right after step `crash_at` and another `again` steps later.
  void run(std::uint64_t crash_at, std::uint64_t again = 0, bool machine = false) {
    world.boot();
    client.begin();
    while (world.loop.elapsed() < Seconds{160} && world.step()) {
      const bool now = world.steps == crash_at || (again > 0 && world.steps == crash_at + again);
      if (!now) continue;
      machine ? world.crash_machine() : world.crash();
      client.disconnected();
      world.loop.after(SimLoop::Lane::kWorld, Seconds{2}, [this] {
        if (!world.up()) world.boot();
      });
    }
    if (!world.up()) world.boot();
    world.run_for(Seconds{30});
    world.check_settled();
  }

  [[nodiscard]] std::string outcome(std::size_t which) const {
    const auto state = world.run(starts[which].run_id);
    if (const auto* expired = std::get_if<engine::run::Expired>(&state)) {
      return "deleted after " + std::string(to_string(expired->outcome));
    }
    const auto* finished = std::get_if<engine::run::Finished>(&state);
    if (finished == nullptr) return std::string(engine::run::status_of(state));
    const std::string code =
        finished->exit_code ? " " + std::to_string(*finished->exit_code) : std::string();
    return std::string(to_string(finished->outcome)) + code;
  }

  enum Run : std::size_t { kSucceeds, kStubborn, kTimesOut, kFails, kAbortedEarly, kRuns };
  engine::run::Start starts[kRuns];
  World world;
  Client client;

 private:
  ContainerPlan plan(const ContainerKey& key) const {
    if (key.run_id == starts[kSucceeds].run_id) return {.runs_for = Seconds{5}, .exit_code = 0};
    if (key.run_id == starts[kFails].run_id) return {.runs_for = Seconds{3}, .exit_code = 3};
    return {.runs_for = std::nullopt};
  }

  void tell() {
    client.wish({}, engine::account::Command{engine::account::CreateUser{world.user_id, "clerk"}});
    engine::actor::Create actor{world.actor_id, world.user_id, {}, {}};
    actor.profile.name = "ledger";
    actor.versions.push_back({.number = "0.1", .build_tag = "latest"});
    client.wish({}, engine::actor::Command{actor});
    engine::build::Create build;
    build.build_id = world.build_id;
    build.actor_id = world.actor_id;
    build.user_id = world.user_id;
    build.version_number = "0.1";
    client.wish(Seconds{1}, engine::build::Command{build});
    for (const engine::run::Start& start : starts) {
      client.wish(Seconds{8}, engine::run::Command{start});
    }
    const auto run = [this](Run which) { return starts[which].run_id; };
    using engine::run::AbortMode;
    client.wish({}, engine::run::Command{engine::run::Abort{run(kAbortedEarly)}});
    client.wish(Seconds{14},
                engine::run::Command{engine::run::Abort{run(kStubborn), AbortMode::kGraceful}});
    engine::run::Resurrect again{run(kFails), {}, {}};
    again.options.memory_mbytes = 2048;
    client.wish(Seconds{30}, engine::run::Command{again});
    client.wish(Seconds{60}, engine::run::Command{engine::run::Delete{run(kSucceeds), "test"}});
  }
};

void expect_the_ending(const Story& story, bool machine_crashed = false) {
  for (const std::string& each : story.world.checker.violations()) ADD_FAILURE() << each;
  EXPECT_TRUE(story.client.done());
  const auto ended = [&](Story::Run which) { return story.outcome(which).substr(0, 7); };
  EXPECT_EQ(ended(Story::kStubborn), "ABORTED");
  EXPECT_EQ(ended(Story::kTimesOut), machine_crashed ? ended(Story::kTimesOut) : "TIMED-O");
  EXPECT_EQ(ended(Story::kAbortedEarly), "ABORTED");
  EXPECT_EQ(ended(Story::kFails), "FAILED " + std::string());
  if (machine_crashed) return;  // its exit code may have gone with the machine
  EXPECT_EQ(story.outcome(Story::kSucceeds), "deleted after SUCCEEDED");
  EXPECT_EQ(story.outcome(Story::kFails), "FAILED 3");
}

std::uint64_t steps_of_the_story() {
  Story story(1);
  story.run(0);
  expect_the_ending(story);
  return story.world.steps;
}

TEST(EveryStep, MayBeTheLastOfTheProcess) {
  const std::uint64_t steps = steps_of_the_story();
  ASSERT_GT(steps, 100U);
  for (std::uint64_t at = 1; at <= steps && !HasFailure(); ++at) {
    SCOPED_TRACE("crash after step " + std::to_string(at));
    Story story(1);
    story.run(at);
    expect_the_ending(story);
  }
}

TEST(EveryStep, MayBeFollowedByASecondCrashSoonAfter) {
  const std::uint64_t steps = steps_of_the_story();
  for (std::uint64_t at = 1; at <= steps && !HasFailure(); at += 3) {
    const std::uint64_t again = 1 + at % 17;
    SCOPED_TRACE("crash after step " + std::to_string(at) + " and " + std::to_string(again));
    Story story(2);
    story.run(at, again);
    expect_the_ending(story);
  }
}

TEST(EveryStep, MayBeTheLastOfTheMachine) {
  const std::uint64_t steps = steps_of_the_story();
  for (std::uint64_t at = 1; at <= steps && !HasFailure(); at += 2) {
    SCOPED_TRACE("machine stops after step " + std::to_string(at));
    Story story(3);
    story.run(at, 0, true);
    for (const std::string& each : story.world.checker.violations()) ADD_FAILURE() << each;
    EXPECT_TRUE(story.client.done());
  }
}

TEST(EveryStep, IsTheSameForTheSameSeed) {
  const auto trace = [](std::uint64_t seed) {
    Story story(seed);
    story.run(70, 30);
    return story.world.checker.trace();
  };
  EXPECT_EQ(trace(5), trace(5));
  EXPECT_NE(trace(5), trace(6));
}

}  // namespace
}  // namespace actuary::tests::simulation
