#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/ports/storages.h"
#include "tests/support/fixed_clock.h"
#include "tests/support/manual_loop.h"

/// What every implementation of the storages' port does. Include in one file per test program and
/// instantiate `StoragesContract` with the ways to make one.
namespace actuary::tests::contract {

using engine::ports::ItemPage;
using engine::ports::ItemQuery;
using engine::ports::KeyPage;
using engine::ports::KeyValueRecord;
using engine::ports::Storages;
using engine::ports::StorageStats;
using engine::ports::Writer;

/// One implementation, with what the contract needs beside the port.
class StoragesUnderTest {
 public:
  virtual ~StoragesUnderTest() = default;
  [[nodiscard]] virtual Storages& storages() = 0;
  /// Closes and opens again; a twin in memory does nothing.
  virtual void reopen() = 0;
  [[nodiscard]] virtual std::uint64_t stored_versions(const StorageId& id,
                                                      const std::string& key) = 0;
};

struct StoragesMaker {
  std::string name;
  std::function<std::unique_ptr<StoragesUnderTest>(support::ManualLoop&, Clock&)> make;
};

class StoragesContract : public testing::TestWithParam<StoragesMaker> {
 protected:
  const StorageId kStore = StorageId::parse("StoreStoreStore01").value();
  const StorageId kOther = StorageId::parse("StoreStoreStore02").value();
  const RunId kRun = RunId::parse("RunRunRunRunRun01").value();

  static KeyValueRecord text(std::string value) { return {"text/plain", "", std::move(value)}; }

  Status put(const std::string& key, std::string value, std::optional<Writer> writer = {}) {
    return put_in(kStore, key, std::move(value), writer);
  }
  Status put_in(const StorageId& id, const std::string& key, std::string value,
                std::optional<Writer> writer = {}) {
    return support::await<void>(loop_, [&](auto done) {
      storages().put_record(id, key, text(std::move(value)), writer, done);
    });
  }
  Status remove(const std::string& key, std::optional<Writer> writer = {}) {
    return support::await<void>(
        loop_, [&](auto done) { storages().delete_record(kStore, key, writer, done); });
  }
  Result<KeyValueRecord> get_full(const std::string& key, std::optional<std::uint64_t> as_of = {}) {
    return support::await<KeyValueRecord>(
        loop_, [&](auto done) { storages().get_record(kStore, key, as_of, done); });
  }
  /// The value, or the name of the error's code.
  std::string get(const std::string& key, std::optional<std::uint64_t> as_of = {}) {
    const auto record = get_full(key, as_of);
    return record ? record->value : std::string(to_string(record.error().code));
  }
  Result<std::uint64_t> fence(Position epoch) {
    return support::await<std::uint64_t>(loop_,
                                         [&](auto done) { storages().fence(kRun, epoch, done); });
  }
  Status push(std::vector<std::string> items, std::optional<Writer> writer = {}) {
    return support::await<void>(
        loop_, [&](auto done) { storages().push_items(kStore, std::move(items), writer, done); });
  }
  ItemPage items(ItemQuery query = {}, std::optional<std::uint64_t> as_of = {}) {
    return support::await<ItemPage>(
               loop_, [&](auto done) { storages().read_items(kStore, query, as_of, done); })
        .value();
  }
  std::string keys(const std::string& after, const std::string& prefix, std::size_t limit) {
    const KeyPage page = support::await<KeyPage>(loop_, [&](auto done) {
                           storages().list_keys(kStore, after, prefix, limit, done);
                         }).value();
    std::string joined;
    for (const auto& each : page.keys) joined += each.key + ' ';
    return joined + (page.truncated ? "…" : ".");
  }
  StorageStats stats(const StorageId& id) {
    return support::await<StorageStats>(loop_, [&](auto done) { storages().stats(id, done); })
        .value();
  }
  Status drop() {
    return support::await<void>(loop_, [&](auto done) { storages().drop(kStore, done); });
  }
  Storages& storages() { return under_test_->storages(); }
  static Code code(const auto& result) { return result.error().code; }

  using Texts = std::vector<std::string>;

