#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "adapters/storages/dump.h"
#include "adapters/storages/rocks_storages.h"
#include "adapters/storages/store.h"
#include "tests/storages/folder.h"
#include "tests/support/fixed_clock.h"
#include "tests/support/manual_loop.h"

namespace actuary::tests::storages {
namespace {

namespace fs = std::filesystem;
using adapters::storages::Family;
using adapters::storages::RocksStorages;
using adapters::storages::Store;
using engine::ports::ItemPage;
using support::await;

const StorageId kStore = StorageId::parse("StoreStoreStore01").value();

std::string bytes_of(const fs::path& file) {
  std::ostringstream bytes;
  bytes << std::ifstream(file, std::ios::binary).rdbuf();
  return bytes.str();
}

std::map<std::string, std::string> bytes_below(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file() || entry.path().filename() == "LOCK") continue;
    files[entry.path().string()] = bytes_of(entry.path());
  }
  return files;
}

/// Storages that are written to, copied at several moments, and put together again from the wrong
/// parts. Each push is one commit, because it waits for the one before.
class StoragesPreflight : public testing::Test {
 protected:
  [[nodiscard]] fs::path path() const { return folder_.path() / "storages"; }
  [[nodiscard]] fs::path at(std::size_t items) const {
    return folder_.path() / ("at-" + std::to_string(items));
  }
  /// Pushes up to `items` items one by one, and keeps a copy after each.
  void grow(std::size_t items) {
    const auto storages = std::move(RocksStorages::open(path(), loop_, clock_).value());
    keep(items_);
    while (items_ < items) {
      const std::string text = std::to_string(items_);
      ASSERT_TRUE(
          await<void>(loop_, [&](auto done) { storages->push_items(kStore, {text}, {}, done); }));
      keep(++items_);
    }
  }
  /// While they are open: what a power cut would leave. Again when a file was deleted meanwhile.
  void keep(std::size_t items) {
    std::error_code vanished;
    do {
      vanished.clear();
      fs::remove_all(at(items));
      fs::copy(path(), at(items), fs::copy_options::recursive, vanished);
    } while (vanished == std::errc::no_such_file_or_directory);
    ASSERT_FALSE(vanished) << vanished.message();
  }
  void put_back(std::size_t items) {
    fs::remove_all(path());
    fs::copy(at(items), path(), fs::copy_options::recursive);
  }
  void put_back_witness(std::size_t items) {
    fs::copy(at(items) / "witness", path() / "witness", fs::copy_options::overwrite_existing);
  }
  /// Whatever of the store a pattern names.
  [[nodiscard]] fs::path file(const std::string& extension) const {
    fs::path largest;
    for (const auto& entry : fs::directory_iterator(path())) {
      if (entry.path().extension() != extension) continue;
      if (largest.empty() || entry.file_size() > fs::file_size(largest)) largest = entry.path();
    }
    EXPECT_FALSE(largest.empty()) << "no file *" << extension;
    return largest;
  }
  void expect_refused(std::initializer_list<const char*> words) {
    const auto before = bytes_below(path());
    const auto opened = RocksStorages::open(path(), loop_, clock_);
    ASSERT_FALSE(opened);
    EXPECT_EQ(to_string(opened.error().code), to_string(Code::kCorrupt)) << opened.error().detail;
    for (const char* word : words) {
      EXPECT_NE(opened.error().detail.find(word), std::string::npos) << opened.error().detail;
    }
    EXPECT_EQ(bytes_below(path()), before) << "a refusal changes nothing";
  }
  /// Opens with the first `items` items, twice, and takes more.
  void expect_whole(std::size_t items) {
    for (int i = 0; i < 2; ++i) {
      const auto opened = RocksStorages::open(path(), loop_, clock_);
      ASSERT_TRUE(opened) << opened.error().detail;
      const auto page =
          await<ItemPage>(loop_, [&](auto done) { (*opened)->read_items(kStore, {}, {}, done); });
      ASSERT_TRUE(page) << page.error().detail;
      ASSERT_EQ(page->items.size(), items);
      for (std::size_t k = 0; k < items; ++k) EXPECT_EQ(page->items[k], std::to_string(k));
    }
    items_ = items;
    grow(items + 2);
  }

  Folder folder_;
  support::ManualLoop loop_;
  support::FixedClock clock_;
  std::size_t items_ = 0;
};

TEST_F(StoragesPreflight, WhatIsWholeOpensAsItIs) {
  grow(6);
  expect_whole(6);
}

TEST_F(StoragesPreflight, ADeletedLogIsRefusedWithTheMissingCommits) {
  grow(3);
  grow(9);  // an open puts the first three into tables
  fs::remove(file(".log"));
  expect_refused({"commits of the storages ", "are missing", "saw 9 of term 2"});
}

