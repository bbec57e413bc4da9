#include <unistd.h>

#include "journal/memory/memory_journal.h"
#include "journal/rocks/rocks_journal.h"
#include "tests/contract/journal_contract.h"
#include "tests/journal/folder.h"

namespace actuary::tests {
namespace {

class MemoryWorld {
 public:
  Journal& open() {
    journal_.reopen();
    return journal_;
  }
  void refuse_next_append() {
    journal_.fail_following_append(journal::memory::MemoryJournal::Fate::kLost);
  }

 private:
  journal::memory::MemoryJournal journal_;
};

class RocksWorld {
 public:
  Journal& open() {
    journal_.reset();
    if (std::filesystem::exists(away_)) std::filesystem::rename(away_, folder_.path());
    auto opened = journal::rocks::RocksJournal::open({.path = folder_.path()});
    if (!opened) {
      ADD_FAILURE() << opened.error().detail;
      std::abort();
    }
    journal_ = std::move(*opened);
    return *journal_;
  }
  /// The folder is moved away, so that another engine could be let in where it was.
  void refuse_next_append() { std::filesystem::rename(folder_.path(), away_); }

 private:
  Folder folder_;
  std::string away_ = folder_.path("away");
  std::unique_ptr<journal::rocks::RocksJournal> journal_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, JournalContract, MemoryWorld);
INSTANTIATE_TYPED_TEST_SUITE_P(Rocks, JournalContract, RocksWorld);

using journal::memory::MemoryJournal;

TEST(MemoryJournal, HeldAppendsBecomeDurableOneByOne) {
  MemoryJournal journal(MemoryJournal::Completion::kHeld);
  const Scribe scribe(journal);
  int answers = 0;
  journal.append(scribe.fit({scribe.claim(1)}), [&](const Result<Position>& done) {
    EXPECT_EQ(done.value(), 1U);
    ++answers;
  });
  EXPECT_EQ(journal.held(), 1U);
  EXPECT_EQ(journal.head().position, 0U);
  EXPECT_EQ(answers, 0);
  EXPECT_TRUE(journal.complete_next());
  EXPECT_EQ(answers, 1);
  EXPECT_EQ(journal.head().position, 1U);
  EXPECT_FALSE(journal.complete_next());
}

TEST(MemoryJournal, ACrashDropsWhatIsHeldWithoutAnAnswer) {
  MemoryJournal journal(MemoryJournal::Completion::kHeld);
  const Scribe scribe(journal);
  bool answered = false;
  journal.append(scribe.fit({scribe.claim(1)}), [&](const Result<Position>&) { answered = true; });
  journal.reopen();
  EXPECT_FALSE(journal.complete_next());
  EXPECT_FALSE(answered);
  EXPECT_EQ(journal.head().position, 0U);
}

TEST(MemoryJournal, AFailedAppendMayHaveBeenWritten) {
  for (const auto fate : {MemoryJournal::Fate::kLost, MemoryJournal::Fate::kWritten}) {
    MemoryJournal journal(MemoryJournal::Completion::kHeld);
    const Scribe scribe(journal);
    Code code = Code::kNotFound;
    journal.append(scribe.fit({scribe.claim(1)}),
                   [&](const Result<Position>& done) { code = done.error().code; });
    EXPECT_TRUE(journal.fail_next(fate));
    EXPECT_EQ(code, Code::kStorageFailed);
    journal.reopen();
    EXPECT_EQ(journal.head().position, fate == MemoryJournal::Fate::kWritten ? 1U : 0U);
  }
}

}  // namespace
}  // namespace actuary::tests
