#include "tests/projections/world.h"

namespace actuary::tests {
namespace {

using projections::actors::ActorRow;
using projections::builds::BuildRow;

events::BuildCreated build_created(int number, int actor_number = 1) {
  events::BuildCreated event;
  event.build_id = build(number);
  event.actor_id = actor(actor_number);
  event.user_id = user(1);
  event.build_number = "0.1." + std::to_string(number);
  event.version.number = "0.1";
  event.version.env_vars = {{"NAME", "sealed", true}};
  event.tag = "latest";
  event.memory_mbytes = 4096;
  event.meta.origin = events::Origin::kCli;
  return event;
}

events::ActorCreated actor_created(int number, const std::string& name) {
  events::ActorCreated event;
  event.actor_id = actor(number);
  event.user_id = user(1);
  event.profile.name = name;
  return event;
}

BuildRow build_row(const World& world, int number) {
  return world.views->builds().get(build(number)).value().value();
}
ActorRow actor_row(const World& world, int number) {
  return world.views->actors().get(actor(number)).value().value();
}

TEST(BuildRow, FollowsABuildThatSucceeds) {
  World world;
  world.happens(10, {on_build(1, build_created(1))});
  EXPECT_EQ(build_row(world, 1).status, "READY");
  EXPECT_EQ(build_row(world, 1).version, build_created(1).version);
  world.happens(20, {on_build(1, events::BuildStarted{at(1820)})});
  EXPECT_EQ(build_row(world, 1).status, "RUNNING");
  EXPECT_EQ(active_duration(build_row(world, 1), at(25)), Seconds(5));
  events::BuildSucceeded succeeded{{"cafe", "{}", 9}, "{\"a\":1}", "{\"b\":2}", "# Readme"};
  world.happens(30, {on_build(1, succeeded)});
  const BuildRow row = build_row(world, 1);
  EXPECT_EQ(row.status, "SUCCEEDED");
  EXPECT_EQ(row.started_at, at(10).utc);
  EXPECT_EQ(row.finished_at, at(30).utc);
  EXPECT_EQ(row.image, succeeded.image);
  EXPECT_EQ(row.actor_definition, "{\"a\":1}");
  EXPECT_EQ(row.input_schema, "{\"b\":2}");
  EXPECT_EQ(row.readme, "# Readme");
  EXPECT_EQ(active_duration(row, at(99)), Seconds(10));
  EXPECT_DOUBLE_EQ(compute_units(row, at(99)), 4.0 * 10 / 3600);
}

TEST(BuildRow, EachEndHasItsStatusAndReason) {
  World world;
  for (int i = 1; i <= 3; ++i) world.happens(i, {on_build(i, build_created(i))});
  world.happens(10, {on_build(1, events::BuildFailed{"no Dockerfile"})});
  world.happens(11, {on_build(2, events::BuildAbortRequested{at(20)})});
  EXPECT_EQ(build_row(world, 2).status, "ABORTING");
  world.happens(12, {on_build(2, events::BuildAborted{"by its user"})});
  world.happens(13, {on_build(3, events::BuildTimeoutReached{at(20)})});
  EXPECT_EQ(build_row(world, 3).status, "TIMING-OUT");
  world.happens(14, {on_build(3, events::BuildTimedOut{"1800 s"})});
  EXPECT_EQ(build_row(world, 1).status, "FAILED");
  EXPECT_EQ(build_row(world, 1).reason, "no Dockerfile");
  EXPECT_EQ(build_row(world, 2).status, "ABORTED");
  EXPECT_EQ(build_row(world, 3).status, "TIMED-OUT");
}

TEST(BuildRow, ListsHoldTheBuildsThatAreNotDeleted) {
  World world;
  for (int i = 1; i <= 3; ++i) world.happens(i, {on_build(i, build_created(i, i == 2 ? 2 : 1))});
  EXPECT_EQ(world.views->builds().list_of_user(user(1)).value().total, 3U);
  EXPECT_EQ(world.views->builds().list_of_actor(actor(1)).value().total, 2U);
  world.happens(9, {on_build(3, events::BuildDeleted{"unused"})});
  const auto left = world.views->builds().list_of_actor(actor(1)).value();
  ASSERT_EQ(left.rows.size(), 1U);
  EXPECT_EQ(left.rows[0].id, build(1));
  EXPECT_EQ(build_row(world, 3).deleted->reason, "unused");
  EXPECT_EQ(build_row(world, 3).build_number, "0.1.3");
}

TEST(BuildNumber, AsAnIntegerKeepsTheOrder) {
  using projections::builds::build_number_int;
  EXPECT_EQ(build_number_int("0.1.7"), 100'007U);
  EXPECT_EQ(build_number_int("12.34.56"), 123'400'056U);
  EXPECT_EQ(build_number_int("0.1"), 0U);
  EXPECT_EQ(build_number_int("0.1.7x"), 0U);
  EXPECT_EQ(build_number_int(""), 0U);
}

TEST(ActorRow, KeepsItsVersionsAndModificationTime) {
  World world;
  world.happens(10, {on_actor(1, actor_created(1, "hello"))});
  events::ActorVersion version;
  version.number = "0.1";
  version.build_tag = "latest";
  world.happens(20, {on_actor(1, events::VersionPut{version})});
  version.build_tag = "beta";
  world.happens(30, {on_actor(1, events::VersionPut{version})});
  ActorRow row = actor_row(world, 1);
  ASSERT_EQ(row.versions.size(), 1U);
  EXPECT_EQ(row.versions[0].build_tag, "beta");
  EXPECT_EQ(row.created_at, at(10).utc);
  EXPECT_EQ(row.modified_at, at(30).utc);
  EXPECT_EQ(find_version(row, "0.1"), &row.versions[0]);
  EXPECT_EQ(find_version(row, "0.2"), nullptr);
  world.happens(40, {on_actor(1, events::VersionDeleted{"0.1"})});
  EXPECT_TRUE(actor_row(world, 1).versions.empty());
  EXPECT_EQ(actor_row(world, 1).modified_at, at(40).utc);
}

TEST(ActorRow, ATagShowsTheBuildAndWhenItFinished) {
  World world;
  world.happens(10, {on_actor(1, actor_created(1, "hello"))});
  world.happens(11,
                {on_actor(1, events::BuildNumberDrawn{"0.1", 1}), on_build(1, build_created(1))});
  world.happens(20, {on_actor(1, events::TagMoved{"latest", build(1), "0.1.1"}),
                     on_build(1, events::BuildSucceeded{})});
  world.happens(50, {on_actor(1, events::TagMoved{"beta", build(1), "0.1.1"})});
  const projections::actors::TagRow expected{build(1), "0.1.1", at(20).utc};
  EXPECT_EQ(actor_row(world, 1).tags.at("latest"), expected);
  EXPECT_EQ(actor_row(world, 1).tags.at("beta"), expected);
  EXPECT_EQ(actor_row(world, 1).modified_at, at(10).utc);
  world.happens(60, {on_actor(1, events::TagRemoved{"beta"})});
  EXPECT_FALSE(actor_row(world, 1).tags.contains("beta"));
  EXPECT_EQ(actor_row(world, 1).last_builds.at("0.1"), 1U);
}

TEST(ActorRow, CountsItsBuildsAndRuns) {
  World world;
  world.happens(10, {on_actor(1, actor_created(1, "hello")), on_build(1, build_created(1)),
                     on_run(1, run_created(1))});
  world.happens(20, {on_run(2, run_created(2)), on_run(3, run_created(3, 2))});
  EXPECT_EQ(actor_row(world, 1).total_builds, 1U);
  EXPECT_EQ(actor_row(world, 1).total_runs, 2U);
  EXPECT_EQ(actor_row(world, 1).last_run_started_at, at(20).utc);
}

TEST(ActorRow, IsFoundByItsPresentNameOnly) {
  World world;
  world.happens(10, {on_actor(1, actor_created(1, "old"))});
  events::ActorProfile profile;
  profile.name = "new";
  world.happens(20, {on_actor(1, events::ActorProfileChanged{profile})});
  const auto& actors = world.views->actors();
  EXPECT_EQ(actors.find(user(1), "old").value(), std::nullopt);
  EXPECT_EQ(actors.find(user(1), "new").value()->id, actor(1));
  EXPECT_EQ(actors.find(user(2), "new").value(), std::nullopt);
}

TEST(ActorRow, ADeletedActorIsGoneAndItsNameIsFree) {
  World world;
  world.happens(10, {on_actor(1, actor_created(1, "hello")), on_build(1, build_created(1))});
  world.happens(20, {on_actor(1, events::ActorDeleted{"by its user"})});
  world.happens(30, {on_actor(1, events::TagMoved{"latest", build(1), "0.1.1"}),
                     on_build(1, events::BuildSucceeded{})});
  const auto& actors = world.views->actors();
  EXPECT_EQ(actors.get(actor(1)).value(), std::nullopt);
  EXPECT_EQ(actors.list_of_user(user(1)).value().total, 0U);
  world.happens(40, {on_actor(2, actor_created(2, "hello"))});
  EXPECT_EQ(actors.find(user(1), "hello").value()->id, actor(2));
}

}  // namespace
}  // namespace actuary::tests
