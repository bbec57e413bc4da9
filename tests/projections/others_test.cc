#include "tests/projections/world.h"

namespace actuary::tests {
namespace {

using events::StorageKind;
using projections::deadlines::DeadlineKind;
using projections::storages::Naming;

events::StorageCreated storage_created(int number, StorageKind kind, const std::string& name) {
  events::StorageCreated event;
  event.storage_id = storage(number);
  event.kind = kind;
  event.user_id = user(1);
  event.name = name;
  return event;
}

TEST(StorageRow, NamedOnesAreListedAndFoundUnnamedOnesOnRequest) {
  World world;
  world.happens(10, {on_storage(1, storage_created(1, StorageKind::kDataset, "mine")),
                     on_storage(2, storage_created(2, StorageKind::kDataset, "")),
                     on_storage(3, storage_created(3, StorageKind::kKeyValueStore, "mine"))});
  const auto& storages = world.views->storages();
  EXPECT_EQ(storages.list({user(1), StorageKind::kDataset, Naming::kNamedOnly}).value().total, 1U);
  EXPECT_EQ(storages.list({user(1), StorageKind::kDataset, Naming::kAlsoUnnamed}).value().total,
            2U);
  EXPECT_EQ(storages.find(user(1), StorageKind::kDataset, "mine").value()->id, storage(1));
  EXPECT_EQ(storages.find(user(1), StorageKind::kKeyValueStore, "mine").value()->id, storage(3));
  EXPECT_EQ(storages.find(user(1), StorageKind::kDataset, "").value(), std::nullopt);
}

TEST(StorageRow, ARenameMovesItsNameAndADeletionTakesEverything) {
  World world;
  world.happens(10, {on_storage(1, storage_created(1, StorageKind::kDataset, "old"))});
  world.happens(20, {on_storage(1, events::StorageChanged{"new", "Title", "RESTRICTED"})});
  const auto& storages = world.views->storages();
  EXPECT_EQ(storages.find(user(1), StorageKind::kDataset, "old").value(), std::nullopt);
  const auto row = storages.find(user(1), StorageKind::kDataset, "new").value().value();
  EXPECT_EQ(row.title, "Title");
  EXPECT_EQ(row.general_access, "RESTRICTED");
  EXPECT_EQ(row.created_at, at(10).utc);
  EXPECT_EQ(row.modified_at, at(20).utc);
  world.happens(30, {on_storage(1, events::StorageDeleted{"by its user"})});
  EXPECT_EQ(storages.get(storage(1)).value(), std::nullopt);
  EXPECT_EQ(storages.list({user(1), StorageKind::kDataset, Naming::kAlsoUnnamed}).value().total,
            0U);
}

TEST(StorageRow, BindingsOfARunAreItsDefaultStoragesByKind) {
  World world;
  std::vector<Happening> batch;
  const std::vector<StorageKind> kinds = {StorageKind::kRequestQueue, StorageKind::kDataset,
                                          StorageKind::kKeyValueStore};
  for (int i = 0; i < 3; ++i) {
    auto event = storage_created(i, kinds[static_cast<std::size_t>(i)], "");
    event.run_id = run(1);
    event.actor_id = actor(1);
    batch.push_back(on_storage(i, event));
  }
  world.happens(10, batch);
  const auto bindings = world.views->storages().bindings_of(run(1)).value();
  ASSERT_EQ(bindings.size(), 3U);
  EXPECT_EQ(bindings[0].kind, StorageKind::kKeyValueStore);
  EXPECT_EQ(bindings[1].kind, StorageKind::kDataset);
  EXPECT_EQ(bindings[2].kind, StorageKind::kRequestQueue);
  EXPECT_EQ(bindings[0].actor_id, actor(1));
  EXPECT_TRUE(world.views->storages().bindings_of(run(2)).value().empty());
}

TEST(AccountRows, TokensAreListedWithTheirUserAndRevocation) {
  World world;
  world.happens(10, {on_account(1, events::UserCreated{user(1), "zoe"}),
                     on_account(2, events::UserCreated{user(2), "ann"})});
  world.happens(20, {on_account(1, events::TokenCreated{token(1), "cli", "hash"})});
  world.happens(30, {on_account(1, events::TokenCreated{token(2), "ci", "hash"}),
                     on_account(1, events::TokenRevoked{token(1)})});
  const auto& accounts = world.views->accounts();
  const auto users = accounts.users().value();
  ASSERT_EQ(users.rows.size(), 2U);
  EXPECT_EQ(users.rows[0].username, "ann");
  EXPECT_EQ(accounts.find("zoe").value()->id, user(1));
  EXPECT_EQ(accounts.get(user(2)).value()->username, "ann");
  EXPECT_EQ(accounts.find("zo").value(), std::nullopt);
  EXPECT_EQ(accounts.tokens().value().total, 2U);
  EXPECT_EQ(accounts.tokens_of(user(2)).value().total, 0U);
  const auto tokens = accounts.tokens_of(user(1)).value();
  ASSERT_EQ(tokens.rows.size(), 2U);
  EXPECT_EQ(tokens.rows[0].name, "cli");
  EXPECT_EQ(tokens.rows[0].created_at, at(20).utc);
  EXPECT_EQ(tokens.rows[0].revoked_at, at(30).utc);
  EXPECT_EQ(tokens.rows[1].revoked_at, std::nullopt);
}

TEST(DeadlineRow, FollowsARunFromItsStartToItsEnd) {
  World world;
  const auto deadline = [&] { return world.views->deadlines().of(run(1)).value(); };
  world.happens(10, {on_run(1, run_created(1))});
  EXPECT_EQ(deadline(), std::nullopt);
  world.happens(11,
                {on_run(1, events::AttemptBegan{events::AttemptCause::kFirstStart, 1, at(60)})});
  const Position epoch = world.views->applied();
  EXPECT_EQ(deadline()->kind, DeadlineKind::kStartBy);
  world.happens(12, {on_run(1, events::AttemptStarted{epoch, at(12), at(300)})});
  EXPECT_EQ(deadline()->kind, DeadlineKind::kTimeoutAt);
  EXPECT_EQ(deadline()->due, at(300));
  world.happens(300, {on_run(1, events::TimeoutReached{at(310)})});
  EXPECT_EQ(deadline()->kind, DeadlineKind::kKillAt);
  world.happens(310, {on_run(1, events::StopEscalated{events::Escalation::kKill, at(320)})});
  EXPECT_EQ(deadline()->kind, DeadlineKind::kRemoveAt);
  world.happens(311, {on_run(1, events::AttemptStarted{epoch, at(12), at(300)})});
  EXPECT_EQ(deadline()->due, at(320));
  EXPECT_EQ(world.views->deadlines().list().value().total, 1U);
  world.happens(321, {on_run(1, events::RunFinished{})});
  EXPECT_EQ(deadline(), std::nullopt);
  EXPECT_EQ(world.views->deadlines().list().value().total, 0U);
}

TEST(DeadlineRow, ListsTheSoonestFirst) {
  World world;
  world.happens(
      10, {on_build(1, events::BuildCreated{.build_id = build(1)}), on_run(1, run_created(1))});
  world.happens(11, {on_build(1, events::BuildStarted{at(1800)})});
  world.happens(12, {on_run(1, events::AbortRequested{events::AbortMode::kGraceful, at(42)})});
  const auto list = world.views->deadlines().list().value();
  ASSERT_EQ(list.rows.size(), 2U);
  EXPECT_EQ(list.rows[0].job_kind, StreamKind::kRun);
  EXPECT_EQ(list.rows[1].job_kind, StreamKind::kBuild);
  EXPECT_EQ(world.views->deadlines().of(build(1)).value()->due, at(1800));
}

}  // namespace
}  // namespace actuary::tests
