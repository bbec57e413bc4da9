#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "adapters/reactor/process.h"
#include "adapters/reactor/system.h"
#include "adapters/reactor/uv_loop.h"
#include "adapters/reactor/workers.h"

namespace actuary::adapters::reactor {
namespace {

using std::chrono_literals::operator""ms;

TEST(UvLoop, RunsTasksOfOtherThreadsOnItsOwn) {
  auto loop = UvLoop::own().value();
  const auto loop_thread = std::this_thread::get_id();
  int ran = 0;
  std::thread other([&] {
    for (int i = 0; i < 1000; ++i) {
      loop->post([&] {
        EXPECT_EQ(std::this_thread::get_id(), loop_thread);
        ++ran;
      });
    }
    loop->stop();
  });
  loop->run();
  other.join();
  EXPECT_EQ(ran, 1000);
}

TEST(UvLoop, TheLaterArmReplacesTheEarlierAndNeverWakesEarly) {
  auto loop = UvLoop::own().value();
  SystemClock clock;
  const Instant begin = clock.now();
  bool replaced = false;
  loop->arm(Microseconds{100}, [&] { replaced = true; });
  loop->arm(Microseconds{3500}, [&] { loop->stop(); });
  loop->run();
  EXPECT_FALSE(replaced);
  EXPECT_GE(elapsed(begin, clock.now()), Microseconds{3500});
}

TEST(UvLoop, LeavesAHostsLoopWithoutHandles) {
  uv_loop_t host;
  ASSERT_EQ(uv_loop_init(&host), 0);
  {
    auto loop = UvLoop::on(&host).value();
    bool ran = false;
    loop->post([&] {
      ran = true;
      loop->close();
      loop->post([] { FAIL() << "a closed loop drops what is posted"; });
    });
    uv_run(&host, UV_RUN_DEFAULT);
    EXPECT_TRUE(ran);
  }
  EXPECT_EQ(uv_loop_close(&host), 0);
}

TEST(Workers, AnswerOnTheLoopAfterTheWork) {
  auto loop = UvLoop::own().value();
  Workers workers(*loop, 2);
  std::atomic<int> worked{0};
  int answered = 0;
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(workers.submit([&] { ++worked; },
                               [&] {
                                 EXPECT_GT(worked, 0);
                                 if (++answered == 100) loop->stop();
                               }));
  }
  loop->run();
  EXPECT_EQ(answered, 100);
  workers.shutdown();
  EXPECT_FALSE(workers.submit([] {}, [] {}));
}

TEST(Process, CollectsOutputAndExitCode) {
  const Outcome outcome =
      run({.argv = {"sh", "-c", "cat; echo err >&2; exit 7"}, .input = "in "}).value();
  EXPECT_EQ(outcome.exit_code, 7);
  EXPECT_EQ(outcome.output, "in err\n");
}

TEST(Process, DoesNotWaitForAGrandchildThatHoldsTheOutput) {
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(run_ok({.argv = {"sh", "-c", "sleep 5 & echo"}}));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 2000ms);
}

TEST(Process, KillsWhatTakesTooLong) {
  const Outcome outcome = run({.argv = {"sleep", "20"}, .timeout = 20ms}).value();
  EXPECT_TRUE(outcome.timed_out);
  EXPECT_EQ(outcome.exit_code, 137);
}

TEST(Process, NamesAMissingProgram) {
  const auto outcome = run({.argv = {"actuary-no-such-program"}});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Code::kUnavailable);
  EXPECT_NE(outcome.error().detail.find("not installed"), std::string::npos);
}

TEST(SystemIds, AreDrawnWithoutRepetition) {
  SystemIds ids;
  EXPECT_NE(ids.next<RunId>(), ids.next<RunId>());
}

}  // namespace
}  // namespace actuary::adapters::reactor
