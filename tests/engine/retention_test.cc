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

}  // namespace
}  // namespace actuary::tests
