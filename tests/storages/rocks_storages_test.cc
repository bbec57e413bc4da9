#include "adapters/storages/rocks_storages.h"

#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "adapters/storages/boundaries.h"
#include "adapters/storages/layout.h"
#include "adapters/storages/store.h"
#include "tests/storages/folder.h"
#include "tests/support/fixed_clock.h"
#include "tests/support/manual_loop.h"

namespace actuary::tests::storages {
namespace {

using adapters::storages::Boundaries;
using adapters::storages::Family;
using adapters::storages::kBoundariesMax;
using adapters::storages::RocksStorages;
using adapters::storages::Store;
using engine::ports::ItemPage;
using engine::ports::KeyValueRecord;
using support::await;

const StorageId kStore = StorageId::parse("StoreStoreStore01").value();

class RocksStoragesTest : public testing::Test {
 protected:
  Result<std::unique_ptr<RocksStorages>> open() {
    return RocksStorages::open(folder_.path(), loop_, clock_,
                               [this](engine::ports::Need, std::uint64_t bytes) -> Status {
                                 if (bytes <= bytes_of_room_) return {};
                                 return fail(Code::kUnavailable, "disk full");
                               });
  }
  Status push(RocksStorages& storages, std::vector<std::string> items) {
    return await<void>(loop_,
                       [&](auto done) { storages.push_items(kStore, std::move(items), {}, done); });
  }

  Folder folder_;
  support::ManualLoop loop_;
  support::FixedClock clock_;
  std::atomic<std::uint64_t> bytes_of_room_ = UINT64_MAX;
};

TEST_F(RocksStoragesTest, ASecondOpenerIsRefused) {
  const auto first = open();
  ASSERT_TRUE(first);
  const auto second = open();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::kInUse) << second.error().detail;
}

TEST_F(RocksStoragesTest, AFullDiskRefusesNewContentsAndBreaksNothing) {
  const auto opened = open();
  RocksStorages& storages = **opened;
  const auto put = [&](const char* key, std::size_t bytes) {
    return await<void>(loop_, [&](auto done) {
      storages.put_record(kStore, key, {"text/plain", "", std::string(bytes, 'x')}, {}, done);
    });
  };
  ASSERT_TRUE(put("first", 10));
  bytes_of_room_ = 4096;
  const Status refused = put("large", 8192);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kUnavailable) << "certainly not written";
  EXPECT_EQ(refused.error().detail, "disk full");
  EXPECT_EQ(push(storages, {std::string(8192, '1')}).error().code, Code::kUnavailable);
  EXPECT_TRUE(put("small", 10));
  bytes_of_room_ = 0;
  EXPECT_FALSE(put("small", 10));
  EXPECT_TRUE(await<void>(loop_, [&](auto done) {
    storages.delete_record(kStore, "small", {}, done);
  })) << "what is deleted gives space back";
  EXPECT_TRUE(await<std::uint64_t>(loop_, [&](auto done) {
    storages.fence(RunId::parse("RunRunRunRunRun01").value(), 5, done);
  }));
  EXPECT_TRUE(await<KeyValueRecord>(
      loop_, [&](auto done) { storages.get_record(kStore, "first", {}, done); }));
  bytes_of_room_ = UINT64_MAX;
  EXPECT_TRUE(put("large", 8192)) << "it goes on as soon as there is room";
}

TEST_F(RocksStoragesTest, ANewerFormatIsRefusedAndNotTouched) {
  {
    const auto store = Store::open(folder_.path());
    rocksdb::WriteBatch batch;
    batch.Put((*store)->family(Family::kMeta), adapters::storages::slice("format"),
              adapters::storages::encode(adapters::storages::kFormat + 1));
    ASSERT_TRUE((*store)->write(batch));
  }
  for (int i = 0; i < 2; ++i) {
    const auto opened = open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Code::kNewerVersion);
  }
}

TEST_F(RocksStoragesTest, AFamilyOfANewerProgramIsRefused) {
  {
    const auto store = Store::open(folder_.path());
    rocksdb::ColumnFamilyHandle* handle = nullptr;
    ASSERT_TRUE((*store)->db().CreateColumnFamily({}, "requests", &handle).ok());
    (*store)->db().DestroyColumnFamilyHandle(handle);
  }
  const auto opened = open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::kNewerVersion);
}

TEST_F(RocksStoragesTest, AStoreWithoutItsCurrentFileIsNotMadeAnew) {
  ASSERT_TRUE(open());
  std::filesystem::remove(folder_.path() / "CURRENT");
  const auto opened = open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::kCorrupt);
}

