#include "journal/archive/seal.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "journal/feed/feed.h"
#include "journal/merkle/verify_tree.h"
#include "journal/rocks/rocks_journal.h"
#include "journal/rocks/rocks_reader.h"
#include "journal/rocks/store.h"
#include "journal/verify/acknowledged.h"
#include "tests/contract/journal_contract.h"
#include "tests/journal/folder.h"

namespace actuary::tests {
namespace {

namespace fs = std::filesystem;
namespace archive = journal::archive;
namespace verify = journal::verify;
using journal::rocks::RocksJournal;
using journal::rocks::RocksReader;

/// Records 1..1001: a term, then 50 batches of twenty of the streams a and b in turn.
class Archive : public testing::Test {
 protected:
  /// Made once: every test works on a copy.
  static void SetUpTestSuite() {
    made_ = std::make_unique<Folder>();
    const auto journal = std::move(RocksJournal::open({.path = made_->path("journal")}).value());
    const Scribe scribe(*journal);
    ASSERT_TRUE(append(*journal, scribe.fit({scribe.claim(1)})));
    for (int i = 0; i < 50; ++i) {
      const auto note = scribe.note(stream_named(i % 2 == 0 ? 'a' : 'b'), "note");
      ASSERT_TRUE(append(*journal, scribe.fit(std::vector<Record>(20, note))));
    }
  }
  static void TearDownTestSuite() { made_.reset(); }

  Archive() {
    fs::copy(made_->path("journal"), path_, fs::copy_options::recursive);
    before_ = stored(*look());
  }
  [[nodiscard]] std::unique_ptr<RocksJournal> open() const {
    auto opened = RocksJournal::open({.path = path_});
    EXPECT_TRUE(opened) << opened.error().detail;
    return std::move(*opened);
  }
  [[nodiscard]] std::unique_ptr<RocksReader> look() const {
    auto opened = RocksReader::open(path_);
    EXPECT_TRUE(opened) << opened.error().detail;
    return std::move(*opened);
  }
  static std::vector<Bytes> stored(const journal::Reader& journal, Position from = 1) {
    std::vector<Bytes> all;
    const Status scanned = journal.scan_stored(from, [&](Position, BytesView bytes) {
      all.emplace_back(bytes);
      return true;
    });
    EXPECT_TRUE(scanned) << scanned.error().detail;
    return all;
  }
  Result<archive::Manifest> move(Position last, const std::string& file) {
    const auto journal = open();
    return archive::move_to_archive(*journal, last, file, Timestamp{}, {});
  }
  /// Walks everything, as `actuary journal verify` does.
  void expect_verified(Position first) {
    const auto found = verify::open_beside_witness(path_);
    ASSERT_TRUE(found && found->journal && !found->fault);
    const auto report = verify::verify(*found->journal, {});
    ASSERT_TRUE(report);
    EXPECT_FALSE(report->fault) << report->fault->what;
    EXPECT_EQ(report->first, first);
    const Status tree = journal::merkle::verify_tree(*found->journal, {}, report->first);
    EXPECT_TRUE(tree) << tree.error().detail;
  }

