#include <deque>
#include <utility>

#include "engine/executor/deadlines.h"
#include "engine/executor/executor.h"
#include "journal/memory/memory_journal.h"
#include "tests/engine/given.h"
#include "tests/support/sim_random.h"

/// Faults of the catalogue that the engine alone survives; tests/FAULTS.md names them.
namespace actuary::tests::faults {
namespace {

using namespace engine::run;  // NOLINT(google-build-using-namespace): the subject
using engine::decision::StartContainer;
using engine::executor::Deadlines;
using engine::executor::Executor;

engine::Decision decide_at(const Given& given, const Instant& now, const Command& command) {
  const Principal principal;
  return decide(given.run(), command, {now, principal, given.directory, given.settings});
}

Instant with_wall_clock_off_by(int second, Seconds off) {
  Instant now = at(second);
  now.utc += off;
  return now;
}

TEST(ClockFaults, ALeapSecondMovesNeitherATimeoutNorADuration) {
  const Given given = a_live_run(60);  // since second 10
  for (const Seconds leap : {Seconds{-1}, Seconds{1}, Seconds{3600}}) {
    const auto early = decide_at(given, with_wall_clock_off_by(69, leap), DeadlineReached{kRun});
    EXPECT_TRUE(early.value().empty()) << leap.count();
    const auto due = decide_at(given, with_wall_clock_off_by(70, leap), DeadlineReached{kRun});
    ASSERT_EQ(due.value().size(), 1U) << leap.count();
    EXPECT_TRUE(std::holds_alternative<events::TimeoutReached>(due->front().event));
    const auto end = decide_at(given, with_wall_clock_off_by(30, leap), exited(given, 0));
    const auto& ended = std::get<events::AttemptEnded>(end.value().front().event);
    EXPECT_EQ(Microseconds{ended.active_micros}, Seconds{20});
  }
}

/// The clock of the machine goes on while it sleeps, so what was due in between is due now.
TEST(ClockFaults, TimeThatAMachineSleptCountsForTimeoutsAndIsReportedOnce) {
  constexpr int kEightHours = 8 * 3600;
  Given given = a_live_run(60);
  given.when(DeadlineReached{kRun}, kEightHours).then_names({"TimeoutReached"});
  given.then_happens(DeadlineReached{kRun}, kEightHours);
  given.when(DeadlineReached{kRun}, kEightHours + 1).then_nothing();
  given.when(exited(given, 137), kEightHours + 1).then_names({"AttemptEnded", "RunFinished"});
}

TEST(ClockFaults, ManyDeadlinesAtOnceAreTakenInSlicesAndInOrder) {
  Deadlines deadlines;
  constexpr int kCount = 100'000;
  const auto stream = [](int number) {
    std::string text = std::to_string(number);
    return stream_of(RunId::parse(std::string(kIdLength - text.size(), 'r') + text).value());
  };
  for (int i = 0; i < kCount; ++i) deadlines.set(stream(i), at(kCount - i), at(0));
  const Instant woken = at(8 * 3600 + kCount);
  int taken = 0;
  while (deadlines.next_in(woken) == Microseconds{0}) {
    const auto slice = deadlines.take_due(woken, engine::executor::kDeadlinesPerTickMax);
    ASSERT_LE(slice.size(), engine::executor::kDeadlinesPerTickMax);
    for (const StreamId& each : slice) ASSERT_EQ(each, stream(kCount - ++taken));
  }
  EXPECT_EQ(taken, kCount);
  EXPECT_EQ(deadlines.next_in(woken), std::nullopt);
}

/// A clock that a test sets, and a loop that only remembers what it was asked for.
class StandingStill : public Clock, public engine::ports::Loop {
 public:
  Instant now() override { return now_; }
  void post(Task task) override { tasks_.push_back(std::move(task)); }
  void arm(Microseconds after, Task wake) override {
    armed_.push_back(after);
    wake_ = std::move(wake);
  }
  void run_ready() {
    while (!tasks_.empty()) {
      const Task task = std::move(tasks_.front());
      tasks_.pop_front();
      task();
    }
  }
  /// As if the time that it asked for were over.
  void wake() {
    if (wake_) std::exchange(wake_, nullptr)();
    run_ready();
  }

  Instant now_ = at(0);
  std::vector<Microseconds> armed_;

 private:
  std::deque<Task> tasks_;
  Task wake_;
};

TEST(ClockFaults, AClockThatStandsStillOrGoesBackKeepsNobodyBusy) {
  StandingStill world;
  support::SimRandom random(1);
  journal::memory::MemoryJournal journal(journal::memory::MemoryJournal::Completion::kImmediate);
  Executor executor({journal, world, world, random, [](const auto&, Position) {},
                     [](std::span<const Record>) -> Status { return {}; }, [](const Error&) {}},
                    {{4096, 16384}, 2});
  ASSERT_TRUE(executor.start({1, 1, "test"}, [] {}));
  world.run_ready();
  const auto tell = [&](engine::executor::Command command) {
    Principal user;
    user.kind = PrincipalKind::kUser;
    user.user_id = kUser;
    executor.submit({std::move(command), user, CommandId{}, 0, nullptr});
    world.run_ready();
  };
  tell(engine::account::Command{engine::account::CreateUser{kUser, "clerk"}});
  engine::actor::Create create{kActor, kUser, {}, {version("0.1")}};
  create.profile.name = "ledger";
  tell(engine::actor::Command{create});
  tell(engine::build::Command{engine::build::Create{kBuild, kActor, kUser, "0.1", {}, false, {}}});
  ASSERT_FALSE(world.armed_.empty()) << "a build has a deadline";
  const Position head = journal.head().position;
  const auto wake_often = [&] {
    world.armed_.clear();
    for (int i = 0; i < 100; ++i) world.wake();
    EXPECT_EQ(world.armed_.size(), 100U);
    for (const Microseconds after : world.armed_) EXPECT_GE(after, Seconds{1});
    EXPECT_EQ(journal.head().position, head) << "nothing happened";
  };
  wake_often();
  world.now_ = at(-3600);
  wake_often();
}

/// The runtime says nothing to the start: not done, or done and not heard of.
TEST(RuntimeFaults, AResurrectionWithoutAnAnswerAsksForTheSameContainerAndNoSecondOne) {
  Given given = a_finished_run(events::Outcome::kFailed, 1);
  given.then_happens(Resurrect{kRun, {}, {}}, 30).then_happens(Admit{kRun}, 31);
  given.then_happens(ReportFenced{kRun, given.epoch(), 9}, 32);
  const auto start_in = [](const engine::Effects& effects) -> const StartContainer* {
    for (const auto& each : effects) {
      if (const auto* start = std::get_if<StartContainer>(&each)) return start;
    }
    return nullptr;
  };
  const StartContainer* asked = start_in(given.effects);
  ASSERT_NE(asked, nullptr);
  const auto key = asked->spec.key;
  const engine::Effects again = outstanding(given.run());  // an engine that was started meanwhile
  ASSERT_NE(start_in(again), nullptr);
  EXPECT_EQ(start_in(again)->spec.key, key) << "the runtime knows the key";
  EXPECT_EQ(status_of(given.run()), "RUNNING");
  given.when(Resurrect{kRun, {}, {}}, 40).then_fails(Code::kRunNotFinished);
  given.then_happens(DeadlineReached{kRun}, 151);
  EXPECT_EQ(start_in(given.effects), nullptr) << "it is removed, with proof";
  EXPECT_EQ(start_in(outstanding(given.run())), nullptr);
}

}  // namespace
}  // namespace actuary::tests::faults
