#include "tests/engine/given.h"

namespace actuary::tests {
namespace {

using namespace engine::run;  // NOLINT(google-build-using-namespace): the subject
using events::AttemptCause;
using events::Escalation;
using events::Evidence;
using events::Outcome;
namespace decision = engine::decision;

const ActorId kOther = id_of<ActorId>("other");
const BuildId kOtherBuild = id_of<BuildId>("otherbuild");

/// Another Actor of the same user, with a build of its own.
std::vector<Past> another_actor(const UserId& owner = kUser) {
  events::ActorProfile profile;
  profile.name = "other";
  events::BuildCreated created;
  created.build_id = kOtherBuild;
  created.actor_id = kOther;
  created.user_id = owner;
  created.build_number = "0.1.1";
  created.version = version("0.1");
  created.version.env_vars = {{"WHO", "other", false}};
  return {{stream_of(kOther), events::ActorCreated{kOther, owner, profile}},
          {stream_of(kOther), events::VersionPut{version("0.1")}},
          {stream_of(kOther), events::BuildNumberDrawn{"0.1", 1}},
          {stream_of(kOtherBuild), created},
          {stream_of(kOtherBuild), events::BuildStarted{at(1800)}},
          {stream_of(kOtherBuild), events::BuildSucceeded{image("other-image"), "", "", ""}},
          {stream_of(kOther), events::TagMoved{"latest", kOtherBuild, "0.1.1"}}};
}

Metamorph into_other(int number = 1) {
  return {kRun, kOther, "", "INPUT-METAMORPH-" + std::to_string(number)};
}

Given live_beside_another() {
  Given given = a_live_run();
  given.happens(another_actor());
  return given;
}

/// The replacement's container runs.
Given& restarted(Given& given, int second) {
  given.then_happens(exited(given, 137), second);
  given.then_happens(ReportFenced{kRun, given.epoch(), 9}, second);
  return given.then_happens(ReportStarted{kRun, given.epoch()}, second);
}

template <class E>
bool wants(const engine::Effects& effects) {
  for (const auto& each : effects) {
    if (std::holds_alternative<E>(each)) return true;
  }
  return false;
}

TEST(Reboot, KillsTheContainerAndBeginsTheNextAttemptWhenItIsGone) {
  Given given = a_live_run();
  given.when(Reboot{kRun}, 15)
      .then({on_run(events::ReplacementRequested{AttemptCause::kReboot, at(25)})});
  given.then_happens(Reboot{kRun}, 15);
  EXPECT_EQ(status(given), "RUNNING");
  EXPECT_TRUE(wants<decision::KillContainer>(given.effects));
  const Position before = given.epoch();
  given.then_happens(exited(given, 137), 16);
  EXPECT_EQ(status(given), "RUNNING");
  EXPECT_GT(given.epoch(), before);
  EXPECT_TRUE(wants<decision::FenceStorages>(given.effects));
}

TEST(Reboot, InFlightIsTheOneThatWasAskedFor) {
  Given given = a_live_run();
  given.then_happens(Reboot{kRun}, 15);
  given.when(Reboot{kRun}, 16).then_names({"CommandNoted"});
  given.then_happens(exited(given, 137), 16);
  given.when(Reboot{kRun}, 17).then_names({"CommandNoted"});
}

TEST(Reboot, KeepsTheTimeoutOfTheRun) {
  Given given = a_live_run();
  given.then_happens(Reboot{kRun}, 15);
  EXPECT_EQ(deadline(restarted(given, 16).run()), at(70));
}

TEST(Reboot, EscalatesAndEndsInADeclaredLoss) {
  Given given = a_live_run();
  given.then_happens(Reboot{kRun}, 15);
  EXPECT_EQ(deadline(given.run()), at(25));
  given.when(DeadlineReached{kRun}, 25)
      .then({on_run(events::StopEscalated{Escalation::kRemove, at(35)})});
  given.then_happens(DeadlineReached{kRun}, 25).then_happens(DeadlineReached{kRun}, 35);
  EXPECT_EQ(status(given), "FAILED") << "a second container beside a lost one is never started";
}

TEST(Reboot, AnAbortWinsOverIt) {
  Given given = a_live_run();
  given.then_happens(Reboot{kRun}, 15).then_happens(Abort{kRun}, 16);
  given.then_happens(exited(given, 0), 17);
  EXPECT_EQ(status(given), "ABORTED");
}

TEST(Reboot, OfAFinishedRunSaysSo) {
  a_finished_run(Outcome::kSucceeded)
      .when(Reboot{kRun}, 30)
      .then_fails(Code::kJobFinished, "already finished");
}

TEST(Metamorph, GoesOnAsTheOtherActorWithAnInputOfItsOwn) {
  Given given = live_beside_another();
  given.when(into_other(), 15).then_names({"RunMetamorphed", "ReplacementRequested"});
  given.then_happens(into_other(), 15);
  EXPECT_TRUE(is_being_replaced(given.run()));
  restarted(given, 16);
  const Facts& facts = *facts_of(given.run());
  EXPECT_EQ(facts.actor_id, kOther);
  EXPECT_EQ(facts.build_id, kOtherBuild);
  EXPECT_EQ(facts.image.id, "other-image");
  EXPECT_EQ(facts.input_key, "INPUT-METAMORPH-1");
  EXPECT_EQ(facts.key_value_store_id, kStore);
  EXPECT_EQ(facts.options, options()) << "options stay the run's";
  EXPECT_FALSE(is_being_replaced(given.run()));
}

TEST(Metamorph, IsPossibleTenTimes) {
  Given given = live_beside_another();
  for (int i = 1; i <= 10; ++i) {
    given.then_happens(into_other(i), 15);
    restarted(given, 16);
  }
  given.when(into_other(11), 17).then_fails(Code::kLimitExceeded, "at most 10");
}

TEST(Metamorph, RefusesWhatIsNotThereAndChangesNothing) {
  const Given given = live_beside_another();
  given.when(Metamorph{kRun, id_of<ActorId>("nobody"), "", "INPUT-METAMORPH-1"}, 15)
      .then_fails(Code::kNotFound, "Actor was not found");
  given.when(Metamorph{kRun, kOther, "9.9.9", "INPUT-METAMORPH-1"}, 15).then_fails(Code::kNotFound);
  given.when(into_other(2), 15).then_fails(Code::kVersionConflict);
  Given foreign = a_live_run();
  foreign.happens(another_actor(id_of<UserId>("somebody")));
  foreign.when(into_other(), 15).then_fails(Code::kNotFound, "Actor was not found");
  Given finished = a_finished_run(Outcome::kSucceeded);
  finished.when(into_other(), 30).then_fails(Code::kJobFinished, "already finished");
}

TEST(Metamorph, OnePerContainer) {
  Given given = live_beside_another();
  given.then_happens(into_other(), 15);
  given.when(into_other(2), 15).then_fails(Code::kUnavailable);
}

TEST(Metamorph, AResurrectionContinuesAsTheOtherActor) {
  Given given = live_beside_another();
  given.then_happens(into_other(), 15);
  restarted(given, 16).then_happens(exited(given, 1), 20);
  given.then_happens(Resurrect{kRun}, 30);
  EXPECT_EQ(facts_of(given.run())->actor_id, kOther);
  EXPECT_EQ(facts_of(given.run())->input_key, "INPUT-METAMORPH-1");
}

/// The container of an attempt that never came to be.
ReportExited never_there(const Given& given) {
  ReportExited report{kRun, given.epoch()};
  report.evidence = Evidence::kProvenEmpty;
  report.detail = "the container was removed";
  return report;
}

TEST(Attempt, ThatARuntimeOutOfReachPutsOffStaysReadyForADayAndSaysWhy) {
  Given given = a_fenced_run();
  const Hold delayed{kRun, "nobody listens"};
  const auto held =
      events::RunHeld{"The container runtime is out of reach since " + to_iso(at(20).utc) +
                      ", the start waits for it: nobody listens"};
  given.when(delayed, 20).then({on_run(held)});
  given.then_happens(delayed, 20);
  given.when(delayed, 23).then_nothing();
  given.when(DeadlineReached{kRun}, 3'600).then_nothing();
  EXPECT_TRUE(wants<decision::StartContainer>(outstanding(given.run())));
  given.when(ReportStarted{kRun, given.epoch()}, 3'600)
      .then({on_run(events::AttemptStarted{given.epoch(), at(3'600), at(3'660)})});
  given.when(DeadlineReached{kRun}, 86'401)
      .then({on_run(events::StopEscalated{Escalation::kRemove, at(86'411)})});
  given.then_happens(Abort{kRun}, 30);
  EXPECT_TRUE(wants<decision::KillContainer>(given.effects));
  given.when(ReportStartFailed{kRun, given.epoch(), "stopped"}, 31)
      .then_names({"AttemptEnded", "RunFinished"});
}

TEST(Attempt, ThatIsPutOffDoesNotOutliveTheRunsTimeout) {
  Given given = a_live_run();
  given.then_happens(Reboot{kRun}, 20);
  given.then_happens(never_there(given), 21);
  given.then_happens(ReportFenced{kRun, given.epoch(), 9}, 22);
  given.then_happens(Hold{kRun, "nobody listens"}, 23);
  given.then_happens(DeadlineReached{kRun}, 70);
  given.when(never_there(given), 71).then_names({"AttemptEnded", "RunFinished"});
  given.then_happens(never_there(given), 71);
  EXPECT_EQ(status_of(given.run()), "TIMED-OUT");
}

}  // namespace
}  // namespace actuary::tests
