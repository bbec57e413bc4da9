#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "journal/rocks/layout.h"
#include "journal/rocks/rocks_journal.h"
#include "journal/rocks/rocks_reader.h"
#include "journal/rocks/store_options.h"
#include "journal/witness/compare.h"
#include "tests/contract/journal_contract.h"
#include "tests/journal/folder.h"

namespace actuary::tests {
namespace {

namespace fs = std::filesystem;
namespace rocks = journal::rocks;
namespace witness = journal::witness;
using rocks::RocksJournal;
using witness::Relation;
using witness::Testimony;

std::map<std::string, std::string> bytes_below(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file() || entry.path().filename() == "LOCK") continue;
    std::ostringstream bytes;
    bytes << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    files[entry.path().string()] = bytes.str();
  }
  return files;
}

/// A journal that is closed, copied at several moments, and put together again from the wrong
/// parts: what a damaged disk, a deleted file or an old backup leaves.
class Preflight : public testing::Test {
 protected:
  Preflight() { grow(1); }

  [[nodiscard]] std::string path() const { return folder_.path(); }
  [[nodiscard]] std::string at(Position position, const std::string& name) const {
    return folder_.path("at-" + std::to_string(position)) + "/" + name;
  }
  /// Appends batches of two up to `position`, and keeps a copy of the folder after each.
  void grow(Position position) {
    auto journal = std::move(RocksJournal::open({.path = path()}).value());
    const Scribe scribe(*journal);
    if (journal->head().position == 0) {
      ASSERT_TRUE(append(*journal, scribe.fit({scribe.claim(1)})));
    }
    keep(journal->head().position);
    while (journal->head().position < position) {
      const auto note = scribe.note(stream_named('a'), "note");
      ASSERT_TRUE(append(*journal, scribe.fit({note, note})));
      keep(journal->head().position);
    }
  }
  /// While the journal is open: what a power cut would leave.
  void keep(Position position) {
    fs::remove_all(at(position, ""));
    fs::create_directories(at(position, ""));
    fs::copy(path(), at(position, ""), fs::copy_options::recursive);
  }
  void put_back(Position position, const std::string& name) {
    fs::remove_all(path() + "/" + name);
    fs::copy(at(position, name), path() + "/" + name, fs::copy_options::recursive);
  }

  void expect_refused(std::initializer_list<const char*> words) {
    const auto before = bytes_below(path());
    const auto opened = RocksJournal::open({.path = path()});
    ASSERT_FALSE(opened);
    EXPECT_EQ(to_string(opened.error().code), to_string(Code::kCorrupt)) << opened.error().detail;
    for (const char* word : words) {
      EXPECT_NE(opened.error().detail.find(word), std::string::npos) << opened.error().detail;
    }
    EXPECT_EQ(bytes_below(path()), before) << "a refusal changes nothing";
  }
  /// Opens with every record up to `position`, twice, and takes more.
  void expect_whole(Position position) {
    for (int i = 0; i < 2; ++i) {
      auto opened = RocksJournal::open({.path = path()});
      ASSERT_TRUE(opened) << opened.error().detail;
      EXPECT_EQ((*opened)->head().position, position);
      EXPECT_EQ((*opened)->read_stream(stream_named('a')).value().size(), position - 1);
    }
    grow(position + 2);
    EXPECT_EQ(rocks::RocksReader::open(path()).value()->head().position, position + 2);
  }

  Folder folder_;
};

TEST_F(Preflight, AWholeJournalOpensAsItIs) {
  grow(9);
  expect_whole(9);
  EXPECT_FALSE(fs::exists(path() + "/aside-9-9"));
}

TEST_F(Preflight, ABatchThatACrashKeptFromTheWitnessIsWitnessedOnOpen) {
  grow(9);
  put_back(7, "witness");
  expect_whole(9);
}

TEST_F(Preflight, ABatchThatACrashKeptFromTheStoreIsAdopted) {
  grow(9);
  put_back(7, "store");
  expect_whole(9);
  EXPECT_FALSE(fs::exists(path() + "/aside-7-9")) << "nothing acknowledged had vanished for sure";
}

