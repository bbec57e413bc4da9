#include <rocksdb/db.h>

#include "tests/projections/world.h"

namespace actuary::tests {
namespace {

/// A little of everything, in batches of several records.
void tell(Chronicle& chronicle) {
  events::ActorCreated actor_created;
  actor_created.actor_id = actor(1);
  actor_created.user_id = user(1);
  actor_created.profile.name = "hello";
  events::BuildCreated build_created;
  build_created.build_id = build(1);
  build_created.actor_id = actor(1);
  build_created.user_id = user(1);
  events::StorageCreated storage_created;
  storage_created.storage_id = storage(1);
  storage_created.user_id = user(1);
  storage_created.name = "mine";
  chronicle.happens(1, {on_account(1, events::UserCreated{user(1), "zoe"}),
                        on_account(1, events::TokenCreated{token(1), "cli", "hash"})});
  chronicle.happens(2, {on_actor(1, actor_created), on_actor(1, events::VersionPut{}),
                        on_build(1, build_created), on_build(1, events::BuildStarted{at(1800)})});
  chronicle.happens(3, {on_actor(1, events::TagMoved{"latest", build(1), "0.1.1"}),
                        on_build(1, events::BuildSucceeded{{"cafe", "{}", 1}, {}, {}, "readme"})});
  chronicle.happens(4, {on_storage(1, storage_created), on_run(1, run_created(1)),
                        on_run(1, events::RunHeld{"no memory"}), on_run(2, run_created(2))});
  chronicle.happens(
      5, {on_run(1, events::AttemptBegan{events::AttemptCause::kFirstStart, 1, at(60)})});
  const Position epoch = chronicle.journal.head().position;
  chronicle.happens(6,
                    {on_run(1, events::AttemptStarted{epoch, at(6), at(306)}),
                     on_run(2, events::RunFinished{events::Outcome::kAborted, std::nullopt, "x"}),
                     on_run(2, events::RunDeleted{"old"})});
  chronicle.happens(7, {on_storage(1, events::StorageChanged{"renamed", "", ""}),
                        on_run(1, events::AbortRequested{events::AbortMode::kImmediate, at(9)})});
}

std::string digest_of(const journal::Journal& journal) {
  Folder folder;
  const auto views = Views::open(folder.views()).value();
  EXPECT_TRUE(views->catch_up(journal).has_value());
  return views->digest().value();
}

/// What the store holds, as RocksDB sees it; the views must be closed.
std::map<std::string, std::string> dump(const std::string& path) {
  std::map<std::string, std::string> rows;
  rocksdb::DB* raw = nullptr;
  EXPECT_TRUE(rocksdb::DB::OpenForReadOnly(rocksdb::Options(), path, &raw).ok());
  const std::unique_ptr<rocksdb::DB> db(raw);
  const std::unique_ptr<rocksdb::Iterator> it(db->NewIterator(rocksdb::ReadOptions()));
  for (it->SeekToFirst(); it->Valid(); it->Next())
    rows[it->key().ToString()] = it->value().ToString();
  return rows;
}

void overwrite(const std::string& path, const std::string& key, const std::string& value) {
  rocksdb::DB* raw = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(rocksdb::Options(), path, &raw).ok());
  const std::unique_ptr<rocksdb::DB> db(raw);
  ASSERT_TRUE(db->Put(rocksdb::WriteOptions(), key, value).ok());
}

TEST(Views, CatchingUpAfterACrashAtEveryPositionEqualsFoldingLive) {
  Chronicle chronicle;
  tell(chronicle);
  const std::string expected = digest_of(chronicle.journal);
  std::vector<Record> records;
  ASSERT_TRUE(chronicle.journal.scan(1, [&](const Record& r) {
    records.push_back(r);
    return true;
  }));
  for (std::size_t crash = 0; crash <= records.size(); ++crash) {
    Folder folder;
    {
      MemoryJournal empty(MemoryJournal::Completion::kImmediate, "journal-1");
      const auto views = Views::open(folder.views()).value();
      ASSERT_TRUE(views->catch_up(empty).has_value());
      for (std::size_t i = 0; i < crash; ++i) {
        ASSERT_TRUE(views->apply(std::span(&records[i], 1)).has_value());
      }
    }
    const auto views = Views::open(folder.views()).value();
    ASSERT_TRUE(views->catch_up(chronicle.journal).has_value());
    EXPECT_EQ(views->applied(), records.size());
    EXPECT_EQ(views->digest().value(), expected) << "crash after position " << crash;
  }
}

TEST(Views, BatchesDoNotShowInTheDigest) {
  Chronicle chronicle;
  tell(chronicle);
  World live;
  std::vector<Record> records;
  ASSERT_TRUE(chronicle.journal.scan(2, [&](const Record& r) {
    records.push_back(r);
    return true;
  }));
  ASSERT_TRUE(live.views->apply(records).has_value());
  EXPECT_EQ(live.views->digest().value(), digest_of(chronicle.journal));
}

TEST(Views, TheDeletedFolderIsRebuiltToTheSameDigest) {
  Chronicle chronicle;
  tell(chronicle);
  Folder folder;
  std::string before;
  {
    const auto views = Views::open(folder.views()).value();
    ASSERT_TRUE(views->catch_up(chronicle.journal).has_value());
    before = views->digest().value();
  }
  std::filesystem::remove_all(folder.views());
  const auto views = Views::open(folder.views()).value();
  ASSERT_TRUE(views->catch_up(chronicle.journal).has_value());
  EXPECT_EQ(views->digest().value(), before);
  chronicle.happens(50, {on_run(1, events::RunFinished{})});
  ASSERT_TRUE(views->catch_up(chronicle.journal).has_value());
  EXPECT_NE(views->digest().value(), before);
}

TEST(Views, AFailedBatchLeavesRowsAndCheckpointAsTheyWere) {
  World world;
  world.happens(10, {on_run(1, run_created(1))});
  const std::string before = world.views->digest().value();
  const Position applied = world.views->applied();
  // The second record has no row: nothing of the batch may stay, not even its first record.
  const auto batch =
      world.chronicle.happens(11, {on_run(2, run_created(2)), on_run(3, events::RunFinished{})});
  const Status status = world.views->apply(batch);
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code, Code::kCorrupt);
  EXPECT_NE(status.error().detail.find("record 4"), std::string::npos) << status.error().detail;
  EXPECT_EQ(world.views->applied(), applied);
  EXPECT_EQ(world.views->digest().value(), before);
  EXPECT_EQ(world.views->runs().get(run(2)).value(), std::nullopt);
}