TEST_F(StoragesPreflight, AHalvedLogIsRefusedWithTheMissingCommits) {
  grow(12);
  fs::resize_file(file(".log"), fs::file_size(file(".log")) / 2);
  expect_refused({"commits of the storages ", "..12 are missing", "saw 12 of term 1"});
}

TEST_F(StoragesPreflight, AFlippedBitInTheLogIsRefusedWithTheMissingCommits) {
  grow(12);
  std::string bytes = bytes_of(file(".log"));
  bytes[bytes.size() / 2] ^= 1;
  std::ofstream(file(".log"), std::ios::binary) << bytes;
  expect_refused({"commits of the storages ", "..12 are missing"});
}

TEST_F(StoragesPreflight, ATailThatWasNeverAcknowledgedIsNoLoss) {
  grow(8);
  fs::rename(at(7), folder_.path() / "seven");
  fs::rename(at(8), folder_.path() / "eight");
  const auto take = [&](const char* name) {
    fs::remove_all(path());
    fs::copy(folder_.path() / name, path(), fs::copy_options::recursive);
    return fs::file_size(file(".log"));
  };
  const auto before = take("seven");
  const auto whole = take("eight");
  for (const auto bytes : {before + 1, (before + whole) / 2, whole - 1}) {
    take("eight");
    fs::copy(folder_.path() / "seven" / "witness", path() / "witness",
             fs::copy_options::overwrite_existing);
    fs::resize_file(file(".log"), bytes);
    expect_whole(7);
  }
  take("eight");
  std::ofstream(file(".log"), std::ios::binary | std::ios::app) << std::string(500, '\0');
  expect_whole(8);
}

TEST_F(StoragesPreflight, ACommitThatACrashKeptFromTheStoreIsAdopted) {
  grow(8);
  put_back(7);
  put_back_witness(8);
  expect_whole(8);
}

TEST_F(StoragesPreflight, TwoVanishedCommitsAreAdoptedAfterACopyAside) {
  grow(8);
  put_back(6);
  put_back_witness(8);
  expect_whole(8);
  EXPECT_TRUE(fs::exists(path() / "aside-6-8" / "store" / "CURRENT"));
  EXPECT_TRUE(fs::exists(path() / "aside-6-8" / "witness"));
}

TEST_F(StoragesPreflight, ACommitThatACrashKeptFromTheWitnessIsWitnessedOnOpen) {
  grow(8);
  put_back_witness(7);
  expect_whole(8);
  // It is in a table now, so that losing the log of that moment is no loss any more.
  grow(10);
}

TEST_F(StoragesPreflight, AnOlderCopyBesideTheNewWitnessIsRefused) {
  grow(9);
  put_back(4);
  put_back_witness(9);
  expect_refused({"commits of the storages 5..9 are missing", "ends at 4"});
}

TEST_F(StoragesPreflight, AnOlderOrMissingWitnessIsRefused) {
  grow(9);
  put_back_witness(4);
  expect_refused({"ends at 4", "older copy"});
  fs::remove(path() / "witness");
  expect_refused({"lost its witness"});
}

TEST_F(StoragesPreflight, AnotherHistoryOfTheSameLengthIsFound) {
  grow(6);
  const fs::path branch = folder_.path() / "branch";
  fs::copy(path(), branch, fs::copy_options::recursive);
  grow(7);
  fs::copy(path() / "witness", folder_.path() / "witness");
  fs::remove_all(path());
  fs::rename(branch, path());
  {
    const auto storages = std::move(RocksStorages::open(path(), loop_, clock_).value());
    ASSERT_TRUE(
        await<void>(loop_, [&](auto done) { storages->push_items(kStore, {"other"}, {}, done); }));
  }
  fs::copy(folder_.path() / "witness", path() / "witness", fs::copy_options::overwrite_existing);
  expect_refused({"not those that were acknowledged"});
}

TEST_F(StoragesPreflight, StoragesThatAreGoneAreNotMadeAgain) {
  grow(5);
  for (const char* file : {"CURRENT", "IDENTITY"}) fs::remove(path() / file);
  expect_refused({"CURRENT", "up to 5"});
  for (const auto& entry : fs::directory_iterator(path())) {
    if (entry.path().filename() != "witness") fs::remove_all(entry.path());
  }
  expect_refused({"CURRENT", "up to 5"});
}

