#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "engine/replay/replayer.h"
#include "journal/codec/record_codec.h"
#include "journal/rocks/rocks_journal.h"
#include "journal/rocks/rocks_reader.h"
#include "projections/runner/views.h"
#include "tests/golden/journals/story.h"
#include "tests/journal/folder.h"

namespace actuary::tests {
namespace {

namespace fs = std::filesystem;
using journal::rocks::RocksJournal;
using journal::rocks::RocksReader;
using projections::runner::Views;

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// What a release makes of a journal for ever. Grows when the directory or a projection does.
std::string state_of(const journal::Reader& journal) {
  return "records " + std::to_string(journal.head().position) + " of term " +
         std::to_string(journal.head().term) + "\n" + golden::folded_state(journal);
}

std::string views_digest(const journal::Reader& journal, const std::string& folder) {
  auto views = Views::open(folder);
  if (!views) return views.error().detail;
  const Status folded = (*views)->catch_up(journal);
  return folded ? (*views)->digest().value_or("unreadable") : folded.error().detail;
}

class GoldenJournal : public testing::TestWithParam<std::string> {
 protected:
  [[nodiscard]] static fs::path kept() { return fs::path(ACTUARY_JOURNALS_FOLDER) / GetParam(); }
  void SetUp() override {
    fs::copy(kept() / "journal", folder_.path(), fs::copy_options::recursive);
  }
  void expect(const std::string& name, const std::string& found) const {
    if (std::getenv("ACTUARY_REGENERATE_GOLDEN") != nullptr) std::ofstream(kept() / name) << found;
    EXPECT_EQ(found, read_file(kept() / name))
        << "An old journal means something else now. If that is meant, and the bytes are the "
           "same,\n"
           "run ACTUARY_REGENERATE_GOLDEN=1 test_golden_journals and commit the difference.";
  }

  Folder folder_;
};

TEST_P(GoldenJournal, FoldsToTheSameStateForEver) {
  const auto reader = RocksReader::open(folder_.path());
  ASSERT_TRUE(reader) << reader.error().detail;
  EXPECT_EQ(golden::stored_digest(**reader), read_file(kept() / "stored.txt"))
      << "the bytes of a kept journal never change, and nothing regenerates this";
  expect("state.txt", state_of(**reader));
  expect("views.txt", views_digest(**reader, folder_.path("views")) + "\n");
}

TEST_P(GoldenJournal, IsTheSameAfterItWasOpenedToBeWritten) {
  {
    const auto opened = RocksJournal::open({.path = folder_.path(), .create_if_missing = false});
    ASSERT_TRUE(opened) << opened.error().detail;
    EXPECT_EQ(state_of(**opened), read_file(kept() / "state.txt"));
  }
  const auto reader = RocksReader::open(folder_.path());
  ASSERT_TRUE(reader) << reader.error().detail;
  EXPECT_EQ(state_of(**reader), read_file(kept() / "state.txt"));
  EXPECT_EQ(golden::stored_digest(**reader), read_file(kept() / "stored.txt"))
      << "an upgrade keeps the bytes that were hashed";
}

TEST_P(GoldenJournal, IsDecidedAgainAsItWas) {
  const auto reader = RocksReader::open(folder_.path());
  ASSERT_TRUE(reader) << reader.error().detail;
  // The story is told by default settings, of which it records only some.
  const engine::decision::Settings told{{8192, 65536}, 2};
  auto rules = engine::replay::current_rules();
  rules.decide = [&](const auto& aggregates, const auto& command, const auto& context) {
    return aggregates.decide(command, {context.now, context.principal, context.directory, told});
  };
  engine::replay::Replayer replayer(std::move(rules));
  ASSERT_TRUE(
      (*reader)->scan(1, [&](const Record& record) { return replayer.take(record).has_value(); }));
  replayer.finish();
  ASSERT_FALSE(replayer.divergence())
      << "position " << replayer.divergence()->position << ", " << replayer.divergence()->command
      << ": " << replayer.divergence()->why
      << "\nRaise kLifecycleRules, and tell engine/replay/rules.cc what has changed.";
  EXPECT_EQ(replayer.counts().events, (*reader)->head().position);
  EXPECT_GT(replayer.counts().decided_again, 10U);
}

TEST_P(GoldenJournal, SaysInItsNameWhatItsBytesAre) {
  const auto reader = RocksReader::open(folder_.path());
  ASSERT_TRUE(reader) << reader.error().detail;
  const Status scanned = (*reader)->scan_stored(1, [](Position position, BytesView stored) {
    const auto number = [&](std::size_t at) {
      return std::to_string(static_cast<unsigned char>(stored[at]) +
                            256 * static_cast<unsigned char>(stored[at + 1]));
    };
    EXPECT_TRUE(GetParam().ends_with("-schema-" + number(14))) << "record " << position;
    return true;
  });
  EXPECT_TRUE(scanned);
}

std::vector<std::string> kept_journals() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(ACTUARY_JOURNALS_FOLDER)) {
    if (entry.is_directory()) names.push_back(entry.path().filename());
  }
  return names;
}

INSTANTIATE_TEST_SUITE_P(Kept, GoldenJournal, testing::ValuesIn(kept_journals()), [](auto info) {
  std::string name = info.param;
  for (char& c : name) c = c == '-' ? '_' : c;
  return name;
});

TEST(GoldenJournals, TheStoryStillTellsEveryEvent) {
  const Folder folder;
  std::unique_ptr<RocksJournal> journal;
  golden::tell_story([&]() -> journal::Journal& {
    journal.reset();
    journal = RocksJournal::open({.path = folder.path()}).value();
    return *journal;
  });
  EXPECT_EQ(golden::untold_events(*journal), "")
      << "tell it in tests/golden/journals/story.cc, so that the next golden journal has it";
}

}  // namespace
}  // namespace actuary::tests