  support::ManualLoop loop_;
  support::FixedClock clock_;
  std::unique_ptr<StoragesUnderTest> under_test_ = GetParam().make(loop_, clock_);
};

TEST_P(StoragesContract, AWriteIsSeenByTheReadAfterIt) {
  ASSERT_TRUE(put("INPUT", "{}"));
  EXPECT_EQ(get("INPUT"), "{}");
  ASSERT_TRUE(put("INPUT", "[]"));
  EXPECT_EQ(get("INPUT"), "[]");
  ASSERT_TRUE(remove("INPUT"));
  EXPECT_EQ(get("INPUT"), to_string(Code::kNotFound));
  ASSERT_TRUE(remove("INPUT")) << "deleting what is not there is success";
}

TEST_P(StoragesContract, ARecordKeepsItsTypeItsEncodingAndEveryByte) {
  std::string value(3'000'000, '\0');
  for (std::size_t i = 0; i < value.size(); ++i) value[i] = static_cast<char>(i * 7);
  const KeyValueRecord record{"image/png", "gzip", value};
  ASSERT_TRUE(support::await<void>(
      loop_, [&](auto done) { storages().put_record(kStore, "big", record, {}, done); }));
  ASSERT_TRUE(put("empty", ""));
  under_test_->reopen();
  const auto read = get_full("big");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->content_type, "image/png");
  EXPECT_EQ(read->content_encoding, "gzip");
  EXPECT_TRUE(read->value == value);
  EXPECT_EQ(get("empty"), "");
}

TEST_P(StoragesContract, ContentsFencesAndStatisticsOutliveAReopen) {
  ASSERT_TRUE(fence(4));
  ASSERT_TRUE(put("a", "1", Writer{kRun, 4}));
  ASSERT_TRUE(push({"{\"n\":1}", "{}"}));
  const auto before = fence(4);
  under_test_->reopen();
  EXPECT_EQ(get("a"), "1");
  EXPECT_EQ(items().items, (Texts{"{\"n\":1}", "{}"}));
  EXPECT_EQ(fence(4), before);
  EXPECT_EQ(code(put("a", "2", Writer{kRun, 3})), Code::kFenced);
  EXPECT_EQ(stats(kStore).write_count, 2U);
  EXPECT_EQ(stats(kStore).fenced_count, 1U);
  under_test_->reopen();
  EXPECT_EQ(stats(kStore).fenced_count, 1U) << "a refused write is recorded durably";
}

TEST_P(StoragesContract, AnUnfitKeyIsRefused) {
  EXPECT_EQ(code(put("", "x")), Code::kInvalidArgument);
  EXPECT_EQ(code(put(std::string(257, 'k'), "x")), Code::kInvalidArgument);
  EXPECT_EQ(code(put(std::string("a\0b", 3), "x")), Code::kInvalidArgument);
  EXPECT_TRUE(put(std::string(256, 'k'), "x"));
}

TEST_P(StoragesContract, OnlyTheCurrentEpochOfARunWrites) {
  EXPECT_EQ(code(put("a", "0", Writer{kRun, 7})), Code::kFenced) << "no fence yet";
  ASSERT_TRUE(fence(7));
  EXPECT_TRUE(put("a", "1", Writer{kRun, 7}));
  ASSERT_TRUE(fence(9));
  EXPECT_EQ(code(put("a", "2", Writer{kRun, 7})), Code::kFenced);
  EXPECT_EQ(code(put("a", "2", Writer{kRun, 10})), Code::kFenced) << "not begun";
  EXPECT_EQ(code(remove("a", Writer{kRun, 7})), Code::kFenced);
  EXPECT_EQ(code(push({"{}"}, Writer{kRun, 7})), Code::kFenced);
  EXPECT_EQ(get("a"), "1");
  EXPECT_EQ(items().total, 0U);
  EXPECT_TRUE(put("a", "3", Writer{kRun, 9}));
  EXPECT_TRUE(put("b", "4")) << "users are never fenced";
  EXPECT_EQ(stats(kStore).fenced_count, 5U);
}

TEST_P(StoragesContract, AFenceIsIdempotentAndNeverGoesBack) {
  const auto first = fence(7);
  ASSERT_TRUE(first);
  ASSERT_TRUE(put("a", "1", Writer{kRun, 7}));
  EXPECT_EQ(fence(7), first);
  const auto second = fence(8);
  ASSERT_TRUE(second);
  EXPECT_GT(*second, *first);
  EXPECT_EQ(code(fence(7)), Code::kFenced);
  EXPECT_EQ(fence(8), second);
}