TEST_F(StoragesPreflight, ATableThatVanishedOrWasSwappedIsRefused) {
  grow(3);
  { ASSERT_TRUE(RocksStorages::open(path(), loop_, clock_)); }
  const fs::path table = file(".sst");
  const std::string bytes = bytes_of(table);
  fs::remove(table);
  expect_refused({"up to 3"});
  std::ofstream(table, std::ios::binary) << std::string(bytes.size(), 'x');
  expect_refused({"up to 3"});
}

TEST_F(StoragesPreflight, AFlippedTableIsRefusedOrAnErrorAndNeverAGuess) {
  grow(3);
  { ASSERT_TRUE(RocksStorages::open(path(), loop_, clock_)); }
  keep(3);
  std::size_t found = 0;
  for (const auto& entry : fs::directory_iterator(at(3))) {
    if (entry.path().extension() != ".sst") continue;
    for (const std::size_t part : {0, 1, 2, 3}) {
      put_back(3);
      const fs::path table = path() / entry.path().filename();
      std::string bytes = bytes_of(table);
      bytes[(bytes.size() - 1) * part / 3] ^= 4;
      std::ofstream(table, std::ios::binary) << bytes;
      const auto opened = RocksStorages::open(path(), loop_, clock_);
      if (!opened) {
        EXPECT_EQ(to_string(opened.error().code), to_string(Code::kCorrupt));
        ++found;
        continue;
      }
      const auto page =
          await<ItemPage>(loop_, [&](auto done) { (*opened)->read_items(kStore, {}, {}, done); });
      found += page ? 0U : 1U;
      if (page) {
        EXPECT_EQ(page->items, (std::vector<std::string>{"0", "1", "2"}));
      } else {
        EXPECT_EQ(to_string(page.error().code), to_string(Code::kCorrupt));
      }
    }
  }
  EXPECT_GT(found, 0U);
}

TEST_F(StoragesPreflight, AFormerWriterIsRefusedAndNothingOfItGetsIn) {
  grow(4);
  auto former = std::move(RocksStorages::open(path(), loop_, clock_).value());
  const auto seen = journal::witness::read(path() / "witness").value();
  const journal::witness::Owner next{seen->owner.id, seen->owner.term + 1, 5};
  ASSERT_TRUE(journal::witness::Witness::claim(path() / "witness", next, seen->slots));
  for (int i = 0; i < 2; ++i) {
    const Status told =
        await<void>(loop_, [&](auto done) { former->push_items(kStore, {"former"}, {}, done); });
    ASSERT_FALSE(told);
    EXPECT_EQ(to_string(told.error().code), to_string(Code::kStorageFailed));
  }
  former.reset();
  expect_whole(4);
}

TEST_F(StoragesPreflight, StoragesOfFormatOneAreUpgradedOnce) {
  grow(5);
  const auto downgrade = [&] {
    const auto store = std::move(Store::open(path()).value());
    auto* meta = store->family(Family::kMeta);
    rocksdb::WriteBatch rows;
    rows.Put(meta, "format", adapters::storages::encode(std::uint32_t{1}));
    rows.Delete(meta, "id");
    rows.Delete(meta, "head");
    ASSERT_TRUE(store->db().Write({}, &rows).ok());
  };
  downgrade();
  fs::remove(path() / "witness");
  expect_whole(5);
  grow(12);
  fs::remove(file(".log"));
  expect_refused({"commits of the storages", "are missing"});
}

TEST_F(StoragesPreflight, ACreationThatStoppedAnywhereIsBegunAgain) {
  { ASSERT_TRUE(RocksStorages::open(path(), loop_, clock_)); }
  fs::remove(file(".log"));  // the tables' rows were only there
  for (const auto& entry : fs::directory_iterator(path())) {
    if (entry.path().extension() == ".sst") fs::remove(entry.path());
  }
  for (const char* name : {"CURRENT", "IDENTITY"}) fs::remove(path() / name);
  expect_whole(0);
}

TEST_F(StoragesPreflight, WhatIsRestoredFromADumpOpensAndIsWitnessedAnew) {
  grow(6);
  std::string dump;
  {
    const auto reader = std::move(adapters::storages::ContentsReader::open(path()).value());
    ASSERT_TRUE(reader->dump([&](BytesView piece) -> Status {
      dump += piece;
      return {};
    }));
  }
  const std::string old_id = journal::witness::read(path() / "witness").value()->owner.id;
  fs::remove_all(path());
  ASSERT_TRUE(adapters::storages::restore_contents(path(), [&](std::size_t count) -> Result<Bytes> {
    const Bytes piece = dump.substr(0, count);
    dump.erase(0, count);
    return piece;
  }));
  EXPECT_NE(journal::witness::read(path() / "witness").value()->owner.id, old_id)
      << "another store, so that the old witness never speaks for it";
  expect_whole(6);
}

}  // namespace
}  // namespace actuary::tests::storages