TEST_F(Preflight, TwoVanishedBatchesAreAdoptedAfterACopyAside) {
  grow(9);
  put_back(5, "store");
  expect_whole(9);
  ASSERT_TRUE(fs::exists(path() + "/aside-5-9/store/CURRENT"));
  EXPECT_TRUE(fs::exists(path() + "/aside-5-9/witness"));
}

TEST_F(Preflight, ARepairThatWasInterruptedGoesOn) {
  grow(9);
  put_back(5, "store");
  fs::create_directories(path() + "/aside-5-9.new/store");
  std::ofstream(path() + "/aside-5-9.new/store/CURRENT") << "half";
  const auto half = folder_.path("half");
  fs::copy(path(), half, fs::copy_options::recursive);
  { EXPECT_TRUE(RocksJournal::open({.path = path()})); }
  // The first of the two batches was there already when the power went.
  put_back(7, "store");
  fs::copy(half + "/witness", path() + "/witness", fs::copy_options::overwrite_existing);
  expect_whole(9);
}

TEST_F(Preflight, MoreThanTheWitnessHoldsIsRefusedWithTheMissingRange) {
  grow(11);
  put_back(5, "store");
  expect_refused({"records 6..11 are missing", "ends at 5", "saw 11 of term 1"});
  put_back(1, "store");
  expect_refused({"records 2..11 are missing"});
}

TEST_F(Preflight, ADeletedWriteAheadLogIsAdoptedOrRefusedAndNeverSilent) {
  grow(3);
  for (const auto& entry : fs::directory_iterator(path() + "/store")) {
    if (entry.path().extension() == ".log") fs::remove(entry.path());
  }
  const auto opened = RocksJournal::open({.path = path()});
  if (opened) {
    EXPECT_EQ((*opened)->head().position, 3U);
  } else {
    EXPECT_EQ(to_string(opened.error().code), to_string(Code::kCorrupt));
  }
}

TEST_F(Preflight, AStoreThatIsGoneIsNotMadeAgain) {
  grow(5);
  fs::remove_all(path() + "/store");
  expect_refused({"records 1..5 are missing"});
  EXPECT_FALSE(fs::exists(path() + "/store"));
}

TEST_F(Preflight, ALostCurrentNamesWhatTheWitnessSaw) {
  grow(5);
  fs::remove(path() + "/store/CURRENT");
  expect_refused({"records up to 5 of term 1"});
}

TEST_F(Preflight, AMissingOrDamagedWitnessIsRefused) {
  grow(5);
  fs::remove(path() + "/witness");
  expect_refused({"lost its witness", "after 5"});
  std::ofstream(path() + "/witness") << "something else";
  expect_refused({"witness", "header"});
}

TEST_F(Preflight, AnOlderWitnessProvesNothing) {
  grow(9);
  put_back(3, "witness");
  expect_refused({"ends at 3", "older copy"});
}

TEST_F(Preflight, AnotherHistoryOfTheSameLengthIsFound) {
  grow(5);
  const auto branch = folder_.path("branch");
  fs::copy(path(), branch, fs::copy_options::recursive);
  {
    auto journal = std::move(RocksJournal::open({.path = branch}).value());
    const Scribe scribe(*journal);
    const auto other = scribe.note(stream_named('a'), "other");
    ASSERT_TRUE(append(*journal, scribe.fit({other, other})));
  }
  grow(7);
  fs::remove_all(path() + "/store");
  fs::copy(branch + "/store", path() + "/store", fs::copy_options::recursive);
  expect_refused({"not those that were acknowledged"});
}

TEST_F(Preflight, AWitnessOfAnotherJournalIsRefused) {
  const auto other = folder_.path("other");
  { ASSERT_TRUE(RocksJournal::open({.path = other})); }
  fs::copy(other + "/witness", path() + "/witness", fs::copy_options::overwrite_existing);
  expect_refused({"Put back what belongs together"});
}

TEST_F(Preflight, ACreationThatStoppedBeforeTheStoreIsBegunAgain) {
  const auto fresh = folder_.path("fresh");
  { ASSERT_TRUE(RocksJournal::open({.path = fresh})); }
  fs::rename(fresh + "/store", fresh + "/store.new");
  const auto opened = RocksJournal::open({.path = fresh});
  EXPECT_TRUE(opened) << opened.error().detail;
}

