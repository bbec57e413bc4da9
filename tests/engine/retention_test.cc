#include "engine/policy/retention.h"

#include "engine/decision/settings.h"
#include "tests/engine/given.h"

namespace actuary::tests {
namespace {

using engine::policy::AgedBuild;
using engine::policy::AgedRun;
using engine::policy::expiries;
using engine::policy::Retention;

constexpr Seconds kDay{86'400};

Timestamp day(int number) { return Timestamp{Seconds{1'700'000'000}} + number * kDay; }

AgedRun run(std::string_view name, int started, std::optional<int> finished,
            std::string_view build = "build") {
  AgedRun aged{id_of<RunId>(name), kUser, id_of<BuildId>(build), day(started), {}, false};
  if (finished) aged.finished_at = day(*finished);
  return aged;
}

std::vector<std::string> ids(const std::vector<engine::policy::Expiry>& expiries) {
  std::vector<std::string> found;
  for (const auto& each : expiries) {
    std::string name = each.stream.id.str();
    found.push_back(name.substr(0, name.find('x')));
  }
  return found;
}

using Names = std::vector<std::string>;

TEST(RetentionPolicy, KeepsEverythingUnlessItIsTold) {
  EXPECT_TRUE(Retention{}.keeps_everything());
  EXPECT_TRUE(expiries({}, {run("r1", 0, 0)}, {{kBuild, day(0), false}}).empty());
}

TEST(RetentionPolicy, CountsARunsAgeFromItsEndAndNamesTheRule) {
  const auto found = expiries({30 * kDay, 0, {}}, {run("r1", 1, 5), run("r2", 2, 3)}, {});
  EXPECT_EQ(ids(found), (Names{"r2", "r1"}));
  EXPECT_EQ(found[1].due, day(35));
  EXPECT_EQ(found[1].reason, "ended more than 30 days ago, and is not one of the 0 newest");
}

TEST(RetentionPolicy, NeverDeletesWhatIsNotOver) {
  EXPECT_TRUE(
      expiries({Seconds{0}, 0, Seconds{0}}, {run("r1", 1, {})}, {{kBuild, {}, false}}).empty());
}

TEST(RetentionPolicy, KeepsEachUsersNewestEndedRuns) {
  AgedRun other = run("r0", 0, 0);
  other.user_id = id_of<UserId>("other");
  const auto found = expiries({Seconds{0}, 1, {}},
                              {run("r1", 1, 9), run("r2", 2, 2), run("r3", 3, {}), other}, {});
  EXPECT_EQ(ids(found), Names{"r1"});
}

TEST(RetentionPolicy, ADeletedRunTakesNobodysPlaceAmongTheNewest) {
  AgedRun gone = run("r9", 9, 9);
  gone.deleted = true;
  EXPECT_TRUE(expiries({Seconds{0}, 1, {}}, {gone, run("r1", 1, 1)}, {}).empty());
}

TEST(RetentionPolicy, NeverDeletesARunOnHoldWhateverItsAge) {
  AgedRun held = run("r1", 1, 1);
  held.on_hold = true;
  EXPECT_EQ(ids(expiries({Seconds{0}, 0, {}}, {held, run("r2", 2, 2)}, {})), Names{"r2"});
  EXPECT_TRUE(expiries({Seconds{0}, 1, {}}, {held, run("r2", 0, 0)}, {}).empty())
      << "a run on hold takes nobody's place among the newest";
}

/// A resurrection continues the Actor that the run became, so it needs that build's image.
TEST(RetentionPolicy, KeepsTheBuildsThatAKeptRunBecame) {
  AgedRun became = run("r1", 1, 1, "b1");
  became.became = {id_of<BuildId>("b2")};
  const std::vector<AgedBuild> builds{{id_of<BuildId>("b2"), day(1), false}};
  EXPECT_TRUE(expiries({{}, 0, kDay}, {became}, builds).empty());
  became.deleted = true;
  EXPECT_EQ(ids(expiries({{}, 0, kDay}, {became}, builds)), Names{"b2"});
}

TEST(RetentionPolicy, DeletesABuildOnlyWithoutTagWithoutRunAndUnused) {
  AgedRun past = run("r1", 50, 51, "b1");
  past.deleted = true;
  const std::vector<AgedBuild> builds{{id_of<BuildId>("b1"), day(1), false},
                                      {id_of<BuildId>("b2"), day(2), false},
                                      {id_of<BuildId>("b3"), day(3), true},
                                      {id_of<BuildId>("b4"), day(4), false}};
  const auto found = expiries({{}, 0, 90 * kDay}, {past, run("r2", 4, 4, "b4")}, builds);
  EXPECT_EQ(ids(found), (Names{"b2", "b1"}));
  EXPECT_EQ(found[0].due, day(92));
  EXPECT_EQ(found[1].due, day(140)) << "90 days after its last run began";
}

TEST(RetentionPolicy, IsReadBackFromTheJournalAsItWasAdopted) {
  engine::decision::Settings settings;
  EXPECT_EQ(engine::decision::settings_of(adopted(settings)).retention, Retention{});
  settings.retention = {kDay, 3, {}};
  EXPECT_EQ(engine::decision::settings_of(adopted(settings)).retention, settings.retention);
}

TEST(RetentionPolicy, NeverTakesTheZeroesOfAnOldRecordForAnAge) {
  EXPECT_TRUE(engine::decision::settings_of(
                  events::SettingsAdopted{.runs_kept_us = Seconds{0}, .builds_kept_us = Seconds{0}})
                  .retention.keeps_everything());
}

using Storages = std::vector<engine::policy::AgedStorage>;

TEST(RetentionPolicy, CountsAStoragesAgeFromItsLastUseAndGivesTheDayThatIsNotRecorded) {
  const Storages storages{{id_of<StorageId>("s1"), day(9)}, {id_of<StorageId>("s2"), day(1)}};
  const auto found = expiries({{}, 0, {}, 7 * kDay}, {}, {}, storages);
  EXPECT_EQ(ids(found), (Names{"s2", "s1"}));
  EXPECT_EQ(found[0].due, day(8) + 7 * kDay / 8) << "a use is recorded so often";
  EXPECT_EQ(found[0].reason, "unnamed, no run's, and unused for more than 7 days");
  EXPECT_TRUE(expiries({kDay, 0, kDay, {}}, {}, {}, storages).empty()) << "kept unless asked for";
  EXPECT_EQ(engine::policy::use_recorded_every({{}, 0, {}, 90 * kDay}), kDay);
}

TEST(RetentionPolicy, SettingsOfProgramsThatKnewNoStoragesDeleteNone) {
  engine::decision::Settings settings;
  settings.retention = {30 * kDay, 3, {}, 7 * kDay};
  auto recorded = engine::decision::adopted(settings);
  EXPECT_EQ(engine::decision::settings_of(recorded).retention, settings.retention);
  recorded.retention_policy = 1;
  recorded.storages_kept_us = Microseconds{0};  // how an absent field is read
  EXPECT_EQ(engine::decision::settings_of(recorded).retention.storages, std::nullopt);
}

namespace storage = engine::storage;
const StorageId kOne = id_of<StorageId>("one");

Given an_unnamed_dataset() {
  return Given{{{stream_of(kOne), events::StorageCreated{kOne, events::StorageKind::kDataset, kUser,
                                                         "", "", RunId{}, ActorId{}}}}};
}
engine::executor::Command use() { return storage::Command{storage::Use{kOne}}; }
engine::executor::Command delete_unused(Timestamp since) {
  return storage::Command{storage::Delete{kOne, "retention", since}};
}
constexpr int kDaySeconds = 86'400;

TEST(UnnamedStorage, ItsUsesAreRecordedOnceADay) {
  Given given = an_unnamed_dataset();
  given.when(use(), kDaySeconds - 1).then_nothing();
  given.when(use(), kDaySeconds).then({{stream_of(kOne), events::StorageUsed{}}});
  given.then_happens(use(), kDaySeconds);
  given.when(use(), kDaySeconds + 5).then_nothing();
  given.settings.retention.storages = Seconds{80};
  given.when(use(), kDaySeconds + 9).then_nothing();
  given.when(use(), kDaySeconds + 10).then({{stream_of(kOne), events::StorageUsed{}}});
}

TEST(UnnamedStorage, ThatWasUsedOrNamedMeanwhileIsNotDeletedByAge) {
  Given given = an_unnamed_dataset();
  given.when(delete_unused(at(0).utc), 9)
      .then({{stream_of(kOne), events::StorageDeleted{"retention"}}});
  given.then_happens(use(), kDaySeconds);
  given.when(delete_unused(at(0).utc), kDaySeconds).then_fails(Code::kVersionConflict, "used");
  EXPECT_TRUE(given.when(delete_unused(at(kDaySeconds).utc), kDaySeconds + 1).decision());
  given.then_happens(storage::Command{storage::Change{kOne, "kept", {}, {}}}, kDaySeconds + 2);
  given.when(delete_unused(at(2 * kDaySeconds).utc), 2 * kDaySeconds)
      .then_fails(Code::kForbidden, "named");
  given.when(use(), 9 * kDaySeconds).then_nothing();
}

TEST(UnnamedStorage, ARunsOwnIsKeptWithItsRunAndNeedsNoUses) {
  a_live_run().when(storage::Command{storage::Use{kDataset}}, 9 * kDaySeconds).then_nothing();
}

}  // namespace
}  // namespace actuary::tests
