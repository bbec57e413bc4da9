#include "engine/executor/drain.h"
#include "engine/host/decider.h"
#include "engine/policy/admission.h"
#include "tests/engine/given.h"

namespace actuary::tests {
namespace {

using namespace engine::run;  // NOLINT(google-build-using-namespace): the subject
using engine::executor::Command;
using engine::executor::runs_to_migrate;
using events::AttemptCause;
using events::Escalation;
using events::Evidence;
using events::Outcome;
using Kind = engine::ports::Announcement::Kind;
namespace decision = engine::decision;
namespace host = engine::host;

template <class E>
const E* find(const engine::Effects& effects) {
  for (const auto& each : effects) {
    if (const auto* found = std::get_if<E>(&each)) return found;
  }
  return nullptr;
}

/// RUNNING since second 10 with a timeout at 70, told at second 15 to be gone at 45.
Given a_migrating_run() {
  Given given = a_live_run();
  return given.then_happens(Migrate{kRun, 30}, 15);
}

/// Its window is over, and its process is being killed.
Given a_stopped_run() {
  Given given = a_migrating_run();
  return given.then_happens(DeadlineReached{kRun}, 45);
}

Given drained(Given given, std::uint32_t window = 30) {
  given.then_happens(Command{host::Command{host::Drain{window, "new kernel"}}}, 14);
  return given;
}

/// Its container is gone, and its host takes nothing.
Given a_waiting_run() {
  Given given = drained(a_live_run());
  given.then_happens(Migrate{kRun, 30}, 15).then_happens(DeadlineReached{kRun}, 45);
  return given.then_happens(exited(given, 137), 46);
}

Given& live_again(Given& given, int second) {
  given.then_happens(ReportFenced{kRun, given.epoch(), 9}, second);
  return given.then_happens(ReportStarted{kRun, given.epoch()}, second);
}

TEST(Migrate, TellsTheActorAndStopsItOnlyWhenTheWindowIsOver) {
  a_live_run().when(Migrate{kRun, 30}, 15).then({on_run(events::MigrationRequested{at(45)})});
  const Given given = a_migrating_run();
  EXPECT_EQ(status(given), "RUNNING");
  EXPECT_EQ(find<decision::KillContainer>(given.effects), nullptr);
  const auto* told = find<decision::AnnounceToContainer>(given.effects);
  ASSERT_NE(told, nullptr);
  EXPECT_EQ(told->announcement.kind, Kind::kMigrating);
  EXPECT_EQ(told->announcement.at, at(15).utc);
  EXPECT_EQ(told->announcement.remaining, Seconds{30});
  EXPECT_EQ(deadline(given.run()), at(45));
  given.when(DeadlineReached{kRun}, 45)
      .then({on_run(events::ReplacementRequested{AttemptCause::kMigration, at(55)})});
  EXPECT_NE(find<decision::KillContainer>(a_stopped_run().effects), nullptr);
}

TEST(Migrate, GoesOnInAnotherContainerWithTheSameStoragesAndTimeout) {
  Given given = a_stopped_run();
  const Facts before = *facts_of(given.run());
  given.when(exited(given, 137), 46).then_names({"AttemptEnded", "AttemptBegan"});
  given.then_happens(exited(given, 137), 46);
  live_again(given, 47);
  const Facts& facts = *facts_of(given.run());
  EXPECT_EQ(facts.run_id, before.run_id);
  EXPECT_EQ(facts.key_value_store_id, before.key_value_store_id);
  EXPECT_EQ(facts.dataset_id, before.dataset_id);
  EXPECT_EQ(facts.request_queue_id, before.request_queue_id);
  EXPECT_EQ(facts.attempts, 2U);
  EXPECT_EQ(deadline(given.run()), at(70)) << "the timeout is the run's";
  EXPECT_FALSE(attempt_of(given.run())->migration) << "the new container was told nothing";
}

TEST(Migrate, IsToldAgainAfterARestartOfTheEngine) {
  const auto effects = outstanding(a_migrating_run().run());
  const auto* told = find<decision::AnnounceToContainer>(effects);
  ASSERT_NE(told, nullptr);
  EXPECT_EQ(told->announcement.at, at(15).utc) << "the same word, not another one";
  EXPECT_TRUE(outstanding(a_live_run().run()).empty());
}

TEST(Migrate, UnderWayIsTheOneThatWasAskedFor) {
  a_migrating_run().when(Migrate{kRun, 5}, 16).then_names({"CommandNoted"});
  a_stopped_run().when(Migrate{kRun, 5}, 46).then_names({"CommandNoted"});
  a_live_run().when(Migrate{kRun, 61}, 15).then_fails(Code::kInvalidArgument, "at most 60");
}

TEST(Migrate, AProcessThatEndsWithinTheWindowHasEndedByItself) {
  Given well = a_migrating_run();
  well.then_happens(exited(well, 0), 20);
  EXPECT_EQ(status(well), "SUCCEEDED");
  Given badly = a_migrating_run();
  badly.then_happens(exited(badly, 3), 20);
  EXPECT_EQ(status(badly), "FAILED");
}

TEST(Migrate, ASuccessThatCameBeforeTheKillIsNotDoneAgain) {
  Given given = a_stopped_run();
  given.when(exited(given, 0), 46).then_names({"AttemptEnded", "RunFinished"});
  given.then_happens(exited(given, 0), 46);
  EXPECT_EQ(status(given), "SUCCEEDED");
  Given rebooted = a_live_run();
  rebooted.then_happens(Reboot{kRun}, 15);
  rebooted.when(exited(rebooted, 0), 16).then_names({"AttemptEnded", "AttemptBegan"});
}

TEST(Migrate, ARebootEndsTheWindowAtOnce) {
  Given given = a_migrating_run();
  given.when(Reboot{kRun}, 20)
      .then({on_run(events::ReplacementRequested{AttemptCause::kReboot, at(30)})});
}

TEST(Migrate, AnAbortWinsOverIt) {
  for (const auto mode : {AbortMode::kImmediate, AbortMode::kGraceful}) {
    Given given = a_migrating_run();
    given.then_happens(Abort{kRun, mode}, 20);
    EXPECT_EQ(status(given), "ABORTING");
    EXPECT_EQ(deadline(given.run()), mode == AbortMode::kGraceful ? at(50) : at(30));
    given.then_happens(exited(given, 0), 21);
    EXPECT_EQ(status(given), "ABORTED");
  }
  Given stopped = a_stopped_run();
  stopped.then_happens(Abort{kRun, AbortMode::kGraceful}, 46)
      .then_happens(exited(stopped, 137), 47);
  EXPECT_EQ(status(stopped), "ABORTED");
}

TEST(Migrate, ATimeoutWithinTheWindowWins) {
  Given given = a_live_run();
  given.then_happens(Migrate{kRun, 60}, 15);
  EXPECT_EQ(deadline(given.run()), at(70));
  given.then_happens(DeadlineReached{kRun}, 70);
  EXPECT_EQ(status(given), "TIMING-OUT");
}

TEST(Migrate, WhatIsSpentIsAbortedAndNotMigrated) {
  Given given = a_paid_run();
  given.then_happens(Migrate{kRun, 60}, 15).then_happens(Charge{kRun, "page", 2}, 16);
  given.when(DeadlineReached{kRun}, 21).then_names({"AbortRequested"});
}

TEST(Migrate, EscalatesAndEndsInADeclaredLoss) {
  Given given = a_stopped_run();
  given.when(DeadlineReached{kRun}, 55)
      .then({on_run(events::StopEscalated{Escalation::kRemove, at(65)})});
  given.then_happens(DeadlineReached{kRun}, 55).then_happens(DeadlineReached{kRun}, 65);
  EXPECT_EQ(status(given), "FAILED") << "a second container beside a lost one is never started";
}

TEST(Migrate, OfAFinishedRunSaysSo) {
  a_finished_run(Outcome::kSucceeded)
      .when(Migrate{kRun, 30}, 30)
      .then_fails(Code::kJobFinished, "already finished");
}

TEST(Drain, AdmitsNothingAndSaysWhy) {
  const Given given = drained(a_ready_run());
  const auto admission = engine::policy::admit(given.directory, given.settings);
  EXPECT_TRUE(admission.runs.empty());
  EXPECT_TRUE(admission.builds.empty());
  ASSERT_EQ(admission.held.size(), 1U);
  EXPECT_NE(admission.held.front().second.find("being drained"), std::string::npos);
}

TEST(Drain, MigratesWhatRunsAndWhatComesToRun) {
  Given given = drained(a_live_run());
  EXPECT_EQ(runs_to_migrate(given.directory, given.aggregates), std::vector{kRun});
  given.then_happens(Migrate{kRun, 30}, 15);
  EXPECT_TRUE(runs_to_migrate(given.directory, given.aggregates).empty()) << "it was told";
  Given starting = drained(a_fenced_run());
  EXPECT_TRUE(runs_to_migrate(starting.directory, starting.aggregates).empty());
  starting.then_happens(ReportStarted{kRun, starting.epoch()}, 16);
  EXPECT_EQ(runs_to_migrate(starting.directory, starting.aggregates), std::vector{kRun});
  EXPECT_TRUE(runs_to_migrate(a_live_run().directory, a_live_run().aggregates).empty());
}

TEST(Drain, GivesTheRoomBackAndQueuesTheRun) {
  const Given given = a_waiting_run();
  EXPECT_EQ(status(given), "RUNNING");
  EXPECT_EQ(attempt_of(given.run()), nullptr);
  EXPECT_EQ(given.directory.memory_in_use_mbytes(), 0U);
  EXPECT_EQ(given.directory.runs_admitted(), 0U);
  EXPECT_TRUE(given.directory.admitted_runs().empty());
  EXPECT_EQ(given.directory.waiting_runs().size(), 1U);
}

TEST(Drain, AlsoQueuesWhatWouldRestartRebootOrMetamorph) {
  Given rebooted = drained(a_live_run());
  rebooted.then_happens(Reboot{kRun}, 15);
  rebooted.when(exited(rebooted, 137), 16).then_names({"AttemptEnded", "ReplacementQueued"});
  Given restarting = drained(a_restarting_run(0));
  restarting.when(exited(restarting, 1), 16).then_names({"AttemptEnded", "ReplacementQueued"});
}

TEST(Drain, WhatWasQueuedGoesOnWhenItEnds) {
  Given given = a_waiting_run();
  given.then_happens(Command{host::Command{host::EndDrain{}}}, 50);
  const auto admission = engine::policy::admit(given.directory, given.settings);
  ASSERT_EQ(admission.runs, std::vector{kRun});
  given.when(Admit{kRun}, 50)
      .then({on_run(events::AttemptBegan{AttemptCause::kMigration, 2, at(170)})});
  given.then_happens(Admit{kRun}, 50);
  EXPECT_EQ(given.directory.memory_in_use_mbytes(), 1024U);
  EXPECT_EQ(deadline(live_again(given, 51).run()), at(70));
}

TEST(Drain, TheTimeoutOfAWaitingRunGoesOn) {
  Given given = a_waiting_run();
  EXPECT_EQ(deadline(given.run()), at(70));
  given.then_happens(DeadlineReached{kRun}, 70);
  EXPECT_EQ(status(given), "TIMED-OUT");
  EXPECT_TRUE(given.directory.waiting_runs().empty());
}

TEST(Drain, NobodyWaitsForEver) {
  Given given = drained(a_live_run(0));
  given.then_happens(Migrate{kRun, 0}, 15).then_happens(DeadlineReached{kRun}, 15);
  given.then_happens(exited(given, 137), 16);
  EXPECT_EQ(deadline(given.run()), at(16 + 24 * 3600));
  given.then_happens(DeadlineReached{kRun}, 16 + 24 * 3600);
  EXPECT_EQ(status(given), "FAILED");
}

TEST(Drain, AWaitingRunIsAbortedAtOnce) {
  Given given = a_waiting_run();
  given.then_happens(Abort{kRun, AbortMode::kGraceful}, 50);
  EXPECT_EQ(status(given), "ABORTED");
  EXPECT_EQ(given.directory.find_demand(kRun), nullptr);
}

TEST(Drain, IsOneUntilItEnds) {
  const Given open{an_actor()};
  const auto drain = [](std::uint32_t window) {
    return Command{host::Command{host::Drain{window, "new kernel"}}};
  };
  open.when(drain(61)).then_fails(Code::kInvalidArgument, "at most 60");
  const Command too_long{host::Command{host::Drain{1, std::string(1025, 'x')}}};
  open.when(too_long).then_fails(Code::kInvalidArgument, "1024 bytes");
  open.when(Command{host::Command{host::EndDrain{}}}).then_names({"CommandNoted"});
  const Given draining = drained(open);
  draining.when(drain(30)).then_names({"CommandNoted"});
  draining.when(drain(5)).then_names({"DrainBegan"});
  draining.when(Command{host::Command{host::EndDrain{}}}).then_names({"DrainEnded"});
}

TEST(RetentionHold, NothingDeletesTheRunUntilItIsLifted) {
  Given given = a_finished_run(Outcome::kSucceeded);
  given.then_happens(PlaceHold{kRun, "evidence"}, 21);
  given.when(Delete{kRun, "retention"}, 22).then_fails(Code::kForbidden, "evidence");
  given.when(PlaceHold{kRun, "evidence"}, 22).then_names({"CommandNoted"});
  given.when(PlaceHold{kRun, ""}, 22).then_fails(Code::kInvalidArgument, "reason");
  given.then_happens(Resurrect{kRun}, 23).then_happens(Abort{kRun}, 24);
  given.when(Delete{kRun, "by its user"}, 25).then_fails(Code::kForbidden, "Lift the hold");
  given.then_happens(LiftHold{kRun, "solved"}, 26);
  given.then_happens(Delete{kRun, "by its user"}, 27);
  EXPECT_EQ(status(given), "EXPIRED");
}

TEST(DeleteBuild, RetentionTakesNothingThatGotATagOrARunMeanwhile) {
  const BuildId newer = id_of<BuildId>("newer");
  const Command remove{engine::build::Command{engine::build::Delete{kBuild, "retention"}}};
  Given tagged{an_actor(), a_success(), a_success(newer, 2)};
  tagged.when(remove).then_names({"BuildDeleted"});
  tagged.happens({{stream_of(kActor), events::TagMoved{"beta", kBuild, "0.1.1"}}});
  tagged.when(remove).then_fails(Code::kVersionConflict, "tag");
  Given used = a_live_run();
  used.happens(a_success(newer, 2));
  used.when(remove).then_fails(Code::kCannotRemoveRunning, "a run is using");
  used.then_happens(exited(used, 0), 20);
  used.when(remove).then_names({"BuildDeleted"});
}

}  // namespace
}  // namespace actuary::tests