TEST_F(Preflight, AJournalOfFormatOneIsUpgradedOnceAndWhateverStopsIt) {
  grow(5);
  const auto downgrade = [&] {
    rocksdb::DB* raw = nullptr;
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    for (const auto name : rocks::kFamilyNames) {
      families.emplace_back(std::string(name), rocks::family_options());
    }
    ASSERT_TRUE(
        rocksdb::DB::Open(rocks::database_options(), path() + "/store", families, &handles, &raw)
            .ok());
    ASSERT_TRUE(raw->Put({}, handles[4], "format", rocks::number_bytes(1)).ok());
    ASSERT_TRUE(
        raw->Put({}, handles[4], "head", rocks::number_bytes(5) + rocks::number_bytes(1)).ok());
    for (auto* handle : handles) raw->DestroyColumnFamilyHandle(handle);
    delete raw;
  };
  downgrade();  // with the witness of an upgrade that did not finish
  { ASSERT_TRUE(RocksJournal::open({.path = path()})); }
  put_back(3, "witness");
  downgrade();  // and that the old program has outrun
  { ASSERT_TRUE(RocksJournal::open({.path = path()})); }
  fs::remove(path() + "/witness");
  downgrade();
  expect_whole(5);
}

TEST_F(Preflight, AFormerWriterIsRefusedAndNothingOfItGetsIn) {
  auto former = std::move(RocksJournal::open({.path = path()}).value());
  const Scribe scribe(*former);
  {
    const auto seen = witness::read(path() + "/witness").value();
    const witness::Owner next{seen->owner.id, seen->owner.term + 1, 5};
    ASSERT_TRUE(witness::Witness::claim(path() + "/witness", next, seen->slots));
  }
  const auto batch = scribe.fit({scribe.note(stream_named('a'), "former")});
  const auto told = append(*former, batch);
  ASSERT_FALSE(told);
  EXPECT_EQ(to_string(told.error().code), to_string(Code::kStorageFailed));
  EXPECT_NE(told.error().detail.find("taken over"), std::string::npos) << told.error().detail;
  EXPECT_FALSE(append(*former, batch)) << "and nothing later either";
  former.reset();
  expect_whole(1);
}

/// The table of cases, without a disk.
TEST(Compare, EveryRelationOfAStoreAndItsWitness) {
  const auto batch = [](std::uint64_t first, std::uint64_t last) {
    Testimony made{.first = first, .last = last, .term = 1, .batch_bytes = 1, .batch = "x"};
    made.before.fill(static_cast<unsigned char>(first - 1));
    made.after.fill(static_cast<unsigned char>(last));
    return made;
  };
  Testimony other = batch(7, 9);
  other.after.fill(200);
  other.before.fill(201);
  Testimony large = batch(7, 9);
  large.batch.clear();
  const witness::Evidence both{{}, {batch(7, 9), batch(4, 6)}};
  const witness::Evidence torn{{}, {batch(7, 9)}};
  const witness::Evidence by_hash{{}, {large, batch(4, 6)}};
  struct Row {
    Testimony end;
    const witness::Evidence& evidence;
    Relation relation;
  };
  for (const Row& row : std::vector<Row>{
           {batch(7, 9), both, Relation::kEqual},
           {batch(7, 9), torn, Relation::kEqual},
           {batch(7, 9), by_hash, Relation::kEqual},
           {other, both, Relation::kOther},
           {batch(10, 12), both, Relation::kStoreAhead},
           {batch(10, 12), torn, Relation::kStoreAhead},
           {batch(11, 12), both, Relation::kStale},
           {batch(4, 6), both, Relation::kBehind},
           {batch(4, 6), torn, Relation::kBehind},
           {batch(4, 6), by_hash, Relation::kGone},
           {batch(1, 3), both, Relation::kLost},
           {batch(1, 3), torn, Relation::kGone},
           {batch(1, 3), by_hash, Relation::kGone},
           {batch(1, 2), both, Relation::kGone},
           {batch(4, 7), both, Relation::kGone},
           {batch(1, 0), both, Relation::kGone},
       }) {
    EXPECT_EQ(witness::compare(row.end, row.evidence).relation, row.relation)
        << row.end.first << ".." << row.end.last;
  }
}

}  // namespace
}  // namespace actuary::tests
