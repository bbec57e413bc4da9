#include "tests/projections/world.h"

namespace actuary::tests {
namespace {

using events::AttemptCause;
using events::Evidence;
using projections::rows::Order;
using projections::runs::RunRow;

/// Attempt `number` of run 1: begins at `from`, runs a second later; returns its epoch.
Position attempt(World& world, std::uint32_t number, std::int64_t from,
                 AttemptCause cause = AttemptCause::kFirstStart) {
  world.happens(from, {on_run(1, events::AttemptBegan{cause, number, at(from + 60)})});
  const Position epoch = world.views->applied();
  world.happens(from, {on_run(1, events::AttemptFenced{epoch, 100 + number})});
  world.happens(from + 1, {on_run(1, events::AttemptStarted{epoch, at(from + 1), at(from + 301)})});
  return epoch;
}

events::AttemptEnded ended(Position epoch, std::int64_t seconds, std::int64_t active_seconds,
                           int code) {
  events::AttemptEnded event;
  event.epoch = epoch;
  event.exit_code = code;
  event.ended_at = at(seconds);
  event.active_micros = active_seconds * 1'000'000;
  event.memory_mbytes = 1024;
  return event;
}

TEST(RunRow, ACreatedRunIsReadyAndKnowsWhatItWasAskedFor) {
  World world;
  world.happens(10, {on_run(1, run_created(1))});
  const RunRow row = world.run_row(1);
  EXPECT_EQ(row.status, "READY");
  EXPECT_EQ(row.started_at, at(10).utc);
  EXPECT_EQ(row.finished_at, std::nullopt);
  EXPECT_EQ(row.exit_code, std::nullopt);
  EXPECT_EQ(row.options, run_created(1).options);
  EXPECT_EQ(row.meta, run_created(1).meta);
  EXPECT_EQ(row.dataset_id, storage(11));
  EXPECT_EQ(row.input_bytes, 17U);
  EXPECT_EQ(row.image_id, "cafe");
  EXPECT_EQ(current_epoch(row), 0U);
}

TEST(RunRow, AHeldRunSaysWhyUntilItsAttemptBegins) {
  World world;
  world.happens(10, {on_run(1, run_created(1)), on_run(1, events::RunHeld{"waiting for memory"})});
  EXPECT_EQ(world.run_row(1).status_message, "waiting for memory");
  EXPECT_EQ(world.run_row(1).held_reason, "waiting for memory");
  attempt(world, 1, 20);
  EXPECT_EQ(world.run_row(1).status_message, "");
  EXPECT_EQ(world.run_row(1).held_reason, "");
}

TEST(RunRow, ASucceededRunHasItsExitCodeTimesAndDefaultMessage) {
  World world;
  world.happens(10, {on_run(1, run_created(1))});
  const Position epoch = attempt(world, 1, 12);
  EXPECT_EQ(world.run_row(1).status, "RUNNING");
  EXPECT_EQ(world.run_row(1).timeout_at, at(313));
  EXPECT_EQ(active_duration(world.run_row(1), at(20)), Seconds(7));
  world.happens(40, {on_run(1, ended(epoch, 39, 26, 0)),
                     on_run(1, events::RunFinished{events::Outcome::kSucceeded, 0,
                                                   "Actor finished with exit code 0"})});
  const RunRow row = world.run_row(1);
  EXPECT_EQ(row.status, "SUCCEEDED");
  EXPECT_EQ(row.exit_code, 0);
  EXPECT_EQ(row.finished_at, at(40).utc);
  EXPECT_EQ(row.status_message, "Actor finished with exit code 0");
  EXPECT_EQ(active_duration(row, at(1000)), Seconds(26));
  EXPECT_EQ(wall_clock_span(row, at(1000).utc), Seconds(30));
  EXPECT_DOUBLE_EQ(compute_units(row, at(1000)), 26.0 / 3600.0);
  ASSERT_EQ(row.attempts.size(), 1U);
  EXPECT_EQ(row.attempts[0].epoch, epoch);
  EXPECT_EQ(row.attempts[0].storage_sequence, 101U);
  EXPECT_EQ(row.attempts[0].evidence, Evidence::kExitReport);
  EXPECT_EQ(row.attempts[0].ended_at, at(39));
}

TEST(RunRow, AMessageOfTheActorSurvivesTheFinish) {
  World world;
  world.happens(10, {on_run(1, run_created(1))});
  const Position epoch = attempt(world, 1, 12);
  world.happens(13, {on_run(1, events::StatusMessageSet{"crawled 5", true})});
  world.happens(14, {on_run(1, ended(epoch, 14, 1, 1)),
                     on_run(1, events::RunFinished{events::Outcome::kFailed, 1, "exit code 1"})});
  EXPECT_EQ(world.run_row(1).status_message, "crawled 5");
  EXPECT_EQ(world.run_row(1).is_status_message_terminal, true);
}

TEST(RunRow, AResurrectionClearsTheEndAndKeepsTheHistory) {
  World world;
  world.happens(10, {on_run(1, run_created(1))});
  const Position first = attempt(world, 1, 10);
  world.happens(12, {on_run(1, events::StatusMessageSet{"done", true})});
  world.happens(20, {on_run(1, ended(first, 20, 9, 1)),
                     on_run(1, events::RunFinished{events::Outcome::kFailed, 1, "exit code 1"})});
  events::RunResurrected again;
  again.build_id = build(2);
  again.build_number = "0.1.2";
  again.options.memory_mbytes = 2048;
  world.happens(100, {on_run(1, again)});
  RunRow row = world.run_row(1);
  EXPECT_EQ(row.status, "RUNNING");
  EXPECT_EQ(row.finished_at, std::nullopt);
  EXPECT_EQ(row.exit_code, std::nullopt);
  EXPECT_EQ(row.is_status_message_terminal, std::nullopt);
  EXPECT_EQ(row.counters.resurrect, 1U);
  EXPECT_EQ(row.build_number, "0.1.2");
  EXPECT_EQ(row.started_at, at(10).utc);
  const Position second = attempt(world, 2, 100, AttemptCause::kResurrection);
  row = world.run_row(1);
  EXPECT_EQ(current_epoch(row), second);
  EXPECT_EQ(active_duration(row, at(104)), Seconds(9 + 3));
  EXPECT_DOUBLE_EQ(compute_units(row, at(104)), (9.0 + 2 * 3.0) / 3600.0);
}

TEST(RunRow, UsageOverAttemptsKeepsThePeakAndWeighsTheAverages) {
  World world;
  world.happens(10, {on_run(1, run_created(1))});
  EXPECT_EQ(total_usage(world.run_row(1)), events::ResourceUsage{});
  events::AttemptEnded first = ended(attempt(world, 1, 10), 20, 9, 1);
  first.usage = {10, 1000, 5000, 20.0, 90.0, 7, 8};
  world.happens(20, {on_run(1, first)});
  events::AttemptEnded second =
      ended(attempt(world, 2, 30, AttemptCause::kResurrection), 60, 29, 0);
  second.usage = {30, 2000, 4000, 40.0, 60.0, 100, 200};
  world.happens(60, {on_run(1, second)});
  EXPECT_EQ(total_usage(world.run_row(1)),
            (events::ResourceUsage{40, 1750, 5000, 35.0, 90.0, 107, 208}));
}

TEST(RunRow, ALateStartDoesNotBringAnAbortedRunBack) {
  World world;
  world.happens(10, {on_run(1, run_created(1))});
  world.happens(11, {on_run(1, events::AttemptBegan{AttemptCause::kFirstStart, 1, at(60)})});
  const Position epoch = world.views->applied();
  world.happens(12, {on_run(1, events::AbortRequested{events::AbortMode::kGraceful, at(42)})});
  world.happens(13, {on_run(1, events::AttemptStarted{epoch, at(13), std::nullopt})});
  EXPECT_EQ(world.run_row(1).status, "ABORTING");
  EXPECT_EQ(world.run_row(1).attempts[0].started_at, at(13));
}

TEST(RunRow, EachStatusHasTheSpellingOfTheApi) {
  World world;
  world.happens(10, {on_run(1, run_created(1))});
  attempt(world, 1, 10);
  world.happens(20, {on_run(1, events::TimeoutReached{at(30)})});
  EXPECT_EQ(world.run_row(1).status, "TIMING-OUT");
  world.happens(
      21, {on_run(1, events::RunFinished{events::Outcome::kTimedOut, std::nullopt, "timed out"})});
  EXPECT_EQ(world.run_row(1).status, "TIMED-OUT");
  world.happens(22, {on_run(1, events::RunResurrected{}),
                     on_run(1, events::RunFinished{events::Outcome::kAborted, 137, "aborted"})});
  EXPECT_EQ(world.run_row(1).status, "ABORTED");
}

TEST(RunRow, CausesAreCounted) {
  World world;
  world.happens(10, {on_run(1, run_created(1))});
  attempt(world, 1, 10);
  attempt(world, 2, 20, AttemptCause::kReboot);
  attempt(world, 3, 30, AttemptCause::kMigration);
  attempt(world, 4, 40, AttemptCause::kMigration);
  attempt(world, 5, 50, AttemptCause::kRestart);
  attempt(world, 6, 60, AttemptCause::kMetamorph);
  const projections::runs::RunCounters expected{
      .resurrect = 0, .reboot = 1, .migration = 2, .restart = 1, .metamorph = 1};
  EXPECT_EQ(world.run_row(1).counters, expected);
}

TEST(RunRow, ADeletedRunLeavesATombstoneWithoutPersonalData) {
  World world;
  world.happens(10, {on_run(1, run_created(1)),
                     on_run(1, events::RunFinished{events::Outcome::kFailed, 91, "no image"})});
  world.happens(50, {on_run(1, events::RunDeleted{"older than 7 days"})}, PrincipalKind::kSystem);
  const RunRow row = world.run_row(1);
  ASSERT_TRUE(row.deleted.has_value());
  EXPECT_EQ(row.deleted->reason, "older than 7 days");
  EXPECT_EQ(row.deleted->deleted_by, PrincipalKind::kSystem);
  EXPECT_EQ(row.deleted->deleted_at, at(50).utc);
  EXPECT_EQ(row.status, "FAILED");
  EXPECT_EQ(row.exit_code, 91);
  EXPECT_EQ(row.meta, events::Meta{});
  EXPECT_EQ(world.views->runs().list_of_user(user(1)).value().total, 0U);
  EXPECT_EQ(world.views->runs().list_of_actor(actor(1)).value().total, 0U);
}

class RunLists : public testing::Test {
 protected:
  RunLists() {
    for (int i = 1; i <= 6; ++i) {
      events::RunCreated event = run_created(i, i % 2 == 0 ? 2 : 1);
      event.meta.origin = i <= 3 ? events::Origin::kCli : events::Origin::kApi;
      world.happens(i * 10, {on_run(i, event)});
    }
    world.happens(100, {on_run(9, run_created(9, 1, 2))});
    world.happens(101, {on_run(3, events::RunFinished{events::Outcome::kFailed, 1, "x"})});
  }
  using Numbers = std::vector<RunId>;
  static Numbers ids(const projections::rows::Page<RunRow>& page) {
    Numbers found;
    for (const RunRow& row : page.rows) found.push_back(row.id);
    return found;
  }
  World world;
};

TEST_F(RunLists, OfAUserAreOrderedAndPaged) {
  const auto all = world.views->runs().list_of_user(user(1)).value();
  EXPECT_EQ(ids(all), (Numbers{run(1), run(2), run(3), run(4), run(5), run(6)}));
  const auto page =
      world.views->runs()
          .list_of_user(user(1), {}, {.offset = 1, .limit = 2, .order = Order::kNewestFirst})
          .value();
  EXPECT_EQ(ids(page), (Numbers{run(5), run(4)}));
  EXPECT_EQ(page.total, 6U);
}

TEST_F(RunLists, OfAnActorHoldOnlyItsRuns) {
  EXPECT_EQ(ids(world.views->runs().list_of_actor(actor(2)).value()),
            (Numbers{run(2), run(4), run(6)}));
}

TEST_F(RunLists, AreFilteredByStatusAndInclusiveTimes) {
  const auto failed =
      world.views->runs().list_of_user(user(1), {.statuses = {"FAILED", "ABORTED"}}).value();
  EXPECT_EQ(ids(failed), (Numbers{run(3)}));
  EXPECT_EQ(failed.total, 1U);
  const auto between =
      world.views->runs()
          .list_of_user(user(1), {.started_after = at(20).utc, .started_before = at(40).utc})
          .value();
  EXPECT_EQ(ids(between), (Numbers{run(2), run(3), run(4)}));
  const auto empty =
      world.views->runs()
          .list_of_user(user(1), {.started_after = at(40).utc, .started_before = at(20).utc})
          .value();
  EXPECT_EQ(empty.total, 0U);
}

TEST_F(RunLists, LastOfAnActorIsTheNewestThatMatches) {
  const auto& runs = world.views->runs();
  EXPECT_EQ(runs.last_of_actor(actor(1)).value()->id, run(9));
  EXPECT_EQ(runs.last_of_actor(actor(1), {.status = "FAILED"}).value()->id, run(3));
  EXPECT_EQ(runs.last_of_actor(actor(2), {.origin = events::Origin::kCli}).value()->id, run(2));
  EXPECT_EQ(runs.last_of_actor(actor(2), {.status = "SUCCEEDED"}).value(), std::nullopt);
  EXPECT_EQ(runs.last_of_actor(actor(7)).value(), std::nullopt);
}

}  // namespace
}  // namespace actuary::tests
