#include "engine/policy/admission.h"
#include "engine/policy/options.h"
#include "tests/engine/given.h"

namespace actuary::tests {
namespace {

using engine::policy::admit;
using engine::policy::resolve;
using engine::run::RequestedOptions;

events::RunOptions base() {
  events::RunOptions o;
  o.build = "beta";
  o.timeout_secs = 30;
  o.memory_mbytes = 512;
  return o;
}

TEST(Options, TheRequestWinsOverTheBaseAndTheBaseOverThePlatform) {
  RequestedOptions wish;
  wish.build = "0.1.7";
  wish.timeout_secs = 0;
  wish.memory_mbytes = 2048;
  wish.restart_on_error = true;
  wish.max_items = 3;
  const auto all = resolve(wish, base()).value();
  EXPECT_EQ(all.build, "0.1.7");
  EXPECT_EQ(all.timeout_secs, 0U);
  EXPECT_EQ(all.memory_mbytes, 2048U);
  EXPECT_EQ(all.disk_mbytes, 4096U);
  EXPECT_TRUE(all.restart_on_error);
  EXPECT_EQ(all.max_items, 3U);
  const auto none = resolve({}, base()).value();
  EXPECT_EQ(none.build, "beta");
  EXPECT_EQ(none.timeout_secs, 30U);
  EXPECT_EQ(none.memory_mbytes, 512U);
  const auto platform = resolve({}, {}).value();
  EXPECT_EQ(platform.build, "latest");
  EXPECT_EQ(platform.memory_mbytes, 1024U);
}

TEST(Options, MemoryIsAPowerOfTwoFrom128To32768) {
  for (const std::uint32_t good : {128U, 256U, 32768U}) {
    EXPECT_TRUE(engine::policy::check_memory(good)) << good;
  }
  for (const std::uint32_t bad : {0U, 1U, 64U, 129U, 1000U, 65536U}) {
    EXPECT_FALSE(engine::policy::check_memory(bad)) << bad;
  }
  RequestedOptions wish;
  wish.memory_mbytes = 300;
  EXPECT_EQ(resolve(wish, base()).error().code, Code::kInvalidArgument);
}

TEST(Options, RefuseNonsense) {
  RequestedOptions wish;
  wish.max_total_charge_usd = 0;
  EXPECT_EQ(resolve(wish, base()).error().code, Code::kInvalidArgument);
  wish = {};
  wish.timeout_secs = engine::policy::kTimeoutSecsMax + 1;
  EXPECT_EQ(resolve(wish, base()).error().code, Code::kInvalidArgument);
}

RunId numbered(int number) { return id_of<RunId>("run" + std::to_string(number)); }

/// Runs 1, 2, 3 … wait, each with this much memory.
Given waiting(const std::vector<std::uint32_t>& memories) {
  Given given{an_actor(), a_success()};
  int number = 0;
  for (const std::uint32_t memory : memories) {
    auto created = run_created();
    created.run_id = numbered(++number);
    created.options = options(60, memory);
    given.happens({{stream_of(created.run_id), created}});
  }
  return given;
}

TEST(AdmissionPolicy, LetsInWhatFitsInTheOrderOfWaiting) {
  const Given given = waiting({1024, 2048, 1024});
  const auto found = admit(given.directory, {{4096, 65536}, 2});
  EXPECT_EQ(found.runs, (std::vector{numbered(1), numbered(2), numbered(3)}));
  EXPECT_TRUE(found.held.empty());
}

TEST(AdmissionPolicy, NobodyOvertakesAndEveryoneIsToldWhy) {
  const Given given = waiting({1024, 4096, 128});
  const auto found = admit(given.directory, {{4096, 65536}, 2});
  EXPECT_EQ(found.runs, std::vector{numbered(1)});
  ASSERT_EQ(found.held.size(), 2U);
  EXPECT_EQ(found.held[0].second, "Waiting for memory: needs 4096 MB, 3072 of 4096 MB are free.");
  EXPECT_EQ(found.held[1].second, "Waiting for its turn: other runs come first.");
}

TEST(AdmissionPolicy, LooksAtDiskToo) {
  const auto found = admit(waiting({1024, 1024}).directory, {{4096, 3000}, 2});
  EXPECT_EQ(found.runs, std::vector{numbered(1)});
  ASSERT_EQ(found.held.size(), 1U);
  EXPECT_EQ(found.held[0].second, "Waiting for disk: needs 2048 MB, 952 of 3000 MB are free.");
}

TEST(AdmissionPolicy, ARunThatCanNeverFitHereDoesNotBlockTheOthers) {
  const auto found = admit(waiting({8192, 1024}).directory, {{4096, 65536}, 2});
  EXPECT_EQ(found.runs, std::vector{numbered(2)});
  ASSERT_EQ(found.held.size(), 1U);
  EXPECT_EQ(found.held[0].first, numbered(1));
}

TEST(AdmissionPolicy, AReasonThatIsKnownIsNotRepeated) {
  Given given = waiting({4096});
  const engine::decision::Settings small{{1024, 65536}, 2};
  const std::string reason = admit(given.directory, small).held.at(0).second;
  given.happens({{stream_of(numbered(1)), events::RunHeld{reason}}});
  EXPECT_TRUE(admit(given.directory, small).held.empty());
}

TEST(AdmissionPolicy, CountsWhatRunsHoldUntilTheyFinish) {
  Given given = waiting({2048});
  const StreamId stream = stream_of(numbered(1));
  const events::AttemptBegan began{events::AttemptCause::kFirstStart, 1, at(120)};
  given.happens({{stream, began}});
  EXPECT_EQ(given.directory.memory_in_use_mbytes(), 2048U);
  EXPECT_EQ(given.directory.disk_in_use_mbytes(), 4096U);
  EXPECT_TRUE(given.directory.waiting_runs().empty());
  given.happens({{stream, events::RunFinished{}}});
  EXPECT_EQ(given.directory.memory_in_use_mbytes(), 0U);
  EXPECT_EQ(given.directory.disk_in_use_mbytes(), 0U);
  // Resurrected with less: it waits again, at the end, and holds what it asked for this time.
  events::RunResurrected again;
  again.options = options(60, 512);
  given.happens({{stream, again}, {stream, began}});
  EXPECT_EQ(given.directory.memory_in_use_mbytes(), 512U);
}

const UserId kOther = id_of<UserId>("other");

/// A run that waits for that account; runs are started in the order of these calls.
void wait_for(Given& given, const UserId& user, int number, std::uint32_t memory = 1024) {
  auto created = run_created();
  created.run_id = numbered(number);
  created.user_id = user;
  created.options = options(60, memory);
  given.happens({{stream_of(created.run_id), created}});
}
void begin(Given& given, int number) {
  given.happens({{stream_of(numbered(number)),
                  events::AttemptBegan{events::AttemptCause::kFirstStart, 1, at(120)}}});
}

TEST(AdmissionPolicy, AnAccountWithAThousandRunsDoesNotKeepAnotherOneWaiting) {
  Given given{an_actor(), a_success()};
  for (int i = 1; i <= 1000; ++i) wait_for(given, kUser, i);
  wait_for(given, kOther, 1001);
  const auto found = admit(given.directory, {{4096, 65536}, 2});
  EXPECT_EQ(found.runs, (std::vector{numbered(1), numbered(1001), numbered(2), numbered(3)}));
  EXPECT_EQ(found.held.size(), 997U);
}

TEST(AdmissionPolicy, WhoHoldsLeastComesNext) {
  Given given{an_actor(), a_success()};
  wait_for(given, kUser, 1, 2048);
  begin(given, 1);
  wait_for(given, kUser, 2);
  wait_for(given, kOther, 3);
  wait_for(given, kOther, 4);
  wait_for(given, kOther, 5);
  const auto found = admit(given.directory, {{5120, 65536}, 2});
  EXPECT_EQ(found.runs, (std::vector{numbered(3), numbered(4), numbered(2)}));
}

TEST(AdmissionPolicy, ALargeRunOfABusyAccountIsPassedOnlySoOften) {
  Given given{an_actor(), a_success()};
  wait_for(given, kUser, 1);
  begin(given, 1);
  wait_for(given, kUser, 2, 4096);
  const engine::decision::Settings settings{{4096, 65536}, 2};
  int number = 2;
  for (std::uint32_t i = 0; i < engine::policy::kPassedMax; ++i) {
    wait_for(given, kOther, ++number, 512);
    ASSERT_EQ(admit(given.directory, settings).runs, std::vector{numbered(number)});
    begin(given, number);
    given.happens({{stream_of(numbered(number)), events::RunFinished{}}});
  }
  wait_for(given, kOther, ++number, 512);
  EXPECT_TRUE(admit(given.directory, settings).runs.empty()) << "its turn has come";
  given.happens({{stream_of(numbered(1)), events::RunFinished{}}});
  EXPECT_EQ(admit(given.directory, settings).runs, std::vector{numbered(2)});
  begin(given, 2);
  given.happens({{stream_of(numbered(2)), events::RunFinished{}}});
  EXPECT_EQ(admit(given.directory, settings).runs, std::vector{numbered(number)});
}

TEST(AdmissionPolicy, BuildsAreLimitedByNumber) {
  Given given{an_actor()};
  for (int i = 1; i <= 3; ++i) {
    given.happens(
        a_build(id_of<BuildId>("build" + std::to_string(i)), static_cast<std::uint32_t>(i)));
  }
  EXPECT_EQ(admit(given.directory, {{}, 2}).builds.size(), 2U);
  given.happens({{stream_of(id_of<BuildId>("build1")), events::BuildStarted{at(1800)}}});
  EXPECT_EQ(admit(given.directory, {{}, 2}).builds, std::vector{id_of<BuildId>("build2")});
  given.happens({{stream_of(id_of<BuildId>("build1")), events::BuildFailed{"step 1"}}});
  EXPECT_EQ(admit(given.directory, {{}, 2}).builds.size(), 2U);
}

}  // namespace
}  // namespace actuary::tests