TEST(Views, LaterRecordsOfABatchSeeWhatEarlierOnesChanged) {
  World world;
  world.happens(10,
                {on_run(1, run_created(1)), on_run(1, events::StatusMessageSet{"hi", std::nullopt}),
                 on_run(1, events::RunFinished{events::Outcome::kSucceeded, 0, "default"})});
  EXPECT_EQ(world.run_row(1).status, "SUCCEEDED");
  EXPECT_EQ(world.run_row(1).status_message, "hi");
}

TEST(Views, AnotherJournalsRowsAreDropped) {
  Chronicle first("journal-1");
  tell(first);
  Chronicle second("journal-2");
  second.happens(1, {on_run(5, run_created(5))});
  Folder folder;
  const auto views = Views::open(folder.views()).value();
  ASSERT_TRUE(views->catch_up(first.journal).has_value());
  ASSERT_TRUE(views->catch_up(second.journal).has_value());
  EXPECT_EQ(views->applied(), 2U);
  EXPECT_EQ(views->runs().get(run(1)).value(), std::nullopt);
  EXPECT_EQ(views->digest().value(), digest_of(second.journal));
}

TEST(Views, RowsFromBeyondTheJournalsHeadAreDropped) {
  Chronicle longer;
  tell(longer);
  Chronicle shorter;
  shorter.happens(1, {on_run(5, run_created(5))});
  Folder folder;
  const auto views = Views::open(folder.views()).value();
  ASSERT_TRUE(views->catch_up(longer.journal).has_value());
  ASSERT_TRUE(views->catch_up(shorter.journal).has_value());
  EXPECT_EQ(views->digest().value(), digest_of(shorter.journal));
}

