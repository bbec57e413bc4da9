#include "engine/policy/charging.h"
#include "engine/run/environment.h"
#include "tests/engine/given.h"

namespace actuary::tests {
namespace {

using namespace engine::run;  // NOLINT(google-build-using-namespace): the subject
using events::Outcome;
namespace policy = engine::policy;

const Charges& charges(const Given& given) { return facts_of(given.run())->charges; }

/// An Actor with prices, and a build of it.
Given a_priced_actor(events::Pricing pricing = pay_per_event()) {
  Given given{an_actor(), a_success()};
  events::ActorProfile profile;
  profile.name = "ledger";
  profile.pricings = {std::move(pricing)};
  return given.happens({{stream_of(kActor), events::ActorProfileChanged{profile}}});
}

Start a_start() {
  Start start;
  start.run_id = kRun;
  start.actor_id = kActor;
  start.user_id = kUser;
  start.key_value_store_id = kStore;
  start.dataset_id = kDataset;
  start.request_queue_id = kQueue;
  start.input_key = "INPUT";
  return start;
}

TEST(Charge, CountsWhatItCostsToTheBillionthOfADollar) {
  Given given = a_paid_run();
  given.when(Charge{kRun, "page", 1}, 15).then({on_run(events::RunCharged{"page", 1, kPagePrice})});
  given.then_happens(Charge{kRun, "page", 1}, 15);
  EXPECT_EQ(charges(given).counts.at("page"), 1U);
  EXPECT_EQ(charges(given).nano_usd, kPagePrice);
  EXPECT_EQ(charges(given).stop_at, std::nullopt);
}

TEST(Charge, BeyondTheLimitIsCountedAndEndsTheRunGracefullySoonAfter) {
  Given given = a_paid_run();
  given.then_happens(Charge{kRun, "page", 2}, 15);
  EXPECT_EQ(deadline(given.run()), at(15) + policy::kChargeGrace);
  given.then_happens(Charge{kRun, "page", 1}, 17);
  EXPECT_EQ(charges(given).counts.at("page"), 3U);
  EXPECT_EQ(deadline(given.run()), at(20)) << "the first to reach it counts";
  given.when(DeadlineReached{kRun}, 20)
      .then({on_run(events::AbortRequested{AbortMode::kGraceful, at(50)})});
  Given exits = given;
  exits.then_happens(exited(given, 0), 18);
  EXPECT_EQ(status(exits), "SUCCEEDED") << "who ends before is not aborted";
}

TEST(Charge, ReachesItsLimitAfterTheTimeoutOnlyAsATimeout) {
  Given given = a_paid_run();
  given.then_happens(Charge{kRun, "page", 2}, 68);
  EXPECT_EQ(deadline(given.run()), at(70));
  given.when(DeadlineReached{kRun}, 70).then_names({"TimeoutReached"});
}

TEST(Charge, OfAOneTimeEventIsOne) {
  Given given = a_paid_run();
  given.when(Charge{kRun, "welcome", 5}, 15)
      .then({on_run(events::RunCharged{"welcome", 1, kPagePrice})});
  given.then_happens(Charge{kRun, "welcome", 5}, 15);
  given.when(Charge{kRun, "welcome", 1}, 16).then_names({"CommandNoted"});
}

TEST(Charge, RefusesWhatHasNoPriceAndChangesNothing) {
  const Given given = a_paid_run();
  given.when(Charge{kRun, "nothing", 1}, 15).then_fails(Code::kInvalidArgument, "no event");
  given.when(Charge{kRun, "apify-actor-start", 1}, 15)
      .then_fails(Code::kInvalidArgument, "by the platform only");
  given.when(Charge{kRun, "page", 0}, 15).then_fails(Code::kInvalidArgument, "count");
  given.when(Charge{kRun, "page", policy::kChargeCountMax + 1}, 15)
      .then_fails(Code::kInvalidArgument, "count");
  a_live_run().when(Charge{kRun, "page", 1}, 15).then_fails(Code::kInvalidArgument, "per event");
  a_finished_run(Outcome::kFailed)
      .when(Charge{kRun, "page", 1}, 30)
      .then_fails(Code::kJobFinished, "already finished");
}

TEST(Charge, NeverOverflows) {
  Given given = a_priced_actor();
  std::vector<Past> run = a_run();
  auto& created = std::get<events::RunCreated>(run.front().event);
  created.pricing = pay_per_event();
  created.pricing->prices.push_back({"gold", 10'000'000'000'000, false});
  Given rich{an_actor(), a_success(), run};
  rich.then_happens(Admit{kRun}, 1).then_happens(ReportFenced{kRun, rich.epoch(), 5}, 2);
  rich.then_happens(ReportStarted{kRun, rich.epoch()}, 3);
  rich.then_happens(Charge{kRun, "gold", 100'000}, 4);
  rich.when(Charge{kRun, "gold", 1}, 5).then_fails(Code::kLimitExceeded);
}

TEST(Charge, OfAnotherRunsTokenIsForbidden) {
  const Given given = a_paid_run();
  Principal other;
  other.kind = PrincipalKind::kRun;
  other.user_id = kUser;
  other.run_id = id_of<RunId>("another");
  const engine::Context context{at(15), other, given.directory, given.settings};
  const auto decision = decide(given.run(), Charge{kRun, "page", 1}, context);
  ASSERT_FALSE(decision);
  EXPECT_EQ(decision.error().code, Code::kForbidden);
}

TEST(Charge, IsPossibleWhileTheRunIsBeingStopped) {
  Given aborting = a_paid_run();
  aborting.then_happens(Abort{kRun, AbortMode::kGraceful}, 15);
  aborting.when(Charge{kRun, "page", 1}, 16).then_names({"RunCharged"});
  Given timing_out = a_paid_run();
  timing_out.then_happens(DeadlineReached{kRun}, 70);
  timing_out.when(Charge{kRun, "page", 1}, 71).then_names({"RunCharged"});
}

TEST(Charge, StaysWithAResurrectionThatNeedsAHigherLimitThen) {
  Given given = a_paid_run();
  given.then_happens(Charge{kRun, "page", 2}, 15).then_happens(exited(given, 1), 16);
  given.when(Resurrect{kRun}, 30).then_fails(Code::kInvalidArgument, "maxTotalChargeUsd");
  Resurrect higher{kRun};
  higher.options.max_total_charge_usd = 0.5;
  given.then_happens(higher, 30);
  EXPECT_EQ(charges(given).counts.at("page"), 2U);
  EXPECT_EQ(charges(given).stop_at, std::nullopt);
}

TEST(Pricing, IsTheOneInForceWhenTheRunBegins) {
  Given given = a_priced_actor();
  given.then_happens(a_start(), 5);
  ASSERT_TRUE(charges(given).pricing);
  EXPECT_EQ(*charges(given).pricing, pay_per_event());
  events::Pricing later = pay_per_event();
  later.started_at = at(100).utc;
  const std::vector<events::Pricing> both{later, pay_per_event()};
  EXPECT_EQ(policy::pricing_at(both, at(99)), &both[1]);
  EXPECT_EQ(policy::pricing_at(both, at(100)), &both[0]);
  EXPECT_EQ(policy::pricing_at({}, at(100)), nullptr);
}

TEST(Pricing, OfAStartIsOnceForEachGigabyte) {
  events::Pricing pricing = pay_per_event();
  pricing.prices.push_back({std::string(policy::kStartEvent), 50'000, false});
  Start start = a_start();
  for (const auto& [memory, count] : {std::pair{256U, 1U}, {1024U, 1U}, {4096U, 4U}}) {
    start.options.memory_mbytes = memory;
    Given given = a_priced_actor(pricing);
    given.then_happens(start, 5);
    EXPECT_EQ(charges(given).counts.at("apify-actor-start"), count) << memory;
  }
}

TEST(Pricing, AsksForALeastLimit) {
  events::Pricing pricing = pay_per_event();
  pricing.nano_usd_min = 500'000'000;
  Start start = a_start();
  start.options.max_total_charge_usd = 0.4;
  a_priced_actor(pricing).when(start).then_fails(Code::kInvalidArgument, "below the least");
  start.options.max_total_charge_usd = 0.5;
  EXPECT_TRUE(a_priced_actor(pricing).when(start).decision());
}

TEST(Pricing, IsInTheEnvironmentWithWhatWasCharged) {
  Given given = a_paid_run();
  given.then_happens(Charge{kRun, "page", 1}, 15);
  const auto env = environment(*facts_of(given.run()), *attempt_of(given.run()), at(16));
  const auto value = [&](std::string_view name) {
    const auto found = std::ranges::find(env, name, &events::EnvVar::name);
    return found == env.end() ? std::string("absent") : found->value;
  };
  EXPECT_EQ(value("APIFY_ACTOR_PRICING_INFO"), R"({"pricingModel":"PAY_PER_EVENT"})");
  EXPECT_EQ(value("APIFY_CHARGED_ACTOR_EVENT_COUNTS"), R"({"page":1})");
}

TEST(Waiting, EndsInAFailureWhenNoRoomComesInTime) {
  Given given{an_actor(), a_success()};
  given.settings.waiting_secs_max = 100;
  given.then_happens(a_start(), 5);
  EXPECT_EQ(deadline(given.run()), at(105));
  given.when(DeadlineReached{kRun}, 104).then_nothing();
  given.then_happens(DeadlineReached{kRun}, 105);
  EXPECT_EQ(status(given), "FAILED");
  given.then_happens(Resurrect{kRun}, 200);
  EXPECT_EQ(deadline(given.run()), at(300)) << "counted anew";
  given.then_happens(Admit{kRun}, 210);
  EXPECT_EQ(deadline(given.run()), at(210) + kStartWithin) << "who is admitted waits no more";
}

TEST(Waiting, IsWithoutALimitWhereThereIsNone) {
  Given given{an_actor(), a_success()};
  given.settings.waiting_secs_max = 0;
  given.then_happens(a_start(), 5);
  EXPECT_EQ(deadline(given.run()), std::nullopt);
}

constexpr std::string_view kItem = policy::kItemEvent;

/// RUNNING since second 10; an item of its default dataset costs 0.1 USD, and 0.2 USD are the most.
Given a_run_with_paid_items(bool one_time = false) {
  std::vector<Past> run = a_run();
  auto& created = std::get<events::RunCreated>(run.front().event);
  created.pricing = pay_per_event();
  created.pricing->prices.push_back({std::string(kItem), kPagePrice, one_time});
  created.options.max_total_charge_usd = 0.2;
  Given given{an_actor(), a_success(), run};
  given.then_happens(Admit{kRun}, 1).then_happens(ReportFenced{kRun, given.epoch(), 5}, 2);
  given.then_happens(ReportStarted{kRun, given.epoch()}, 10);
  return given;
}
engine::Proposed items(std::uint64_t count) {
  return on_run(events::RunCharged{std::string(kItem), count, kPagePrice});
}
template <class E>
bool asks_for(const engine::Effects& effects) {
  return std::any_of(effects.begin(), effects.end(),
                     [](const auto& each) { return std::holds_alternative<E>(each); });
}

TEST(PaidItems, AreChargedByTheirTotalSoThatARepeatChargesNothing) {
  Given given = a_run_with_paid_items();
  given.when(ReportItems{kRun, 1}, 15).then({items(1)});
  given.then_happens(ReportItems{kRun, 1}, 15);
  given.when(ReportItems{kRun, 1}, 16).then_nothing();
  given.when(ReportItems{kRun, 0}, 16).then_nothing();
  given.then_happens(ReportItems{kRun, 5}, 16);
  EXPECT_EQ(charges(given).counts.at(std::string(kItem)), 5U);
  EXPECT_EQ(deadline(given.run()), at(16) + policy::kChargeGrace) << "the limit is reached";
}

TEST(PaidItems, CostNothingWhereNobodyPutAPriceOnThem) {
  a_paid_run().when(ReportItems{kRun, 9}, 15).then_nothing();
  a_live_run().when(ReportItems{kRun, 9}, 15).then_nothing();
  Given once = a_run_with_paid_items(true);
  once.when(ReportItems{kRun, 9}, 15).then({items(1)});
}

TEST(PaidItems, ThatComeWithTheEndAreChargedAfterIt) {
  Given given = a_run_with_paid_items();
  given.then_happens(ReportItems{kRun, 1}, 15);
  EXPECT_TRUE(asks_for<engine::decision::CountItems>(outstanding(given.run())))
      << "a crash may have come before they were counted";
  given.then_happens(exited(given, 0), 16);
  EXPECT_EQ(status(given), "SUCCEEDED");
  given.when(ReportItems{kRun, 3}, 17).then({items(2)});
  given.then_happens(ReportItems{kRun, 3}, 17);
  EXPECT_EQ(charges(given).nano_usd, 3 * kPagePrice);
  EXPECT_EQ(deadline(given.run()), std::nullopt);
  EXPECT_TRUE(given.effects.empty()) << "nobody is told that a run which is over is aborted soon";
  Resurrect again{kRun, {}, {}};
  given.when(again, 20).then_fails(Code::kInvalidArgument, "higher maxTotalChargeUsd");
  again.options.max_total_charge_usd = 1;
  given.then_happens(again, 20);
  EXPECT_EQ(charges(given).stop_at, std::nullopt);
}

TEST(PaidItems, AreCountedWhenAnAttemptEndsAndOnlyWhereTheyArePaid) {
  const auto at_the_end = [](Given given) {
    events::AttemptEnded ended;
    ended.epoch = given.epoch();
    ended.ended_at = at(20);
    given.happens({{stream_of(kRun), ended, 20}});
    return asks_for<engine::decision::CountItems>(given.effects);
  };
  EXPECT_TRUE(at_the_end(a_run_with_paid_items()));
  EXPECT_FALSE(at_the_end(a_paid_run()));
  EXPECT_FALSE(at_the_end(a_live_run()));
  EXPECT_FALSE(asks_for<engine::decision::CountItems>(outstanding(a_paid_run().run())));
}

TEST(PaidItems, NeverOverflow) {
  Given given = a_run_with_paid_items();
  given.then_happens(ReportItems{kRun, UINT64_MAX}, 15);
  EXPECT_EQ(charges(given).nano_usd, policy::kChargedNanoUsdMax);
  given.when(ReportItems{kRun, UINT64_MAX}, 16).then_nothing();
}

}  // namespace
}  // namespace actuary::tests
