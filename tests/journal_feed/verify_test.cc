#include "journal/verify/verify.h"

#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <filesystem>
#include <fstream>

#include "journal/rocks/layout.h"
#include "journal/rocks/rocks_journal.h"
#include "journal/rocks/store_options.h"
#include "journal/verify/stats.h"
#include "tests/contract/journal_contract.h"
#include "tests/journal/folder.h"

namespace actuary::tests {
namespace {

namespace fs = std::filesystem;
namespace rocks = journal::rocks;
using journal::verify::Report;
using rocks::Family;

/// The store below a closed journal: what a broken disk or a careless hand would change.
class OpenStore {
 public:
  explicit OpenStore(const std::string& path) {
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const auto name : rocks::kFamilyNames) {
      families.emplace_back(std::string(name), rocks::family_options());
    }
    rocksdb::DB* raw = nullptr;
    const auto opened =
        rocksdb::DB::Open(rocks::database_options(), path + "/store", families, &handles_, &raw);
    EXPECT_TRUE(opened.ok()) << opened.ToString();
    database_.reset(raw);
  }
  ~OpenStore() {
    EXPECT_TRUE(database_->Flush({}, handles_).ok());  // into table files, so that they are read
    for (auto* handle : handles_) database_->DestroyColumnFamilyHandle(handle);
  }

  void put(Family family, const Bytes& key, const Bytes& value) {
    EXPECT_TRUE(database_->Put({}, handles_[static_cast<int>(family)], key, value).ok());
  }
  void erase(Family family, const Bytes& key) {
    EXPECT_TRUE(database_->Delete({}, handles_[static_cast<int>(family)], key).ok());
  }

 private:
  std::unique_ptr<rocksdb::DB> database_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
};

/// Records 1 to 12: a term, then one record each of streams a and b in turn, then a second term.
class Verify : public testing::Test {
 protected:
  Verify() {
    {
      const auto journal = std::move(rocks::RocksJournal::open({.path = path_}).value());
      const Scribe scribe(*journal);
      EXPECT_TRUE(append(*journal, scribe.fit({scribe.claim(1)})));
      for (int i = 0; i < 10; ++i) {
        EXPECT_TRUE(append(
            *journal, scribe.fit({scribe.note(stream_named(i % 2 == 0 ? 'a' : 'b'), "note")})));
      }
      EXPECT_TRUE(append(*journal, scribe.fit({scribe.claim(2)})));
    }
    (void)OpenStore(path_);
  }

  Report verify() {
    const auto reader = rocks::RocksReader::open(path_);
    EXPECT_TRUE(reader) << reader.error().detail;
    return journal::verify::verify(**reader, {}).value();
  }
  void expect_fault(Position position, std::string_view what) {
    const Report report = verify();
    ASSERT_TRUE(report.fault);
    EXPECT_EQ(report.fault->position, position) << report.fault->what;
    EXPECT_NE(report.fault->what.find(what), std::string::npos) << report.fault->what;
  }
  /// Appends a record that the journal takes and verification does not.
  void append_odd(const std::function<void(Record&)>& spoil) {
    const auto journal = std::move(rocks::RocksJournal::open({.path = path_}).value());
    const Scribe scribe(*journal);
    auto batch = scribe.fit({scribe.note(stream_named('a'), "odd")});
    spoil(batch[0]);
    ASSERT_TRUE(append(*journal, batch));
  }

  const Folder folder_;
  const std::string path_ = folder_.path();
};

TEST_F(Verify, AWholeJournalHasNoFaultAndIsCounted) {
  const Report report = verify();
  EXPECT_FALSE(report.fault) << report.fault->what;
  EXPECT_EQ(report.records, 12U);
  EXPECT_EQ(report.streams, 3U);
  EXPECT_EQ(report.terms, 2U);
  const auto reader = std::move(rocks::RocksReader::open(path_).value());
  const auto stats = journal::verify::count(*reader, {}).value();
  EXPECT_EQ(stats.all.records, report.records);
  EXPECT_EQ(stats.all.bytes, report.bytes);
  EXPECT_EQ(stats.by_event.at("CommandNoted").records, 10U);
  EXPECT_EQ(stats.by_stream.at("run").records, 10U);
  EXPECT_EQ(stats.streams, 3U);
  EXPECT_EQ(stats.terms, 2U);
}

TEST_F(Verify, ADamagedRecordIsTheFirstFault) {
  OpenStore(path_).put(Family::kLog, rocks::number_bytes(7), Bytes(64, 'x'));
  expect_fault(7, "checksum");
}

TEST_F(Verify, AMissingRecordIsTheFirstFault) {
  OpenStore(path_).erase(Family::kLog, rocks::number_bytes(5));
  expect_fault(5, "missing");
}

TEST_F(Verify, ACauseThatDoesNotComeBeforeIsAFault) {
  append_odd([](Record& record) { record.cause = record.position; });
  expect_fault(13, "caused by record 13");
}

TEST_F(Verify, AnAttemptThatDoesNotComeBeforeIsAFault) {
  append_odd([](Record& record) { record.principal.epoch = 99; });
  expect_fault(13, "attempt 99");
}

TEST_F(Verify, ARecordThatTheIndexLacksIsAFault) {
  OpenStore(path_).erase(Family::kStreams, rocks::stream_key(stream_named('b'), 2));
  expect_fault(5, "no position");
}

TEST_F(Verify, AnIndexEntryThatPointsElsewhereIsAFaultOfTheRecordItHides) {
  OpenStore(path_).put(Family::kStreams, rocks::stream_key(stream_named('a'), 3),
                       rocks::number_bytes(4));
  expect_fault(6, "position 4");
}

TEST_F(Verify, AnIndexEntryWithoutARecordIsAFault) {
  OpenStore(path_).put(Family::kStreams, rocks::stream_key(stream_named('c'), 1),
                       rocks::number_bytes(4));
  expect_fault(13, "entries that the log has not");
}

/// One byte of one file at a time. RocksDB's text files are not read; a WAL that lost its end is
/// the shorter journal that the witness, not verification, tells from the longer one.
TEST_F(Verify, NoFlippedByteCrashesOrPassesAsTheSameJournal) {
  const Report whole = verify();
  int found = 0;
  for (const auto& entry : fs::directory_iterator(path_ + "/store")) {
    const std::string name = entry.path().filename();
    if (name.starts_with("LOG") || name.starts_with("OPTIONS") || name == "LOCK" ||
        name == "IDENTITY") {
      continue;
    }
    const auto size = fs::file_size(entry.path());
    for (std::uintmax_t at = 0; at < size; at += 1 + size / 60) {
      std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
      file.seekg(static_cast<std::streamoff>(at));
      const char byte = static_cast<char>(file.get());
      const auto put = [&](char value) {
        file.seekp(static_cast<std::streamoff>(at));
        file.put(value);
        file.flush();
      };
      put(static_cast<char>(byte ^ 0x40));
      const auto reader = rocks::RocksReader::open(path_);
      const auto report = reader ? journal::verify::verify(**reader, {}) : Report{};
      const bool noticed = !reader || !report || report->fault;
      found += noticed ? 1 : 0;
      if (!noticed) {
        EXPECT_EQ((*reader)->head().position, 12U) << name << " byte " << at;
        EXPECT_EQ(report->bytes, whole.bytes) << name << " byte " << at;
      }
      put(byte);
    }
  }
  EXPECT_GT(found, 100);
  EXPECT_FALSE(verify().fault);
}

}  // namespace
}  // namespace actuary::tests