TEST_F(RocksStoragesTest, CloseAnswersEveryPendingCallbackOnce) {
  const auto storages = open().value();
  constexpr std::size_t kCalls = 2000;
  std::size_t written = 0;
  std::size_t unavailable = 0;
  const auto count = [&](const auto& result) {
    if (result) {
      ++written;
    } else {
      EXPECT_EQ(result.error().code, Code::kUnavailable);
      ++unavailable;
    }
  };
  for (std::size_t i = 0; i < kCalls; ++i) storages->push_items(kStore, {"{}"}, {}, count);
  std::size_t reads = 0;
  storages->stats(kStore, [&](const auto&) { ++reads; });
  storages->close();
  storages->push_items(kStore, {"{}"}, {}, count);
  storages->stats(kStore, [&](const auto& result) {
    EXPECT_EQ(result.error().code, Code::kUnavailable);
    ++reads;
  });
  loop_.run_ready();
  EXPECT_EQ(written + unavailable, kCalls + 1);
  EXPECT_GE(unavailable, 1U);
  EXPECT_EQ(reads, 2U);

  const auto again = open().value();
  const auto page =
      await<ItemPage>(loop_, [&](auto done) { again->read_items(kStore, {.limit = 0}, {}, done); });
  EXPECT_EQ(page->total, written) << "what was answered with kUnavailable is certainly not there";
}

TEST_F(RocksStoragesTest, AFullQueueRefusesAndLosesNothing) {
  const auto storages = open().value();
  constexpr std::size_t kCalls = adapters::storages::kWritesWaitingMax * 2;
  std::size_t written = 0;
  std::size_t refused = 0;
  for (std::size_t i = 0; i < kCalls; ++i) {
    storages->push_items(kStore, {std::string(2000, 'x')}, {},
                         [&](const Status& status) { ++(status ? written : refused); });
  }
  ASSERT_TRUE(loop_.run_until([&] { return written + refused == kCalls; }));
  EXPECT_GT(written, 0U);
  const auto page = await<ItemPage>(
      loop_, [&](auto done) { storages->read_items(kStore, {.limit = 0}, {}, done); });
  EXPECT_EQ(page->total, written);
}

TEST_F(RocksStoragesTest, WhatIsTooLargeIsRefused) {
  const auto storages = open().value();
  const Status item = push(*storages, {std::string(adapters::storages::kItemBytesMax + 1, ' ')});
  ASSERT_FALSE(item);
  EXPECT_EQ(item.error().code, Code::kTooLarge);
  // Never touched, so the pages of so large a value do not even exist.
  KeyValueRecord record;
  record.value.resize(adapters::storages::kValueBytesMax + 1);
  const Status value = await<void>(
      loop_, [&](auto done) { storages->put_record(kStore, "a", std::move(record), {}, done); });
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().code, Code::kTooLarge);
}

TEST_F(RocksStoragesTest, APageOfItemsIsBoundedAndGoesOnBehindIt) {
  const auto storages = open().value();
  constexpr std::size_t kItemBytes = std::size_t{8} << 20U;
  for (int i = 0; i < 9; ++i) ASSERT_TRUE(push(*storages, {std::string(kItemBytes, 'a' + i)}));
  const auto first =
      await<ItemPage>(loop_, [&](auto done) { storages->read_items(kStore, {}, {}, done); });
  ASSERT_TRUE(first);
  EXPECT_EQ(first->total, 9U);
  ASSERT_EQ(first->items.size(), engine::ports::kPageBytesMax / kItemBytes);
  const auto rest = await<ItemPage>(loop_, [&](auto done) {
    storages->read_items(kStore, {.offset = first->items.size()}, {}, done);
  });
  ASSERT_EQ(rest->items.size(), 1U);
  EXPECT_EQ(rest->items[0][0], 'i');
}

TEST_F(RocksStoragesTest, ADamagedRowIsAnErrorAndNotAGuess) {
  {
    const auto storages = open().value();
    ASSERT_TRUE(push(*storages, {"1", "2"}));
  }
  {
    const auto store = Store::open(folder_.path());
    rocksdb::WriteBatch batch;
    batch.Delete((*store)->family(Family::kItems), adapters::storages::item_key(kStore, 1));
    ASSERT_TRUE((*store)->write(batch));
  }
  const auto storages = open().value();
  const auto page =
      await<ItemPage>(loop_, [&](auto done) { storages->read_items(kStore, {}, {}, done); });
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code, Code::kCorrupt);
}

TEST(StorageBoundaries, TheOldestIsForgottenPastTheBound) {
  Boundaries boundaries;
  for (std::uint64_t i = 1; i <= kBoundariesMax + 1; ++i) {
    boundaries.add({.fence = i * 10, .cut = i * 10 + 1});
  }
  EXPECT_EQ(boundaries.all().size(), kBoundariesMax);
  EXPECT_FALSE(boundaries.refer_to(1, 20)) << "only the forgotten one was there";
  EXPECT_TRUE(boundaries.refer_to(21, 22));
  EXPECT_FALSE(boundaries.refer_to(22, 31));
  EXPECT_FALSE(boundaries.refer_to(10'000, 20'000));
  EXPECT_EQ(boundaries.cut_for(20), 21U);
  EXPECT_EQ(boundaries.cut_for(25), 25U);
}

}  // namespace
}  // namespace actuary::tests::storages
