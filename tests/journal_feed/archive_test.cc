#include "journal/archive/records.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "journal/archive/files.h"
#include "journal/rocks/rocks_journal.h"
#include "journal/rocks/rocks_reader.h"
#include "tests/contract/journal_contract.h"
#include "tests/journal/folder.h"

namespace actuary::tests {
namespace {

namespace fs = std::filesystem;
namespace archive = journal::archive;
using journal::rocks::RocksJournal;
using journal::rocks::RocksReader;

std::string bytes_of(const fs::path& file) {
  std::ostringstream bytes;
  bytes << std::ifstream(file, std::ios::binary).rdbuf();
  return bytes.str();
}

class Backup : public testing::Test {
 protected:
  Backup() : journal_(std::move(RocksJournal::open({.path = folder_.path()}).value())) {
    const Scribe scribe(*journal_);
    EXPECT_TRUE(append(*journal_, scribe.fit({scribe.claim(1)})));
    write(30);
  }

  void write(int count) {
    const Scribe scribe(*journal_);
    const std::vector<Record> batch(count, scribe.note(stream_named('a'), "note"));
    ASSERT_TRUE(append(*journal_, scribe.fit(batch)));
  }
  Result<archive::Manifest> back_up() {
    const auto reader = std::move(RocksReader::open(folder_.path()).value());
    return archive::back_up_journal(*reader, file_, Timestamp{}, {});
  }
  static std::vector<Bytes> stored(const journal::Reader& journal) {
    std::vector<Bytes> all;
    EXPECT_TRUE(journal.scan_stored(1, [&](Position, BytesView bytes) {
      all.emplace_back(bytes);
      return true;
    }));
    return all;
  }

  const Folder folder_;
  const std::string file_ = folder_.path("backup.tar");
  const std::string target_ = folder_.path("restored");
  std::unique_ptr<RocksJournal> journal_;
};

TEST_F(Backup, ARestoredJournalIsTheSameByteForByteAndOpens) {
  const auto made = back_up();
  ASSERT_TRUE(made) << made.error().detail;
  const auto head = journal_->head();
  const auto before = stored(*journal_);
  write(5);  // the future that is lost
  const auto restored = archive::restore_journal(file_, target_, {});
  ASSERT_TRUE(restored) << restored.error().detail;
  EXPECT_FALSE(fs::exists(target_ + ".partial"));
  const auto opened = RocksJournal::open({.path = target_ + "/journal"});
  ASSERT_TRUE(opened) << opened.error().detail;
  EXPECT_EQ((*opened)->head().id, head.id);
  EXPECT_EQ((*opened)->head().position, 31U);
  EXPECT_EQ(stored(**opened), before);
  EXPECT_EQ((*opened)->read_stream(stream_named('a')).value().size(), 30U);
  const Scribe scribe(**opened);
  EXPECT_TRUE(append(**opened, scribe.fit({scribe.claim(2)})));
}

TEST_F(Backup, ManyRecordsComeBackInMoreThanOneBatch) {
  for (int i = 0; i < 5; ++i) write(2000);
  ASSERT_TRUE(back_up());
  ASSERT_TRUE(archive::restore_journal(file_, target_, {}));
  const auto reader = std::move(RocksReader::open(target_ + "/journal").value());
  EXPECT_EQ(stored(*reader), stored(*journal_));
}

TEST_F(Backup, NothingIsWrittenOverAndNoFullFolderIsTouched) {
  ASSERT_TRUE(back_up());
  const std::string bytes = bytes_of(file_);
  const auto again = back_up();
  ASSERT_FALSE(again);
  EXPECT_EQ(to_string(again.error().code), to_string(Code::kInvalidArgument));
  EXPECT_EQ(bytes_of(file_), bytes);
  fs::create_directories(target_);
  std::ofstream(target_ + "/mine") << "kept";
  const auto restored = archive::restore_journal(file_, target_, {});
  ASSERT_FALSE(restored);
  EXPECT_EQ(to_string(restored.error().code), to_string(Code::kInvalidArgument));
  EXPECT_EQ(bytes_of(target_ + "/mine"), "kept");
}

TEST_F(Backup, WhatAKilledTryLeftIsNoBackupAndNotInTheWay) {
  std::ofstream(file_ + ".partial") << "half of a backup";
  ASSERT_TRUE(back_up());
  EXPECT_FALSE(fs::exists(file_ + ".partial"));
  {
    auto half = archive::NewFolder::create(target_);
    ASSERT_TRUE(half);
    std::ofstream(half->workshop() + "/half") << "x";
    fs::copy(half->workshop(), folder_.path("left"), fs::copy_options::recursive);
  }
  EXPECT_FALSE(fs::exists(target_ + ".partial"));
  fs::rename(folder_.path("left"), target_ + ".partial");
  ASSERT_TRUE(archive::restore_journal(file_, target_, {}));
  EXPECT_FALSE(fs::exists(target_ + "/half"));
}

TEST_F(Backup, SomebodyElsesPartialFolderIsNotRemoved) {
  ASSERT_TRUE(back_up());
  fs::create_directories(target_ + ".partial");
  std::ofstream(target_ + ".partial/mine") << "kept";
  EXPECT_FALSE(archive::restore_journal(file_, target_, {}));
  EXPECT_EQ(bytes_of(target_ + ".partial/mine"), "kept");
}

/// Flips or cuts at places all over the file: never a folder, always a clear word.
TEST_F(Backup, ADamagedBackupIsRefusedAndLeavesNothing) {
  ASSERT_TRUE(back_up());
  const std::string whole = bytes_of(file_);
  const std::size_t end = whole.find_last_not_of('\0');
  const std::string damaged = folder_.path("damaged.tar");
  for (std::size_t at = 0; at <= end; at += 211) {
    for (const bool cut : {false, true}) {
      std::string bytes = cut ? whole.substr(0, at) : whole;
      if (!cut) bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
      std::ofstream(damaged, std::ios::binary | std::ios::trunc) << bytes;
      const auto restored = archive::restore_journal(damaged, target_, {});
      ASSERT_FALSE(restored) << at << (cut ? " cut" : " flipped");
      EXPECT_FALSE(restored.error().detail.empty());
      EXPECT_FALSE(fs::exists(target_));
      EXPECT_FALSE(fs::exists(target_ + ".partial"));
    }
  }
}

TEST_F(Backup, AFileThatIsNoBackupIsRefused) {
  std::ofstream(file_) << std::string(5000, 'x');
  EXPECT_EQ(to_string(archive::restore_journal(file_, target_, {}).error().code),
            to_string(Code::kCorrupt));
  EXPECT_EQ(to_string(archive::restore_journal(folder_.path("none"), target_, {}).error().code),
            to_string(Code::kNotFound));
}

}  // namespace
}  // namespace actuary::tests