  static std::unique_ptr<Folder> made_;
  const Folder folder_;
  const std::string path_ = folder_.path("journal");
  const std::string file_ = folder_.path("old.tar");
  std::vector<Bytes> before_;
};

std::unique_ptr<Folder> Archive::made_;

TEST_F(Archive, WhatWasMovedIsReadFromTheFileAndEveryProofStillVerifies) {
  const auto root = look()->head().root;
  const auto moved = move(512, file_);
  ASSERT_TRUE(moved) << moved.error().detail;
  EXPECT_EQ(moved->first, 1U);
  EXPECT_EQ(moved->position, 512U);
  const auto journal = open();
  EXPECT_EQ(journal->head().first, 513U);
  EXPECT_EQ(journal->head().root, root);
  EXPECT_EQ(stored(*journal), before_);
  EXPECT_EQ(stored(*journal, 500).size(), 502U);
  EXPECT_EQ(journal->read(7)->position, 7U);
  EXPECT_EQ(journal->read_stream(stream_named('a'))->size(), 500U);
  auto prover = journal::merkle::prover_of(*journal);
  const auto proof = prover.inclusion(6, 1001);
  ASSERT_TRUE(proof);
  EXPECT_TRUE(journal::merkle::verify_inclusion(journal::merkle::leaf_hash(before_[6]), 6, 1001,
                                                *proof, root));
  const Scribe scribe(*journal);
  EXPECT_TRUE(append(*journal, scribe.fit({scribe.note(stream_named('a'), "later")})));
  EXPECT_EQ(journal->version_of(stream_named('a')), 501U);
}

TEST_F(Archive, WithoutItsFileAJournalSaysWhichArchiveARecordIsIn) {
  ASSERT_TRUE(move(512, file_));
  fs::rename(file_, folder_.path("elsewhere.tar"));
  {
    const auto journal = open();
    EXPECT_EQ(stored(*journal, 513).size(), 489U);
    for (const Status& told : {journal->read(512).map([](const Record&) {}),
                               journal->read_stream(stream_named('b')).map([](const auto&) {}),
                               journal->scan(100, [](const Record&) { return true; })}) {
      ASSERT_FALSE(told);
      EXPECT_EQ(to_string(told.error().code), to_string(Code::kUnavailable));
      EXPECT_NE(told.error().detail.find(file_), std::string::npos) << told.error().detail;
    }
  }
  expect_verified(513);
  // Put back elsewhere: beside the journal, under its old name.
  fs::create_directories(path_ + "/archive");
  fs::rename(folder_.path("elsewhere.tar"), path_ + "/archive/old.tar");
  EXPECT_EQ(stored(*look()), before_);
  expect_verified(1);
}

TEST_F(Archive, TheFeedTellsTheGapAndGoesOnBehindIt) {
  ASSERT_TRUE(move(512, file_));
  const auto journal = open();
  journal::Feed feed(*journal);
  const auto subscription = std::move(feed.subscribe(1).value());
  const auto piece = subscription->pull({.records = 3});
  ASSERT_TRUE(piece) << piece.error().detail;
  EXPECT_EQ(piece->gap, (journal::feed::Gap{1, 512}));
  ASSERT_EQ(piece->records.size(), 3U);
  EXPECT_EQ(piece->records[0].position, 513U);
}

TEST_F(Archive, ASecondArchiveFollowsTheFirst) {
  ASSERT_TRUE(move(256, file_));
  ASSERT_TRUE(move(768, folder_.path("second.tar")));
  EXPECT_EQ(stored(*look()), before_);
  EXPECT_EQ(look()->archives().size(), 2U);
  fs::remove(file_);
  EXPECT_EQ(look()->first_readable(), 257U);
  EXPECT_TRUE(look()->read(300));
  EXPECT_FALSE(look()->read(256));
  expect_verified(257);
}

TEST_F(Archive, OnlyWholeTilesBeforeTheLastBatchAreMoved) {
  const auto journal = open();
  EXPECT_EQ(archive::last_to_archive(*journal, 256), 0U);
  EXPECT_EQ(archive::last_to_archive(*journal, 257), 256U);
  EXPECT_EQ(archive::last_to_archive(*journal, ~Position{0}), 768U);
  for (const Position last : {Position{0}, Position{100}, Position{1000}, Position{1024}}) {
    const auto refused = archive::move_to_archive(*journal, last, file_, Timestamp{}, {});
    ASSERT_FALSE(refused) << last;
    EXPECT_EQ(to_string(refused.error().code), to_string(Code::kInvalidArgument));
    EXPECT_FALSE(fs::exists(file_));
  }
}

TEST_F(Archive, AChangedArchiveIsNeverBelieved) {
  ASSERT_TRUE(move(256, file_));
  std::string bytes;
  {
    std::ostringstream all;
    all << std::ifstream(file_, std::ios::binary).rdbuf();
    bytes = all.str();
  }
  std::size_t found = 0;
  for (std::size_t at = 0; at < bytes.size(); at += 997) {
    std::string changed = bytes;
    changed[at] ^= 0x20;
    std::ofstream(file_, std::ios::binary | std::ios::trunc) << changed;
    const auto journal = look();
    Position seen = 0;
    const Status scanned = journal->scan_stored(1, [&](Position position, BytesView stored) {
      EXPECT_EQ(stored, before_[position - 1]);
      seen = position;
      return position < 256;
    });
    found += scanned ? 0U : 1U;
    if (scanned) {
      EXPECT_EQ(seen, 256U);
    }
  }
  EXPECT_GT(found, bytes.size() / 997 / 2);
  for (const std::size_t size : {std::size_t{0}, std::size_t{700}, bytes.size() / 2}) {
    fs::resize_file(file_, size);
    EXPECT_FALSE(look()->read(200));
    EXPECT_TRUE(look()->read(257));
  }
}

TEST_F(Archive, AFileThatACrashLeftIsTakenAndAnotherIsRefused) {
  const fs::path copy = folder_.path("copy");
  fs::copy(path_, copy, fs::copy_options::recursive);
  ASSERT_TRUE(move(512, file_));
  fs::remove_all(path_);
  fs::rename(copy, path_);  // the file is there, the journal has not noted it
  const auto other = move(256, file_);
  ASSERT_FALSE(other);
  EXPECT_NE(other.error().detail.find("nothing was taken out"), std::string::npos);
  EXPECT_EQ(look()->head().first, 1U);
  ASSERT_TRUE(move(512, file_));
  EXPECT_EQ(look()->head().first, 513U);
  EXPECT_EQ(stored(*look()), before_);
}

TEST_F(Archive, ABackupHasWhatWasArchived) {
  ASSERT_TRUE(move(512, file_));
  const std::string backup = folder_.path("backup.tar");
  ASSERT_TRUE(archive::back_up_journal(*look(), backup, Timestamp{}, {}));
  ASSERT_TRUE(archive::restore_journal(backup, folder_.path("restored"), {}));
  const auto restored = RocksReader::open(folder_.path("restored") + "/journal");
  ASSERT_TRUE(restored) << restored.error().detail;
  EXPECT_EQ((*restored)->head().first, 1U);
  EXPECT_EQ(stored(**restored), before_);
}

TEST_F(Archive, KilledAtAnyInstantItLosesNothing) {
  for (useconds_t delay = 2'000; delay < 400'000; delay += delay / 2) {
    const pid_t child = ::fork();
    if (child == 0) {
      auto journal = RocksJournal::open({.path = path_});
      if (!journal) ::_exit(2);
      ::_exit(archive::move_to_archive(**journal, 512, file_, Timestamp{}, {}) ? 0 : 1);
    }
    ::usleep(delay);
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(!WIFEXITED(status) || WEXITSTATUS(status) == 0);
    EXPECT_EQ(stored(*open()), before_) << "killed after " << delay << " us";
    if (look()->head().first == 513) break;
  }
  if (look()->head().first == 1) {  // a slow machine
    const auto moved = move(512, file_);
    EXPECT_TRUE(moved) << moved.error().detail;
  }
  EXPECT_EQ(look()->head().first, 513U);
  EXPECT_EQ(stored(*look()), before_);
}

/// `actuary journal verify` beside the witness.
class BesideWitness : public Archive {
 protected:
  void keep(const char* name) { fs::copy(path_, folder_.path(name), fs::copy_options::recursive); }
  void more(int batches) {
    const auto journal = open();
    const Scribe scribe(*journal);
    for (int i = 0; i < batches; ++i) {
      const auto note = scribe.note(stream_named('a'), "more");
      EXPECT_TRUE(append(*journal, scribe.fit({note, note})));
    }
  }
  /// The store of an earlier moment beside the witness of now.
  void put_back(const char* name) {
    fs::remove_all(path_ + "/store");
    fs::copy(folder_.path(name) + "/store", path_ + "/store", fs::copy_options::recursive);
  }
};

TEST_F(BesideWitness, AcknowledgedRecordsThatAreMissingAreNamed) {
  keep("old");
  more(5);
  put_back("old");
  const auto found = verify::open_beside_witness(path_);
  ASSERT_TRUE(found && found->fault);
  EXPECT_EQ(found->witnessed, 1011U);
  EXPECT_EQ(found->fault->position, 1002U);
  EXPECT_NE(found->fault->what.find("records 1002..1011 are missing"), std::string::npos)
      << found->fault->what;
}

TEST_F(BesideWitness, WhatTheWitnessStillHasIsSaidToComeBack) {
  keep("old");
  more(2);
  put_back("old");
  const auto found = verify::open_beside_witness(path_);
  ASSERT_TRUE(found && found->fault);
  EXPECT_NE(found->fault->what.find("records 1002..1005 are missing"), std::string::npos);
  EXPECT_NE(found->fault->what.find("the next start"), std::string::npos) << found->fault->what;
  (void)open();
  const auto after = verify::open_beside_witness(path_);
  ASSERT_TRUE(after);
  EXPECT_FALSE(after->fault);
}

TEST_F(BesideWitness, AMissingOrOlderWitnessIsAFault) {
  keep("old");
  more(5);
  fs::copy(folder_.path("old") + "/witness", path_ + "/witness",
           fs::copy_options::overwrite_existing);
  auto found = verify::open_beside_witness(path_);
  ASSERT_TRUE(found && found->fault);
  EXPECT_NE(found->fault->what.find("older copy"), std::string::npos);
  fs::remove(path_ + "/witness");
  found = verify::open_beside_witness(path_);
  ASSERT_TRUE(found && found->fault);
  EXPECT_NE(found->fault->what.find("lost its witness"), std::string::npos);
}

TEST_F(BesideWitness, AnEngineThatWritesMeanwhileIsNoFault) {
  const auto journal = open();
  const Scribe scribe(*journal);
  std::atomic<bool> enough = false;
  std::thread writer([&] {
    while (!enough) {
      EXPECT_TRUE(append(*journal, scribe.fit({scribe.note(stream_named('b'), "meanwhile")})));
    }
  });
  for (int i = 0; i < 20; ++i) {
    const auto found = verify::open_beside_witness(path_);
    ASSERT_TRUE(found) << found.error().detail;
    EXPECT_FALSE(found->fault) << found->fault->what;
  }
  enough = true;
  writer.join();
}

}  // namespace
}  // namespace actuary::tests