TEST_P(StoragesContract, AReadAsOfAFenceSeesWhatLaterWritesSuperseded) {
  ASSERT_TRUE(fence(1));
  ASSERT_TRUE(put("kept", "old", Writer{kRun, 1}));
  ASSERT_TRUE(put("gone", "old", Writer{kRun, 1}));
  ASSERT_TRUE(push({"1", "2"}, Writer{kRun, 1}));
  const std::uint64_t second = fence(2).value();
  ASSERT_TRUE(put("kept", "new", Writer{kRun, 2}));
  ASSERT_TRUE(remove("gone")) << "by a user";
  ASSERT_TRUE(put("late", "new", Writer{kRun, 2}));
  ASSERT_TRUE(push({"3"}, Writer{kRun, 2}));
  const std::uint64_t third = fence(3).value();
  ASSERT_TRUE(put("gone", "again"));
  under_test_->reopen();

  EXPECT_EQ(get("kept", second), "old");
  EXPECT_EQ(get("gone", second), "old");
  EXPECT_EQ(get("late", second), to_string(Code::kNotFound));
  EXPECT_EQ(items({}, second).items, (Texts{"1", "2"}));
  EXPECT_EQ(items({.offset = 0, .limit = 1, .newest_first = true}, second).items, Texts{"2"});
  EXPECT_EQ(get("kept", third), "new");
  EXPECT_EQ(get("gone", third), to_string(Code::kNotFound));
  EXPECT_EQ(get("gone"), "again");
  EXPECT_EQ(items().total, 3U);
}

TEST_P(StoragesContract, AStorageTouchedAfterTheFenceIsCutAtItsFirstTouch) {
  ASSERT_TRUE(put("INPUT", "first"));
  const std::uint64_t begun = fence(1).value();
  ASSERT_TRUE(put("INPUT", "corrected")) << "by a user, before the run has touched it";
  ASSERT_TRUE(put("INPUT", "by the run", Writer{kRun, 1}));
  EXPECT_EQ(get("INPUT", begun), "corrected");
  EXPECT_EQ(get("INPUT"), "by the run");
}

TEST_P(StoragesContract, ASupersededVersionNobodyRefersToIsGone) {
  for (const char* value : {"1", "2", "3"}) ASSERT_TRUE(put("a", value));
  EXPECT_EQ(under_test_->stored_versions(kStore, "a"), 1U);
  ASSERT_TRUE(fence(1));
  ASSERT_TRUE(put("a", "4", Writer{kRun, 1}));
  EXPECT_EQ(under_test_->stored_versions(kStore, "a"), 2U) << "the attempt found 3";
  ASSERT_TRUE(put("a", "5", Writer{kRun, 1}));
  EXPECT_EQ(under_test_->stored_versions(kStore, "a"), 2U);
  ASSERT_TRUE(remove("a"));
  EXPECT_EQ(under_test_->stored_versions(kStore, "a"), 2U) << "3 and the deletion";
  ASSERT_TRUE(put("b", "1"));
  ASSERT_TRUE(remove("b"));
  EXPECT_EQ(under_test_->stored_versions(kStore, "b"), 0U);
}

TEST_P(StoragesContract, ABoundaryConcernsOnlyTheStoragesItsRunTouched) {
  ASSERT_TRUE(fence(1));
  ASSERT_TRUE(put("a", "1", Writer{kRun, 1}));
  ASSERT_TRUE(put_in(kOther, "a", "1"));
  ASSERT_TRUE(fence(2));
  ASSERT_TRUE(put_in(kOther, "a", "2"));
  EXPECT_EQ(under_test_->stored_versions(kOther, "a"), 1U);
}

TEST_P(StoragesContract, WritesThatArriveTogetherAreDoneInOrder) {
  std::size_t answered = 0;
  const auto count = [&](const auto& result) {
    EXPECT_TRUE(result);
    ++answered;
  };
  storages().fence(kRun, 1, count);
  for (int i = 0; i < 50; ++i) {
    storages().put_record(kStore, "a", text(std::to_string(i)), Writer{kRun, 1}, count);
    storages().push_items(kStore, {std::to_string(i)}, Writer{kRun, 1}, count);
    if (i == 24) storages().drop(kStore, count);
    if (i % 10 == 9) storages().delete_record(kStore, "a", Writer{kRun, 1}, count);
  }
  storages().put_record(kStore, "a", text("last"), {}, count);
  ASSERT_TRUE(loop_.run_until([&] { return answered == 108; }));
  EXPECT_EQ(get("a"), "last");
  ASSERT_EQ(items().total, 25U);
  EXPECT_EQ(items().items.front(), "25");
  EXPECT_EQ(items().items.back(), "49");
  EXPECT_EQ(stats(kStore).delete_count, 3U);
}

