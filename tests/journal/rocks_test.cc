#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>

#include "journal/rocks/layout.h"
#include "journal/rocks/rocks_journal.h"
#include "journal/rocks/rocks_reader.h"
#include "journal/rocks/store_options.h"
#include "tests/contract/journal_contract.h"
#include "tests/journal/folder.h"

namespace actuary::tests {
namespace {

namespace rocks = journal::rocks;
using rocks::Family;
using rocks::RocksJournal;

std::unique_ptr<RocksJournal> open_or_die(const std::string& path) {
  auto opened = RocksJournal::open({.path = path});
  if (!opened) ADD_FAILURE() << opened.error().detail;
  return opened ? std::move(*opened) : nullptr;
}

/// A journal of a claimed term and `notes` records more.
void make_rocks_journal(const std::string& path, int notes) {
  const auto journal = open_or_die(path);
  const Scribe scribe(*journal);
  ASSERT_TRUE(append(*journal, scribe.fit({scribe.claim(1)})));
  for (int i = 0; i < notes; ++i) {
    ASSERT_TRUE(append(*journal, scribe.fit({scribe.note(stream_named('a'), "note")})));
  }
}

/// The store below a closed journal, to damage it.
class RawStore {
 public:
  explicit RawStore(const std::string& path) {
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const auto name : rocks::kFamilyNames)
      families.emplace_back(std::string(name), rocks::family_options());
    rocksdb::DB* raw = nullptr;
    const auto status =
        rocksdb::DB::Open(rocks::database_options(), path + "/store", families, &families_, &raw);
    EXPECT_TRUE(status.ok()) << status.ToString();
    database_.reset(raw);
  }
  ~RawStore() {
    for (auto* family : families_) database_->DestroyColumnFamilyHandle(family);
  }

  [[nodiscard]] std::string get(Family family, std::string_view key) {
    std::string value;
    EXPECT_TRUE(
        database_->Get({}, at(family), rocksdb::Slice(key.data(), key.size()), &value).ok());
    return value;
  }
  void put(Family family, std::string_view key, const std::string& value) {
    EXPECT_TRUE(database_->Put({}, at(family), rocksdb::Slice(key.data(), key.size()), value).ok());
  }
  void erase(Family family, std::string_view key) {
    EXPECT_TRUE(database_->Delete({}, at(family), rocksdb::Slice(key.data(), key.size())).ok());
  }
  void flip_record(Position position, std::size_t byte) {
    const Bytes key = rocks::number_bytes(position);
    std::string value = get(Family::kLog, key);
    value[byte] = static_cast<char>(value[byte] ^ 0x10);
    put(Family::kLog, key, value);
  }

 private:
  rocksdb::ColumnFamilyHandle* at(Family family) {
    return families_[static_cast<std::size_t>(family)];
  }

  std::unique_ptr<rocksdb::DB> database_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;
};

void expect_refused(const std::string& path, Code code, std::initializer_list<const char*> words) {
  const auto opened = RocksJournal::open({.path = path});
  ASSERT_FALSE(opened);
  EXPECT_EQ(to_string(opened.error().code), to_string(code)) << opened.error().detail;
  for (const char* word : words) {
    EXPECT_NE(opened.error().detail.find(word), std::string::npos) << opened.error().detail;
  }
}

TEST(RocksJournal, ASecondOpenIsRefusedByTheNameOfTheHolder) {
  const Folder folder;
  const auto journal = open_or_die(folder.path());
  expect_refused(folder.path(), Code::kInUse, {std::to_string(getpid()).c_str()});
  const Scribe scribe(*journal);
  EXPECT_TRUE(append(*journal, scribe.fit({scribe.claim(1)}))) << "the refused one changed nothing";
}

TEST(RocksJournal, NothingIsMadeUnlessAsked) {
  const Folder folder;
  const auto opened = RocksJournal::open({.path = folder.path(), .create_if_missing = false});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(folder.path()));
}

TEST(RocksJournal, AFolderWithAnythingElseInItIsRefused) {
  const Folder folder;
  std::filesystem::create_directories(folder.path());
  std::ofstream(folder.path() + "/000004.log") << "somebody's";
  expect_refused(folder.path(), Code::kCorrupt, {"000004.log"});
}

TEST(RocksJournal, AStoreThatIsNotOursIsRefusedAndLeftAlone) {
  const Folder folder;
  std::filesystem::create_directories(folder.path());
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* raw = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(options, folder.path("journal/store"), &raw).ok());
  delete raw;
  expect_refused(folder.path(), Code::kCorrupt, {"store"});
}

