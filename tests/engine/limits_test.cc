#include "engine/policy/account_limits.h"
#include "engine/policy/admission.h"
#include "engine/policy/options.h"
#include "tests/engine/given.h"

namespace actuary::tests::account_limits {
namespace {

namespace account = engine::account;
namespace build = engine::build;
using engine::decision::AccountLimits;
using engine::executor::Command;
using engine::policy::admit;
using engine::run::Resurrect;
using engine::run::Start;
using events::WhenOverLimit;

const UserId kOther = id_of<UserId>("other");

RunId numbered(int number) { return id_of<RunId>("run" + std::to_string(number)); }

engine::decision::Settings limited(AccountLimits limits,
                                   WhenOverLimit what = WhenOverLimit::kRefuse) {
  engine::decision::Settings settings{{65536, 1U << 20U}, 2};
  settings.account_limits = limits;
  settings.when_over_limit = what;
  return settings;
}

/// What waits for that account.
struct Wish {
  int number = 0;
  std::uint32_t memory = 1024;
  std::uint32_t priority = 0;
  UserId user = kUser;
};
void wait_for(Given& given, const Wish& wish) {
  auto created = run_created();
  created.run_id = numbered(wish.number);
  created.user_id = wish.user;
  created.options = options(60, wish.memory);
  created.options.priority = wish.priority;
  given.happens({{stream_of(created.run_id), created}});
}
void begin(Given& given, int number) {
  given.happens({{stream_of(numbered(number)),
                  events::AttemptBegan{events::AttemptCause::kFirstStart, 1, at(120)}}});
}
void end(Given& given, int number) {
  given.happens({{stream_of(numbered(number)), events::RunFinished{}}});
}

Given an_office(engine::decision::Settings settings) {
  Given given{an_actor(), a_success()};
  return given.with(std::move(settings));
}

Start start(int number, std::uint32_t memory = 1024) {
  Start command;
  command.run_id = numbered(number);
  command.actor_id = kActor;
  command.user_id = kUser;
  command.key_value_store_id = kStore;
  command.dataset_id = kDataset;
  command.request_queue_id = kQueue;
  command.options.memory_mbytes = memory;
  return command;
}

Command set_limits(std::optional<std::uint64_t> memory, std::optional<std::uint32_t> runs) {
  return account::Command{account::SetLimits{kUser, memory, runs, "shared machine"}};
}

std::string reason_of(const engine::policy::Admission& found, int number) {
  for (const auto& [id, reason] : found.held) {
    if (id == numbered(number)) return reason;
  }
  return "not held";
}

TEST(AccountLimits, WhatExceedsTheMemoryIsRefusedWithApifysWords) {
  Given given = an_office(limited({.memory_mbytes = 4096}));
  wait_for(given, {.number = 1, .memory = 2048});
  begin(given, 1);
  wait_for(given, {.number = 2});
  given.when(start(3, 1024))
      .then_names({"RunCreated", "StorageCreated", "StorageCreated", "StorageCreated"});
  given.when(start(3, 2048))
      .then_fails(Code::kLimitExceeded,
                  "By launching this job you will exceed the memory limit of 4096 MB for all your "
                  "Actor runs and builds. In use: 3072 MB, wanted: 2048 MB.");
  wait_for(given, {.number = 4, .memory = 8192, .user = kOther});
  given.when(start(3, 1024))
      .then_names({"RunCreated", "StorageCreated", "StorageCreated", "StorageCreated"});
  end(given, 1);
  EXPECT_TRUE(given.when(start(3, 2048)).decision()) << "what has ended holds nothing";
}

TEST(AccountLimits, TheRunsOfAnAccountAreCounted) {
  Given given = an_office(limited({.runs = 2}));
  wait_for(given, {.number = 1});
  wait_for(given, {.number = 2});
  begin(given, 1);
  given.when(start(3)).then_fails(Code::kTooManyRuns, "limit of 2 concurrent runs");
  end(given, 1);
  EXPECT_TRUE(given.when(start(3)).decision());
}

TEST(AccountLimits, AResurrectionIsARunOfWhoAsksForIt) {
  Given given = a_finished_run(events::Outcome::kFailed, 1);
  given.with(limited({.runs = 1}));
  EXPECT_TRUE(given.when(Resurrect{kRun}, 30).decision());
  // The principal of these tests is nobody, and so is the account.
  wait_for(given, {.number = 1, .user = UserId{}});
  given.when(Resurrect{kRun}, 30).then_fails(Code::kTooManyRuns);
}

TEST(AccountLimits, ABuildCountsAndIsRefusedToo) {
  Given given = an_office(limited({.memory_mbytes = 5120}, WhenOverLimit::kWait));
  given.happens(a_build(id_of<BuildId>("second"), 2));
  wait_for(given, {.number = 1, .memory = 1024});
  wait_for(given, {.number = 2, .memory = 1024});
  const auto found = admit(given.directory, given.settings);
  EXPECT_EQ(found.runs, std::vector{numbered(1)});
  EXPECT_EQ(reason_of(found, 2),
            "Waiting for memory of this account: needs 1024 MB, 0 of its 5120 MB are free.");
  build::Create create;
  create.build_id = id_of<BuildId>("third");
  create.actor_id = kActor;
  create.user_id = kUser;
  create.version_number = "0.1";
  given.when(Command{build::Command{create}}).then_fails(Code::kLimitExceeded, "5120 MB");
  given.happens({{stream_of(id_of<BuildId>("second")), events::BuildFailed{"step 1"}}});
  EXPECT_TRUE(given.when(Command{build::Command{create}}).decision());
}

TEST(AccountLimits, WhereTheyWaitOnlyWhatCanNeverFitIsRefused) {
  Given given = an_office(limited({2048, 1}, WhenOverLimit::kWait));
  wait_for(given, {.number = 1, .memory = 2048});
  begin(given, 1);
  EXPECT_TRUE(given.when(start(2, 2048)).decision());
  given.when(start(2, 4096)).then_fails(Code::kLimitExceeded, "memory limit of 2048 MB");
}

TEST(AdmissionPolicy, AnAccountAtItsLimitWaitsWithTheReasonAndBlocksNobodyElse) {
  Given given = an_office(limited({.runs = 1}, WhenOverLimit::kWait));
  for (int i = 1; i <= 3; ++i) wait_for(given, {.number = i});
  wait_for(given, {.number = 4, .user = kOther});
  const auto found = admit(given.directory, given.settings);
  EXPECT_EQ(found.runs, (std::vector{numbered(1), numbered(4)}));
  EXPECT_EQ(reason_of(found, 2),
            "Waiting for another run of this account to end: 1 run is the most that it may have at "
            "once.");
  EXPECT_EQ(reason_of(found, 3), "Waiting for its turn: other runs of this account come first.");
  begin(given, 1);
  end(given, 1);
  EXPECT_EQ(admit(given.directory, given.settings).runs, (std::vector{numbered(2), numbered(4)}));
}

TEST(AdmissionPolicy, ALargeRunIsNotOvertakenBySmallOnesOfItsAccount) {
  Given given = an_office(limited({.memory_mbytes = 4096}, WhenOverLimit::kWait));
  wait_for(given, {.number = 1, .memory = 1024});
  begin(given, 1);
  wait_for(given, {.number = 2, .memory = 4096});
  wait_for(given, {.number = 3, .memory = 512});
  EXPECT_TRUE(admit(given.directory, given.settings).runs.empty());
  end(given, 1);
  EXPECT_EQ(admit(given.directory, given.settings).runs, std::vector{numbered(2)});
}

TEST(AdmissionPolicy, LimitsThatWereLoweredBelowARunBlockNoOther) {
  Given given = an_office(limited({}));
  wait_for(given, {.number = 1, .memory = 4096});
  wait_for(given, {.number = 2, .memory = 512});
  given.happens({{stream_of(kUser), events::AccountLimitsSet{1024, {}, "less"}}});
  const auto found = admit(given.directory, given.settings);
  EXPECT_EQ(found.runs, std::vector{numbered(2)});
  EXPECT_EQ(reason_of(found, 1),
            "Waiting for memory of this account: needs 4096 MB, 1024 of its 1024 MB are free.");
}

TEST(AdmissionPolicy, APriorityOrdersTheRunsOfOneAccountAndOvertakesNoOther) {
  Given given = an_office({{2048, 1U << 20U}, 2});
  wait_for(given, {.number = 1, .user = kOther});
  wait_for(given, {.number = 2, .priority = 1});
  wait_for(given, {.number = 3, .priority = 100});
  wait_for(given, {.number = 4, .priority = 100});
  const auto found = admit(given.directory, given.settings);
  EXPECT_EQ(found.runs, (std::vector{numbered(1), numbered(3)}));
  begin(given, 1);
  begin(given, 3);
  end(given, 1);
  EXPECT_EQ(admit(given.directory, given.settings).runs, std::vector{numbered(4)});
  begin(given, 4);
  end(given, 3);
  end(given, 4);
  EXPECT_EQ(admit(given.directory, given.settings).runs, std::vector{numbered(2)});
}

TEST(AdmissionPolicy, APriorityIsAnOptionOfTheRunAndBounded) {
  engine::run::RequestedOptions wish;
  wish.priority = 7;
  EXPECT_EQ(engine::policy::resolve(wish, {}).value().priority, 7U);
  EXPECT_EQ(engine::policy::resolve({}, engine::policy::resolve(wish, {}).value())->priority, 7U);
  wish.priority = engine::policy::kPriorityMax + 1;
  EXPECT_EQ(engine::policy::resolve(wish, {}).error().code, Code::kInvalidArgument);
}

TEST(AccountLimits, AreSetByAnEventAndGoBackToTheHosts) {
  Given given = an_office(limited({4096, 3}));
  const auto now = [&] {
    const auto limits = engine::policy::limits_of(given.directory, given.settings, kUser);
    return std::pair{limits.memory_mbytes, limits.runs};
  };
  EXPECT_EQ(now(), (std::pair{std::uint64_t{4096}, 3U}));
  given.when(set_limits(8192, std::nullopt))
      .then({{stream_of(kUser), events::AccountLimitsSet{8192, {}, "shared machine"}}});
  given.then_happens(set_limits(8192, std::nullopt), 5);
  EXPECT_EQ(now(), (std::pair{std::uint64_t{8192}, 3U}));
  given.when(set_limits(8192, std::nullopt)).then_names({"CommandNoted"});
  given.then_happens(set_limits(0, 0), 6);
  EXPECT_EQ(now(), (std::pair{std::uint64_t{0}, 0U})) << "no limit at all";
  given.then_happens(set_limits(std::nullopt, std::nullopt), 7);
  EXPECT_EQ(now(), (std::pair{std::uint64_t{4096}, 3U}));
  account::SetLimits long_winded{kUser, {}, {}, std::string(1025, 'x')};
  given.when(Command{account::Command{long_winded}}).then_fails(Code::kInvalidArgument, "1024");
  account::SetLimits nobody{kOther, {}, {}, ""};
  given.when(Command{account::Command{nobody}}).then_fails(Code::kNotFound);
}

TEST(AccountLimits, AnAccountThatHoldsNothingIsForgotten) {
  Given given = an_office(limited({}));
  EXPECT_TRUE(given.directory.accounts().empty()) << "its build is over";
  wait_for(given, {.number = 1, .memory = 2048});
  EXPECT_EQ(given.directory.account_of(kUser).memory_waiting_mbytes, 2048U);
  begin(given, 1);
  EXPECT_EQ(given.directory.account_of(kUser).memory_waiting_mbytes, 0U);
  EXPECT_EQ(given.directory.account_of(kUser).memory_in_use_mbytes, 2048U);
  end(given, 1);
  EXPECT_TRUE(given.directory.accounts().empty());
}

}  // namespace
}  // namespace actuary::tests::account_limits
