#include "tests/engine/given.h"

namespace actuary::tests {
namespace {

using namespace engine::run;  // NOLINT(google-build-using-namespace): the subject
using events::AttemptCause;
using events::Escalation;
using events::Evidence;
using events::Outcome;
using Effects = engine::Effects;
namespace decision = engine::decision;

events::AttemptEnded ended(const Given& given, Evidence evidence, int second, int active_seconds,
                           std::optional<std::int32_t> code = std::nullopt) {
  events::AttemptEnded e;
  e.epoch = given.epoch();
  e.evidence = evidence;
  e.exit_code = code;
  e.ended_at = at(second);
  e.active_micros = active_seconds * 1'000'000LL;
  e.memory_mbytes = 1024;
  return e;
}

ReportExited gone(const Given& given) {
  ReportExited report{kRun, given.epoch()};
  report.evidence = Evidence::kProvenEmpty;
  report.detail = "the container was removed";
  return report;
}

template <class E>
bool wants(const Effects& effects) {
  for (const auto& each : effects) {
    if (std::holds_alternative<E>(each)) return true;
  }
  return false;
}

Start start() {
  Start command;
  command.run_id = kRun;
  command.actor_id = kActor;
  command.user_id = kUser;
  command.key_value_store_id = kStore;
  command.dataset_id = kDataset;
  command.request_queue_id = kQueue;
  command.input_key = "INPUT";
  return command;
}

TEST(StartingARun, FreezesBuildAndOptionsAndBindsItsStorages) {
  auto created = run_created(0);
  created.options.timeout_secs = 0;
  created.wait_until = at(24 * 3600);
  using events::StorageKind;
  Given{an_actor(), a_success()}.when(start()).then(
      {on_run(created),
       {stream_of(kStore), storage_created(kStore, StorageKind::kKeyValueStore)},
       {stream_of(kDataset), storage_created(kDataset, StorageKind::kDataset)},
       {stream_of(kQueue), storage_created(kQueue, StorageKind::kRequestQueue)}});
}

TEST(StartingARun, NeedsASuccessfulBuild) {
  Given{an_actor()}.when(start()).then_fails(Code::kUnknownBuildTag, "Has the Actor been built");
  auto numbered = start();
  numbered.options.build = "0.1.1";
  Given{an_actor()}.when(numbered).then_fails(Code::kNotFound);
  Given{an_actor(), a_build()}.when(numbered).then_fails(Code::kBuildNotFinished);
  Given{an_actor(), a_success()}.when(numbered).then_names(
      {"RunCreated", "StorageCreated", "StorageCreated", "StorageCreated"});
}

TEST(StartingARun, NeedsAnActorAndANewId) {
  Given{}.when(start()).then_fails(Code::kNotFound, "Actor was not found");
  a_ready_run().when(start()).then_fails(Code::kNotUnique);
}

TEST(StartingARun, RefusesWhatTheHostCanNeverGive) {
  auto big = start();
  big.options.memory_mbytes = 8192;
  Given{an_actor(), a_success()}
      .with({{4096, 65536}, 2})
      .when(big)
      .then_fails(Code::kLimitExceeded, "memory limit of 4096 MB");
  Given{an_actor(), a_success()}
      .with({{8192, 16383}, 2})
      .when(big)
      .then_fails(Code::kLimitExceeded, "disk");
}

TEST(Admission, BeginsAnAttemptWithADeadline) {
  a_ready_run()
      .when(Admit{kRun}, 3)
      .then({on_run(events::AttemptBegan{AttemptCause::kFirstStart, 1, at(123)})});
  a_begun_run().when(Admit{kRun}, 3).then_nothing();
  a_live_run().when(Admit{kRun}, 20).then_nothing();
}

TEST(Admission, SaysWhyARunWaitsOnlyOnce) {
  Given given = a_ready_run();
  given.when(Hold{kRun, "no room"}).then({on_run(events::RunHeld{"no room"})});
  given.then_happens(Hold{kRun, "no room"}, 1);
  given.when(Hold{kRun, "no room"}).then_nothing();
}

TEST(Attempt, IsFencedThenStartedThenLive) {
  Given given = a_begun_run();
  EXPECT_TRUE(wants<decision::FenceStorages>(given.effects));
  given.when(ReportFenced{kRun, given.epoch(), 9})
      .then({on_run(events::AttemptFenced{given.epoch(), 9})});
  given.then_happens(ReportFenced{kRun, given.epoch(), 9}, 2);
  EXPECT_TRUE(wants<decision::StartContainer>(given.effects));
  given.when(ReportStarted{kRun, given.epoch()}, 10)
      .then({on_run(events::AttemptStarted{given.epoch(), at(10), at(70)})});
}

TEST(Attempt, IgnoresReportsOfAnotherEpoch) {
  const Given given = a_live_run();
  ReportExited report = exited(given, 0);
  report.epoch -= 1;
  given.when(report, 20).then_nothing();
  given.when(ReportStarted{kRun, given.epoch() + 1}, 20).then_nothing();
  given.when(ReportStartFailed{kRun, given.epoch() - 1, "old"}, 20).then_nothing();
  given.when(ReportFenced{kRun, given.epoch() - 1, 1}, 20).then_nothing();
  given.when(ReportStartFailed{kRun, given.epoch(), "late"}, 20).then_nothing();
  a_finished_run(Outcome::kFailed, 1).when(report, 30).then_nothing();
}

TEST(Attempt, FailsWhenItsContainerCannotStart) {
  const Given given = a_fenced_run();
  auto never = ended(given, Evidence::kNeverStarted, 5, 0);
  never.detail = "no space";
  given.when(ReportStartFailed{kRun, given.epoch(), "no space"}, 5)
      .then({on_run(never), on_run(events::RunFinished{Outcome::kFailed, std::nullopt,
                                                       "Actor could not start: no space"})});
}

TEST(Attempt, ThatTakesTooLongToStartIsRemovedAndThenLost) {
  Given given = a_fenced_run();
  given.when(DeadlineReached{kRun}, 120).then_nothing();
  given.when(DeadlineReached{kRun}, 121)
      .then({on_run(events::StopEscalated{Escalation::kRemove, at(131)})});
  given.then_happens(DeadlineReached{kRun}, 121);
  EXPECT_TRUE(wants<decision::RemoveContainer>(given.effects));
  auto never = ended(given, Evidence::kNeverStarted, 122, 0);
  never.detail = "the container was removed";
  given.when(gone(given), 122)
      .then({on_run(never),
             on_run(events::RunFinished{Outcome::kFailed, std::nullopt,
                                        "Actor could not start: the container was removed"})});
  given.when(DeadlineReached{kRun}, 131).then_names({"AttemptEnded", "RunFinished"});
}

TEST(Attempt, ThatWasGivenUpIsNotStartedByALateFence) {
  Given given = a_begun_run();
  given.then_happens(DeadlineReached{kRun}, 121);
  given.when(ReportFenced{kRun, given.epoch(), 9}, 122).then_nothing();
  Given again = a_finished_run(Outcome::kFailed, 1);
  again.then_happens(Resurrect{kRun, {}, {}}, 30).then_happens(Admit{kRun}, 30);
  again.then_happens(DeadlineReached{kRun}, 150);
  again.when(ReportFenced{kRun, again.epoch(), 9}, 151).then_nothing();
}

TEST(Exit, ZeroSucceedsAndAnythingElseFails) {
  const Given given = a_live_run();
  given.when(exited(given, 0), 25)
      .then(
          {on_run(ended(given, Evidence::kExitReport, 25, 15, 0)),
           on_run(events::RunFinished{Outcome::kSucceeded, 0, "Actor finished with exit code 0"})});
  given.when(exited(given, 91), 25)
      .then(
          {on_run(ended(given, Evidence::kExitReport, 25, 15, 91)),
           on_run(events::RunFinished{Outcome::kFailed, 91, "Actor finished with exit code 91"})});
}

TEST(Exit, BeforeTheStartWasReportedMeansBoth) {
  const Given given = a_fenced_run();
  given.when(exited(given, 0), 5)
      .then(
          {on_run(events::AttemptStarted{given.epoch(), at(5), at(65)}),
           on_run(ended(given, Evidence::kExitReport, 5, 0, 0)),
           on_run(events::RunFinished{Outcome::kSucceeded, 0, "Actor finished with exit code 0"})});
}

TEST(Exit, ThatNobodySawIsNoSuccess) {
  const Given given = a_live_run();
  ReportExited report = gone(given);
  report.exit_code = 0;
  const auto outcome = given.when(report, 25);
  outcome.then_names({"AttemptEnded", "RunFinished"});
  EXPECT_EQ(std::get<events::RunFinished>((*outcome.decision())[1].event).outcome,
            Outcome::kFailed);
}

TEST(Exit, OutOfMemorySaysSo) {
  const Given given = a_live_run();
  ReportExited report = exited(given, 137);
  report.out_of_memory = true;
  const auto outcome = given.when(report, 25);
  EXPECT_NE(std::get<events::RunFinished>((*outcome.decision())[1].event)
                .reason.find("ran out of memory (limit 1024 MB)"),
            std::string::npos);
}

TEST(Restart, OnErrorBeginsTheNextAttemptAtOnce) {
  const Given given = a_restarting_run(0);
  auto end = ended(given, Evidence::kExitReport, 20, 10, 7);
  given.when(exited(given, 7), 20)
      .then({on_run(end),
             on_run(events::AttemptBegan{AttemptCause::kRestart, 2, at(20) + kStartWithin})});
  Given next = given;
  next.then_happens(exited(given, 7), 20);
  EXPECT_EQ(status(next), "RUNNING");
  EXPECT_TRUE(wants<decision::FenceStorages>(next.effects));
  EXPECT_NE(next.epoch(), given.epoch());
  next.then_happens(exited(given, 0), 21);
  EXPECT_EQ(status(next), "RUNNING") << "the old container's report is stale";
}

TEST(Restart, HappensAtMostThreeTimesInSixtySeconds) {
  Given given = a_restarting_run(3);
  Given soon = given;
  soon.then_happens(exited(given, 1), 69);
  EXPECT_EQ(status(soon), "FAILED");
  Given later = a_restarting_run(3);
  later.then_happens(exited(given, 1), 70);
  EXPECT_EQ(status(later), "RUNNING") << "what is a minute old is forgiven";
}

TEST(Restart, IsNotForSuccessNorForWhatNobodySawNorWithoutTheOption) {
  const Given given = a_restarting_run(0);
  Given success = given;
  success.then_happens(exited(given, 0), 20);
  EXPECT_EQ(status(success), "SUCCEEDED");
  Given unseen = given;
  unseen.then_happens(gone(given), 20);
  EXPECT_EQ(status(unseen), "FAILED");
  Given plain = a_live_run();
  plain.then_happens(exited(plain, 1), 20);
  EXPECT_EQ(status(plain), "FAILED");
}

TEST(Restart, KeepsTheTimeoutAndNeverOverridesAStop) {
  Given given = a_restarting_run(1);
  EXPECT_EQ(deadline(given.run()), at(70));
  Given aborted = given;
  aborted.then_happens(Abort{kRun}, 20).then_happens(exited(given, 137), 21);
  EXPECT_EQ(status(aborted), "ABORTED");
  given.then_happens(DeadlineReached{kRun}, 70).then_happens(exited(given, 137), 71);
  EXPECT_EQ(status(given), "TIMED-OUT");
}

TEST(Abort, AtOnceKillsAndEscalates) {
  Given given = a_live_run();
  given.when(Abort{kRun}, 15).then({on_run(events::AbortRequested{AbortMode::kImmediate, at(25)})});
  given.then_happens(Abort{kRun}, 15);
  EXPECT_TRUE(wants<decision::KillContainer>(given.effects));
  given.then_happens(DeadlineReached{kRun}, 25);
  EXPECT_TRUE(wants<decision::RemoveContainer>(given.effects));
  auto lost = ended(given, Evidence::kDeclaredLost, 35, 25);
  lost.detail = "the container runtime answered neither kill nor remove";
  given.when(DeadlineReached{kRun}, 35)
      .then({on_run(lost), on_run(events::RunFinished{Outcome::kAborted, std::nullopt,
                                                      "Actor run was aborted"})});
}

TEST(Abort, GracefulKillsAfterThirtySecondsThenRemovesThenDeclares) {
  Given given = a_live_run();
  given.when(Abort{kRun, AbortMode::kGraceful}, 15)
      .then({on_run(events::AbortRequested{AbortMode::kGraceful, at(45)})});
  given.then_happens(Abort{kRun, AbortMode::kGraceful}, 15);
  EXPECT_TRUE(wants<decision::AnnounceToContainer>(given.effects));
  EXPECT_FALSE(wants<decision::KillContainer>(given.effects));
  given.when(DeadlineReached{kRun}, 44).then_nothing();
  given.when(DeadlineReached{kRun}, 45)
      .then({on_run(events::StopEscalated{Escalation::kKill, at(55)})});
  given.then_happens(DeadlineReached{kRun}, 45);
  EXPECT_TRUE(wants<decision::KillContainer>(given.effects));
  EXPECT_FALSE(wants<decision::AnnounceToContainer>(outstanding(given.run())));
  given.when(DeadlineReached{kRun}, 55)
      .then({on_run(events::StopEscalated{Escalation::kRemove, at(65)})});
  given.then_happens(DeadlineReached{kRun}, 55);
  given.when(DeadlineReached{kRun}, 65).then_names({"AttemptEnded", "RunFinished"});
  given.then_happens(DeadlineReached{kRun}, 65);
  EXPECT_EQ(status(given), "ABORTED");
}

TEST(Abort, FromReadyNeedsNoContainer) {
  const auto aborted =
      on_run(events::RunFinished{Outcome::kAborted, std::nullopt, "Actor run was aborted"});
  a_ready_run().when(Abort{kRun, AbortMode::kGraceful}, 1).then({aborted});
  const Given begun = a_begun_run();
  auto never = ended(begun, Evidence::kNeverStarted, 2, 0);
  never.detail = "aborted before its container was made";
  begun.when(Abort{kRun}, 2).then({on_run(never), aborted});
  // The container may exist already: only evidence ends it, and there is nobody to be graceful to.
  a_fenced_run()
      .when(Abort{kRun, AbortMode::kGraceful}, 5)
      .then({on_run(events::AbortRequested{AbortMode::kImmediate, at(15)})});
}

TEST(Abort, AtOnceShortensAGracefulOneAndAnythingElseIsNoted) {
  Given given = a_live_run();
  given.then_happens(Abort{kRun, AbortMode::kGraceful}, 15);
  const auto noted = on_run(events::CommandNoted{"Abort"});
  given.when(Abort{kRun, AbortMode::kGraceful}, 16).then({noted});
  given.when(Abort{kRun}, 17).then({on_run(events::AbortRequested{AbortMode::kImmediate, at(27)})});
  given.then_happens(Abort{kRun}, 17);
  EXPECT_TRUE(wants<decision::KillContainer>(given.effects));
  given.when(Abort{kRun}, 18).then({noted});
}

TEST(Abort, OfAFinishedRunChangesNothing) {
  for (const auto outcome :
       {Outcome::kSucceeded, Outcome::kFailed, Outcome::kTimedOut, Outcome::kAborted}) {
    a_finished_run(outcome).when(Abort{kRun}, 30).then({on_run(events::CommandNoted{"Abort"})});
  }
}

TEST(Abort, WinsOverExitZeroAndOverATimeout) {
  Given aborting = a_live_run();
  aborting.then_happens(Abort{kRun, AbortMode::kGraceful}, 15);
  aborting.then_happens(exited(aborting, 0), 16);
  EXPECT_EQ(status(aborting), "ABORTED");
  Given timing_out = a_live_run();
  timing_out.then_happens(DeadlineReached{kRun}, 70).then_happens(Abort{kRun}, 71);
  timing_out.then_happens(exited(timing_out, 0), 72);
  EXPECT_EQ(status(timing_out), "ABORTED");
}

TEST(Abort, KillsAgainWhenTheStartIsReportedLate) {
  Given given = a_fenced_run();
  given.then_happens(Abort{kRun}, 5);
  given.when(ReportStarted{kRun, given.epoch()}, 6)
      .then({on_run(events::AttemptStarted{given.epoch(), at(6), at(66)})});
  given.then_happens(ReportStarted{kRun, given.epoch()}, 6);
  EXPECT_EQ(status(given), "ABORTING");
  EXPECT_TRUE(wants<decision::KillContainer>(given.effects));
  EXPECT_EQ(deadline(given.run()), std::optional(at(15)));
}

TEST(Abort, EndsWhenTheStartFailed) {
  Given given = a_fenced_run();
  given.then_happens(Abort{kRun}, 5);
  given.then_happens(ReportStartFailed{kRun, given.epoch(), "no space"}, 6);
  EXPECT_EQ(status(given), "ABORTED");
}

TEST(Timeout, StopsTheContainerAndExitZeroStaysTimedOut) {
  Given given = a_live_run(60);
  given.when(DeadlineReached{kRun}, 69).then_nothing();
  given.when(DeadlineReached{kRun}, 70).then({on_run(events::TimeoutReached{at(80)})});
  given.then_happens(DeadlineReached{kRun}, 70);
  EXPECT_EQ(status(given), "TIMING-OUT");
  EXPECT_TRUE(wants<decision::KillContainer>(given.effects));
  const auto outcome = given.when(exited(given, 0), 71);
  outcome.then(
      {on_run(ended(given, Evidence::kExitReport, 71, 61, 0)),
       on_run(events::RunFinished{Outcome::kTimedOut, 0, "Actor timed out after 60 seconds"})});
  given.when(DeadlineReached{kRun}, 80)
      .then({on_run(events::StopEscalated{Escalation::kRemove, at(90)})});
}

TEST(Timeout, ZeroMeansNone) {
  const Given given = a_live_run(0);
  EXPECT_EQ(deadline(given.run()), std::nullopt);
  given.when(DeadlineReached{kRun}, 1'000'000).then_nothing();
}

TEST(Timeout, CountsAnewAfterAResurrection) {
  Given given = a_finished_run(Outcome::kTimedOut, 137);
  given.then_happens(Resurrect{kRun, {}, {}}, 100).then_happens(Admit{kRun}, 101);
  given.then_happens(ReportFenced{kRun, given.epoch(), 7}, 102);
  given.when(ReportStarted{kRun, given.epoch()}, 110)
      .then({on_run(events::AttemptStarted{given.epoch(), at(110), at(170)})});
}

TEST(Resurrection, KeepsTheExactBuildUnlessAnotherIsAskedFor) {
  for (const auto outcome :
       {Outcome::kSucceeded, Outcome::kFailed, Outcome::kTimedOut, Outcome::kAborted}) {
    Given given = a_finished_run(outcome);
    const BuildId newer = id_of<BuildId>("newer");
    given.happens(a_success(newer, 2));  // "latest" is another build now
    const auto until = std::optional(at(30 + 24 * 3600));
    const events::RunResurrected same{kBuild, "0.1.1", run_created().image, options(), {},
                                      {},     until};
    given.when(Resurrect{kRun, {}, {}}, 30).then({on_run(same)});
    Resurrect other{kRun, {}, {}};
    other.options.build = "latest";
    other.options.memory_mbytes = 2048;
    other.options.timeout_secs = 0;
    given.when(other, 30).then({on_run(events::RunResurrected{
        newer, "0.1.2", image("image-" + newer.str()), options(0, 2048), {}, {}, until})});
  }
}

TEST(Resurrection, KeepsIdsAndStoragesAndNumbersTheAttempt) {
  Given given = a_finished_run(Outcome::kFailed, 1);
  const Facts before = *facts_of(given.run());
  given.then_happens(Resurrect{kRun, {}, {}}, 30);
  EXPECT_EQ(status(given), "RUNNING");
  EXPECT_EQ(attempt_of(given.run()), nullptr);
  const Facts& after = *facts_of(given.run());
  EXPECT_EQ(after.run_id, before.run_id);
  EXPECT_EQ(after.dataset_id, before.dataset_id);
  EXPECT_EQ(after.key_value_store_id, before.key_value_store_id);
  EXPECT_EQ(after.request_queue_id, before.request_queue_id);
  EXPECT_EQ(after.created_at, before.created_at);
  given.when(Admit{kRun}, 31)
      .then({on_run(events::AttemptBegan{AttemptCause::kResurrection, 2, at(151)})});
  given.when(Abort{kRun}, 31).then_names({"RunFinished"});
}

TEST(Resurrection, NeedsAFinishedRunAndPossibleOptions) {
  a_ready_run().when(Resurrect{kRun, {}, {}}).then_fails(Code::kRunNotFinished);
  a_live_run().when(Resurrect{kRun, {}, {}}).then_fails(Code::kRunNotFinished);
  Given{}.when(Resurrect{kRun, {}, {}}).then_fails(Code::kNotFound);
  Resurrect odd{kRun, {}, {}};
  odd.options.memory_mbytes = 1000;
  a_finished_run(Outcome::kFailed).when(odd).then_fails(Code::kInvalidArgument, "power of two");
  odd.options.memory_mbytes = 16384;
  a_finished_run(Outcome::kFailed).when(odd).then_fails(Code::kLimitExceeded, "8192 MB");
  odd.options = {};
  odd.options.build = "beta";
  a_finished_run(Outcome::kFailed).when(odd).then_fails(Code::kUnknownBuildTag);
}

TEST(Deletion, TakesTheUnnamedStoragesAlong) {
  Given given = a_finished_run(Outcome::kSucceeded);
  given.happens({{stream_of(kDataset), events::StorageChanged{"my-data", "", ""}}});
  const events::StorageDeleted with_run{"its run was deleted"};
  given.when(Delete{kRun, "by its user"}, 30)
      .then({on_run(events::RunDeleted{"by its user"}),
             {stream_of(kStore), with_run},
             {stream_of(kQueue), with_run}});
  given.then_happens(Delete{kRun, "by its user"}, 30);
  EXPECT_NE(given.directory.find_storage(kDataset), nullptr);
  EXPECT_EQ(given.directory.find_storage(kStore), nullptr);
  given.when(Delete{kRun, "again"}, 31).then_fails(Code::kNotFound);
  given.when(Resurrect{kRun, {}, {}}, 31).then_fails(Code::kNotFound);
}

TEST(Deletion, IsRefusedWhileTheRunIsNotFinished) {
  a_ready_run().when(Delete{kRun, ""}).then_fails(Code::kCannotRemoveRunning);
  a_live_run().when(Delete{kRun, ""}).then_fails(Code::kCannotRemoveRunning);
}

TEST(StatusMessage, IsFinalOnceItIsTerminal) {
  Given given = a_live_run();
  given.when(SetStatusMessage{kRun, "half", std::nullopt}, 15)
      .then({on_run(events::StatusMessageSet{"half", std::nullopt})});
  given.then_happens(SetStatusMessage{kRun, "done", true}, 16);
  const auto noted = on_run(events::CommandNoted{"SetStatusMessage"});
  given.when(SetStatusMessage{kRun, "late", std::nullopt}, 17).then({noted});
  given.when(SetStatusMessage{kRun, "late", false}, 17).then({noted});
  given.when(SetStatusMessage{kRun, "really", true}, 17)
      .then({on_run(events::StatusMessageSet{"really", true})});
}

TEST(StatusMessage, MayComeAfterTheFinishAndIsOpenAgainAfterAResurrection) {
  Given given = a_finished_run(Outcome::kSucceeded);
  given.then_happens(SetStatusMessage{kRun, "bye", true}, 21);
  given.then_happens(Resurrect{kRun, {}, {}}, 30);
  given.when(SetStatusMessage{kRun, "back", std::nullopt}, 31)
      .then({on_run(events::StatusMessageSet{"back", std::nullopt})});
}

TEST(Outstanding, IsWhatEachStatusStillNeeds) {
  EXPECT_TRUE(outstanding(a_ready_run().run()).empty());
  EXPECT_TRUE(wants<decision::FenceStorages>(outstanding(a_begun_run().run())));
  EXPECT_TRUE(wants<decision::StartContainer>(outstanding(a_fenced_run().run())));
  EXPECT_TRUE(outstanding(a_live_run().run()).empty());
  Given killed = a_live_run();
  killed.then_happens(Abort{kRun}, 15);
  EXPECT_TRUE(wants<decision::KillContainer>(outstanding(killed.run())));
  Given graceful = a_live_run();
  graceful.then_happens(Abort{kRun, AbortMode::kGraceful}, 15);
  EXPECT_TRUE(wants<decision::AnnounceToContainer>(outstanding(graceful.run())));
  Given unstarted = a_fenced_run();
  unstarted.then_happens(Abort{kRun}, 5);
  EXPECT_TRUE(wants<decision::RemoveContainer>(outstanding(unstarted.run())));
  EXPECT_TRUE(outstanding(a_finished_run(Outcome::kFailed).run()).empty());
}

}  // namespace
}  // namespace actuary::tests