TEST_P(StoragesContract, APushIsSeenWholeOrNotAtAll) {
  ASSERT_TRUE(push({"1", "2", "3"}));
  ASSERT_TRUE(fence(2));
  EXPECT_EQ(code(push({"4", "5"}, Writer{kRun, 1})), Code::kFenced);
  EXPECT_EQ(items().items, (Texts{"1", "2", "3"}));
  EXPECT_TRUE(push({}));
  EXPECT_EQ(items().total, 3U);
}

TEST_P(StoragesContract, ItemsArePagedFromEitherEnd) {
  ASSERT_TRUE(push({"0", "1", "2", "3"}));
  ASSERT_TRUE(push({"4", "5"}));
  EXPECT_EQ(items({.offset = 1, .limit = 2}).items, (Texts{"1", "2"}));
  EXPECT_EQ(items({.offset = 4, .limit = 9}).items, (Texts{"4", "5"}));
  EXPECT_EQ(items({.offset = 1, .limit = 2, .newest_first = true}).items, (Texts{"4", "3"}));
  EXPECT_EQ(items({.offset = 6}).items, Texts{});
  EXPECT_EQ(items({.limit = 0}).total, 6U);
  EXPECT_EQ(items({.offset = UINT64_MAX, .newest_first = true}).items, Texts{});
}

TEST_P(StoragesContract, KeysAreListedInByteOrder) {
  for (const char* key : {"b", "a", "a-1", "a.2", "A", "ab", "c'"}) ASSERT_TRUE(put(key, "x"));
  ASSERT_TRUE(put_in(kOther, "z", "x"));
  ASSERT_TRUE(remove("ab"));
  EXPECT_EQ(keys("", "", 100), "A a a-1 a.2 b c' .");
  EXPECT_EQ(keys("", "", 2), "A a …");
  EXPECT_EQ(keys("a", "", 2), "a-1 a.2 …");
  EXPECT_EQ(keys("a.2", "", 2), "b c' .");
  EXPECT_EQ(keys("", "a", 100), "a a-1 a.2 .");
  EXPECT_EQ(keys("a", "a", 1), "a-1 …");
  EXPECT_EQ(keys("b", "a", 100), ".");
  EXPECT_EQ(keys("A", "a", 2), "a a-1 …");
  EXPECT_EQ(keys("zz", "", 9), ".");
}

TEST_P(StoragesContract, StatisticsCountWhatWasDone) {
  ASSERT_TRUE(put("a", "12345"));
  ASSERT_TRUE(put("a", "123"));
  ASSERT_TRUE(put("b", "1"));
  ASSERT_TRUE(remove("b"));
  EXPECT_EQ(get("a"), "123");
  EXPECT_EQ(keys("", "", 9), "a .");
  const StorageStats seen = stats(kStore);
  EXPECT_EQ(seen.item_count, 1U);
  EXPECT_EQ(seen.bytes, 3U);
  EXPECT_EQ(seen.write_count, 3U);
  EXPECT_EQ(seen.delete_count, 1U);
  EXPECT_EQ(seen.read_count, 1U);
  EXPECT_EQ(seen.list_count, 1U);
  EXPECT_EQ(seen.modified_at, clock_.now().utc);
  under_test_->reopen();
  EXPECT_EQ(stats(kStore), seen) << "a clean close keeps the counts of reads too";
  EXPECT_EQ(stats(kOther), StorageStats{});
}

TEST_P(StoragesContract, ADropLeavesNothingOfTheStorageAndAllOfTheOthers) {
  ASSERT_TRUE(fence(1));
  ASSERT_TRUE(put("a", "1", Writer{kRun, 1}));
  ASSERT_TRUE(push({"1"}));
  ASSERT_TRUE(put_in(kOther, "a", "other"));
  ASSERT_TRUE(drop());
  EXPECT_EQ(get("a"), to_string(Code::kNotFound));
  EXPECT_EQ(items().total, 0U);
  EXPECT_EQ(stats(kStore).bytes, 0U);
  EXPECT_EQ(under_test_->stored_versions(kStore, "a"), 0U);
  EXPECT_EQ(stats(kOther).item_count, 1U);
  ASSERT_TRUE(drop());
  ASSERT_TRUE(fence(2)) << "the run had touched what is gone";
  ASSERT_TRUE(push({"2"}, Writer{kRun, 2}));
  EXPECT_EQ(items().items, Texts{"2"});
}

}  // namespace actuary::tests::contract