TEST(RocksJournal, AnEmptyStoreFolderIsRefusedNotFilled) {
  const Folder folder;
  std::filesystem::create_directories(folder.path("journal/store"));
  expect_refused(folder.path(), Code::kCorrupt, {"store"});
  EXPECT_TRUE(std::filesystem::is_empty(folder.path("journal/store")));
}

TEST(RocksJournal, AnUnfinishedCreationIsBegunAgain) {
  const Folder folder;
  std::filesystem::create_directories(folder.path("journal/store.new"));
  std::ofstream(folder.path("journal/store.new/CURRENT")) << "half";
  EXPECT_NE(open_or_die(folder.path()), nullptr);
}

TEST(RocksJournal, AnotherFormatIsRefusedWithBothVersionsNamed) {
  const Folder folder;
  make_rocks_journal(folder.path(), 1);
  RawStore(folder.path()).put(Family::kMeta, "format", rocks::number_bytes(9));
  expect_refused(folder.path(), Code::kNewerVersion, {"format 9", "formats 1 to 2"});
  RawStore(folder.path()).put(Family::kMeta, "format", rocks::number_bytes(0));
  expect_refused(folder.path(), Code::kCorrupt, {"format 0", "formats 1 to 2"});
}

TEST(RocksJournal, AMissingFormatIsRefused) {
  const Folder folder;
  make_rocks_journal(folder.path(), 1);
  RawStore(folder.path()).erase(Family::kMeta, "format");
  expect_refused(folder.path(), Code::kCorrupt, {"format"});
}

TEST(RocksJournal, ADamagedRecordIsRefusedOnEveryReadByItsPosition) {
  const Folder folder;
  make_rocks_journal(folder.path(), 5);
  RawStore(folder.path()).flip_record(3, 40);
  // Nothing may be appended after it, because the tree's root would be a lie; tools may look.
  expect_refused(folder.path(), Code::kCorrupt, {"record 3"});
  const auto journal = std::move(rocks::RocksReader::open(folder.path()).value());
  Position last = 0;
  const Status scanned = journal->scan(1, [&](const Record& record) {
    last = record.position;
    return true;
  });
  ASSERT_FALSE(scanned);
  EXPECT_EQ(scanned.error().code, Code::kCorrupt);
  EXPECT_NE(scanned.error().detail.find("record 3"), std::string::npos) << scanned.error().detail;
  EXPECT_EQ(last, 2U);
  EXPECT_EQ(journal->read_stream(stream_named('a')).error().code, Code::kCorrupt);
  EXPECT_TRUE(journal->scan(4, [](const Record&) { return true; })) << "others stay readable";
}

TEST(RocksJournal, ARecordMissingInTheMiddleIsNamed) {
  const Folder folder;
  make_rocks_journal(folder.path(), 5);
  RawStore(folder.path()).erase(Family::kLog, rocks::number_bytes(3));
  expect_refused(folder.path(), Code::kCorrupt, {"record 3 is missing"});
  const auto journal = std::move(rocks::RocksReader::open(folder.path()).value());
  const Status scanned = journal->scan(1, [](const Record&) { return true; });
  ASSERT_FALSE(scanned);
  EXPECT_NE(scanned.error().detail.find("record 3 is missing"), std::string::npos);
}

TEST(RocksJournal, AHeadThatDoesNotFitTheLogIsRefused) {
  const Folder folder;
  make_rocks_journal(folder.path(), 5);
  RawStore(folder.path()).flip_record(6, 20);
  expect_refused(folder.path(), Code::kCorrupt, {"record 6"});
  RawStore(folder.path()).erase(Family::kLog, rocks::number_bytes(6));
  expect_refused(folder.path(), Code::kCorrupt, {"record 5", "6"});
}

TEST(RocksJournal, TheQueueIsBounded) {
  const Folder folder;
  std::promise<void> entered;
  std::promise<void> release;
  std::atomic<int> answers = 0;
  auto journal = open_or_die(folder.path());
  const Scribe scribe(*journal);
  journal->append(scribe.fit({scribe.claim(1)}), [&](const Result<Position>&) {
    entered.set_value();
    release.get_future().wait();
  });
  entered.get_future().wait();
  for (std::size_t i = 0; i < rocks::kQueuedAppendsMax; ++i) {
    journal->append({}, [&](const Result<Position>&) { ++answers; });
  }
  EXPECT_EQ(answers, 0);
  EXPECT_EQ(append(*journal, {}).error().code, Code::kLimitExceeded);
  release.set_value();
  journal.reset();
  EXPECT_EQ(answers, static_cast<int>(rocks::kQueuedAppendsMax))
      << "closing answers what is queued";
}

}  // namespace
}  // namespace actuary::tests
