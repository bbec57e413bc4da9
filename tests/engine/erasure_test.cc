// Nobody shall read any more who asked for something: which keys that destroys.

#include <gtest/gtest.h>

#include "tests/engine/given.h"

namespace actuary::tests {
namespace {

namespace account = engine::account;
namespace build = engine::build;
using engine::executor::Command;
using engine::run::Delete;
using engine::run::ErasePersonal;
using engine::run::Resurrect;
using events::Outcome;
using Keys = std::vector<std::uint64_t>;

const ErasePersonal kErase{kRun, "asked for"};

events::Meta sealed(std::uint64_t address, std::uint64_t agent) {
  const auto text = [](std::uint64_t key) {
    return std::string(events::kPersonalPrefix) + std::to_string(key) + ":00";
  };
  return {events::Origin::kApi, text(address), text(agent)};
}

/// READY, asked for from where `meta` says.
Given a_run_of(const events::Meta& meta) {
  auto run = a_run();
  std::get<events::RunCreated>(run.front().event).meta = meta;
  return Given{an_actor(), a_success(), run};
}

Given finished(Given given) {
  return given.happens({{stream_of(kRun), events::RunFinished{Outcome::kFailed, 1, "ended"}, 20}});
}

engine::Proposed erased(Keys keys) {
  return on_run(events::PersonalDataErased{"asked for", std::move(keys)});
}

const engine::Proposed kNoted = on_run(events::CommandNoted{"ErasePersonal"});

TEST(Erasure, NamesEveryKeyOnce) {
  a_run_of(sealed(7, 7)).when(kErase).then({erased({7})});
  a_run_of(sealed(7, 8)).when(kErase).then({erased({7, 8})});
  Given again = finished(a_run_of(sealed(7, 7)));
  again.then_happens(Resurrect{kRun, {}, sealed(9, 7)}, 30);
  again.when(kErase, 31).then({erased({7, 9})});
}

TEST(Erasure, OfWhatWasRecordedInPlainIsAnEventWithoutKeys) {
  a_run_of({events::Origin::kApi, "192.0.2.7", "agent"}).when(kErase).then({erased({})});
}

TEST(Erasure, ASecondTimeAndOfNothingIsNoted) {
  a_run_of({}).when(kErase).then({kNoted});
  Given given = a_run_of(sealed(7, 7));
  given.then_happens(kErase, 1);
  given.when(kErase, 2).then({kNoted});
  EXPECT_EQ(facts_of(given.run())->meta.origin, events::Origin::kApi);
}

TEST(Erasure, AReasonThatIsTooLongForTheJournalDestroysNothing) {
  const std::string longest(1024, 'r');
  a_run_of(sealed(7, 7))
      .when(ErasePersonal{kRun, longest})
      .then({on_run(events::PersonalDataErased{longest, {7}})});
  a_run_of(sealed(7, 7))
      .when(ErasePersonal{kRun, longest + "r"})
      .then_fails(Code::kInvalidArgument);
}

TEST(Erasure, LeavesWhatAResurrectionSealsAfterwards) {
  Given given = finished(a_run_of(sealed(7, 7)));
  given.then_happens(kErase, 21);
  given.then_happens(Resurrect{kRun, {}, sealed(9, 9)}, 30);
  given.when(kErase, 31).then({erased({9})});
}

TEST(Erasure, IsTakenInEveryStatusAndChangesNothingElse) {
  const engine::run::Command at_once = engine::run::Abort{kRun};
  Given aborting = a_live_run();
  aborting.then_happens(Command{at_once}, 15);
  Given timing_out = a_live_run();
  timing_out.then_happens(engine::run::DeadlineReached{kRun}, 70);
  Given gone = a_finished_run(Outcome::kFailed);
  gone.then_happens(Delete{kRun, ""}, 30);
  for (Given given : {a_ready_run(), a_live_run(), aborting, timing_out,
                      a_finished_run(Outcome::kFailed), gone}) {
    given.when(kErase, 80).then({kNoted});
    const auto before = given.run();
    given.happens({{stream_of(kRun), events::PersonalDataErased{"asked for", {}}, 80}});
    EXPECT_EQ(given.run(), before);
    EXPECT_TRUE(given.effects.empty());
  }
  Given{an_actor()}.when(kErase).then_fails(Code::kNotFound);
}

TEST(Erasure, GoesWithTheDeletionOfARun) {
  Given given = finished(a_run_of(sealed(7, 8)));
  const auto decided = given.when(Delete{kRun, "old"}, 30).decision().value();
  EXPECT_EQ(std::get<events::RunDeleted>(decided.front().event),
            (events::RunDeleted{"old", {7, 8}}));
  given.then_happens(kErase, 30);
  const auto later = given.when(Delete{kRun, "old"}, 31).decision().value();
  EXPECT_EQ(std::get<events::RunDeleted>(later.front().event), (events::RunDeleted{"old", {}}));
}

TEST(Erasure, OfABuildIsAsOfARun) {
  auto past = a_build();
  std::get<events::BuildCreated>(past.back().event).meta = sealed(5, 5);
  Given given{an_actor(), past};
  const Command erase{build::Command{build::ErasePersonal{kBuild, "asked for"}}};
  const StreamId stream = stream_of(kBuild);
  given.when(erase).then({{stream, events::PersonalDataErased{"asked for", {5}}}});
  given.then_happens(Command{build::Command{build::Abort{kBuild}}}, 1);
  const auto deleted =
      given.when(Command{build::Command{build::Delete{kBuild, "old"}}}, 2).decision().value();
  EXPECT_EQ(std::get<events::BuildDeleted>(deleted.front().event),
            (events::BuildDeleted{"old", {5}}));
  given.then_happens(erase, 2);
  given.when(erase, 3).then({{stream, events::CommandNoted{"ErasePersonal"}}});
}

TEST(Erasure, OfAnAccountTakesTheNamesOfItsTokensAndLeavesTheTokens) {
  Given given{an_actor()};
  const auto named = [&](std::string_view id, std::uint64_t key) {
    const auto name = sealed(key, key).client_ip;
    given.then_happens(account::Command{account::CreateToken{kUser, id_of<TokenId>(id), name,
                                                             "hash of " + std::string(id)}},
                       1);
  };
  named("a", 3);
  named("b", 4);
  const account::Command erase = account::ErasePersonal{kUser, "asked for"};
  given.when(erase).then({{stream_of(kUser), events::PersonalDataErased{"asked for", {3, 4}}}});
  given.then_happens(erase, 2);
  EXPECT_NE(given.directory.find_token("hash of a"), nullptr);
  given.when(erase).then({{stream_of(kUser), events::CommandNoted{"ErasePersonal"}}});
}

}  // namespace
}  // namespace actuary::tests
