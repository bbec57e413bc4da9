#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "journal/rocks/rocks_journal.h"
#include "journal/rocks/rocks_reader.h"
#include "tests/contract/journal_contract.h"
#include "tests/journal/folder.h"

namespace actuary::tests {
namespace {

namespace fs = std::filesystem;
using journal::rocks::RocksJournal;
using journal::rocks::RocksReader;

std::unique_ptr<RocksJournal> make_journal(const std::string& path, int notes) {
  auto journal = std::move(RocksJournal::open({.path = path}).value());
  const Scribe scribe(*journal);
  EXPECT_TRUE(append(*journal, scribe.fit({scribe.claim(1)})));
  for (int i = 0; i < notes; ++i) {
    EXPECT_TRUE(append(*journal, scribe.fit({scribe.note(stream_named('a'), "note")})));
  }
  return journal;
}

std::map<std::string, std::string> bytes_below(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ostringstream bytes;
    bytes << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    files[entry.path().string()] = bytes.str();
  }
  return files;
}

TEST(RocksReader, ShowsWhatIsThereWhileAnEngineWritesOn) {
  const Folder folder;
  const auto journal = make_journal(folder.path(), 3);
  const auto reader = std::move(RocksReader::open(folder.path()).value());
  EXPECT_EQ(reader->head().position, 4U);
  EXPECT_EQ(reader->head().id, journal->head().id);
  const Scribe scribe(*journal);
  ASSERT_TRUE(append(*journal, scribe.fit({scribe.note(stream_named('a'), "later")})));
  EXPECT_EQ(reader->read_stream(stream_named('a')).value().size(), 3U);
  EXPECT_EQ(RocksReader::open(folder.path()).value()->head().position, 5U);
}

TEST(RocksReader, ChangesNoByteOfTheFolder) {
  const Folder folder;
  make_journal(folder.path(), 3).reset();
  const auto before = bytes_below(folder.path());
  {
    const auto reader = std::move(RocksReader::open(folder.path()).value());
    EXPECT_TRUE(reader->scan(1, [](const Record&) { return true; }));
  }
  EXPECT_EQ(bytes_below(folder.path()), before);
}

TEST(RocksReader, MakesNoJournalWhereThereIsNone) {
  const Folder folder;
  const auto opened = RocksReader::open(folder.path());
  ASSERT_FALSE(opened);
  EXPECT_EQ(to_string(opened.error().code), to_string(Code::kNotFound));
  EXPECT_FALSE(fs::exists(folder.path()));
}

}  // namespace
}  // namespace actuary::tests