TEST(Views, ACorruptRowIsAClearErrorAndHealsByARebuild) {
  Chronicle chronicle;
  tell(chronicle);
  Folder folder;
  ASSERT_TRUE(Views::open(folder.views()).value()->catch_up(chronicle.journal).has_value());
  const std::string key = "R" + run(1).str();
  std::string value = dump(folder.views()).at(key);
  value[value.size() / 2] ^= 0x10;
  overwrite(folder.views(), key, value);

  const auto views = Views::open(folder.views()).value();
  ASSERT_TRUE(views->catch_up(chronicle.journal).has_value());
  const auto read = views->runs().get(run(1));
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code, Code::kCorrupt);
  EXPECT_NE(read.error().detail.find("rebuild"), std::string::npos);
  EXPECT_EQ(views->runs().list_of_user(user(1)).error().code, Code::kCorrupt);
  const auto finished = chronicle.happens(20, {on_run(1, events::RunFinished{})});
  EXPECT_EQ(views->apply(finished).error().code, Code::kCorrupt);
  ASSERT_TRUE(views->rebuild(chronicle.journal).has_value());
  EXPECT_EQ(views->digest().value(), digest_of(chronicle.journal));
}

TEST(Views, ACorruptRowOrCheckpointInTheWayOfCatchingUpIsRebuilt) {
  for (const std::string& key : {"R" + run(1).str(), std::string("!")}) {
    Chronicle chronicle;
    tell(chronicle);
    Folder folder;
    ASSERT_TRUE(Views::open(folder.views()).value()->catch_up(chronicle.journal).has_value());
    overwrite(folder.views(), key, "garbage of more than eight bytes");
    chronicle.happens(20, {on_run(1, events::RunFinished{})});
    const auto views = Views::open(folder.views()).value();
    ASSERT_TRUE(views->catch_up(chronicle.journal).has_value());
    EXPECT_EQ(views->digest().value(), digest_of(chronicle.journal));
  }
}

TEST(Views, ARowUnderAnotherRowsKeyIsCorrupt) {
  Chronicle chronicle;
  tell(chronicle);
  Folder folder;
  ASSERT_TRUE(Views::open(folder.views()).value()->catch_up(chronicle.journal).has_value());
  overwrite(folder.views(), "R" + run(2).str(), dump(folder.views()).at("R" + run(1).str()));
  const auto views = Views::open(folder.views()).value();
  EXPECT_EQ(views->runs().get(run(2)).error().code, Code::kCorrupt);
}

TEST(Views, IndexesAreExactlyThoseOfTheRows) {
  Chronicle chronicle;
  tell(chronicle);
  Folder folder;
  ASSERT_TRUE(Views::open(folder.views()).value()->catch_up(chronicle.journal).has_value());
  std::map<char, int> entries;
  for (const auto& [key, value] : dump(folder.views())) ++entries[key[0]];
  // Two runs, one of them deleted; one named storage, renamed; one deadline.
  const std::map<char, int> expected = {{'!', 1}, {'A', 1}, {'B', 1}, {'D', 1}, {'R', 2},
                                        {'S', 1}, {'T', 1}, {'U', 1}, {'a', 1}, {'b', 1},
                                        {'c', 1}, {'d', 1}, {'e', 1}, {'f', 1}, {'g', 1},
                                        {'h', 1}, {'i', 1}, {'j', 1}, {'l', 1}, {'m', 1}};
  EXPECT_EQ(entries, expected);
}

TEST(Views, ASecondProcessIsRefused) {
  Folder folder;
  const auto views = Views::open(folder.views()).value();
  const auto second = Views::open(folder.views());
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, Code::kInUse);
}

}  // namespace
}  // namespace actuary::tests
