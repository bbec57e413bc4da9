#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <random>

#include "journal/rocks/rocks_journal.h"
#include "journal/witness/witness.h"
#include "tests/contract/journal_contract.h"
#include "tests/journal/folder.h"

extern char** environ;

namespace actuary::tests {
namespace {

/// `journal_appender` in a process of its own, so that it can die like one.
class Appender {
 public:
  explicit Appender(std::vector<std::string> arguments) {
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    arguments.insert(arguments.begin(), JOURNAL_APPENDER);
    std::vector<char*> words;
    for (std::string& argument : arguments) words.push_back(argument.data());
    words.push_back(nullptr);
    EXPECT_EQ(posix_spawn(&pid_, JOURNAL_APPENDER, &actions, nullptr, words.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    lines_ = fdopen(ends[0], "r");
  }
  Appender(const Appender&) = delete;
  Appender& operator=(const Appender&) = delete;
  ~Appender() {
    kill();
    std::fclose(lines_);
  }

  /// The next whole line, empty at the end.
  std::string line() {
    std::array<char, 512> text{};
    if (std::fgets(text.data(), text.size(), lines_) == nullptr) return {};
    std::string line(text.data());
    if (line.empty() || line.back() != '\n') return {};
    line.pop_back();
    return line;
  }
  void signal(int number) const { ::kill(pid_, number); }
  /// Reads to the end: after what was written before `last` come three refusals and nothing else.
  void expect_no_more_than(Position acknowledged, Position last) {
    int refusals = 0;
    for (std::string next = line(); !next.empty(); next = line()) {
      if (std::isdigit(static_cast<unsigned char>(next[0])) == 0) {
        EXPECT_EQ(next, "storage-failed");
        ++refusals;
        continue;
      }
      EXPECT_EQ(refusals, 0) << "acknowledged after a failure";
      acknowledged = std::stoull(next);
    }
    EXPECT_EQ(refusals, 3);
    EXPECT_LE(acknowledged, last) << "acknowledged what the next writer does not have";
  }
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    wait();
  }
  int wait() {
    int status = 0;
    EXPECT_EQ(waitpid(pid_, &status, 0), pid_);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t pid_ = -1;
  std::FILE* lines_ = nullptr;
};

/// Opens what a dead process left: whole, gapless, in whole batches. Returns its head.
Position inspect(const std::string& path) {
  auto opened = journal::rocks::RocksJournal::open({.path = path});
  EXPECT_TRUE(opened) << opened.error().detail;
  if (!opened) return 0;
  Position records = 0;
  Position notes = 0;
  EXPECT_TRUE((*opened)->scan(1, [&](const Record& record) {
    ++records;
    notes += std::holds_alternative<events::CommandNoted>(record.event) ? 1 : 0;
    return true;
  }));
  EXPECT_EQ(records, (*opened)->head().position);
  EXPECT_EQ(notes % 3, 0U) << "a batch is there in part";
  EXPECT_EQ((*opened)->version_of(stream_named('a')), notes);
  return records;
}

TEST(JournalCrash, EveryAcknowledgedRecordSurvivesSigkillAtAnyMoment) {
  constexpr int kDeaths = 50;
  const Folder folder;
  std::mt19937 random(20261123);
  Position acknowledged_in_all = 0;
  for (int death = 0; death < kDeaths; ++death) {
    Appender appender({folder.path()});
    Position acknowledged = 0;
    const unsigned patience =
        random() % 25;  // dies after so many acknowledgements, 0: at any moment
    for (unsigned i = 0; i < patience; ++i) acknowledged = std::stoull("0" + appender.line());
    usleep(random() % 2000);  // so that the kill falls anywhere within an append
    appender.kill();
    for (std::string line = appender.line(); !line.empty(); line = appender.line()) {
      acknowledged = std::stoull(line);
    }
    const Position head = inspect(folder.path());
    ASSERT_GE(head, acknowledged) << "death " << death;
    acknowledged_in_all = std::max(acknowledged_in_all, acknowledged);
  }
  EXPECT_GT(acknowledged_in_all, 100U);
}

TEST(JournalCrash, AFullDiskPoisonsTheJournalAndLosesNothingAcknowledged) {
  const Folder folder;
  ASSERT_EQ(inspect(folder.path()), 0U);
  Position acknowledged = 0;
  {
    Appender appender({folder.path(), "160000"});
    std::vector<std::string> refusals;
    for (std::string line = appender.line(); !line.empty(); line = appender.line()) {
      if (std::isdigit(static_cast<unsigned char>(line[0])) != 0) {
        EXPECT_TRUE(refusals.empty()) << "acknowledged after a failure";
        acknowledged = std::stoull(line);
      } else {
        refusals.push_back(line);
      }
    }
    EXPECT_EQ(appender.wait(), 0);
    EXPECT_EQ(refusals, std::vector<std::string>(3, "storage-failed"));
  }
  EXPECT_GT(acknowledged, 10U);
  EXPECT_GE(inspect(folder.path()), acknowledged);
}

/// What an operator with a copy does: the folder's own inode is another one afterwards.
void replace_folder(const std::string& path) {
  std::filesystem::copy(path, path + ".copy", std::filesystem::copy_options::recursive);
  std::filesystem::rename(path, path + ".former");
  std::filesystem::rename(path + ".copy", path);
}

TEST(JournalCrash, AWriterThatWasPausedWhileAnotherTookOverNeverAcknowledges) {
  for (const bool replaced : {true, false}) {
    const Folder folder;
    const std::string path = folder.path("journal");
    std::filesystem::create_directories(path);
    Appender former({path});
    Position acknowledged = 0;
    for (int i = 0; i < 20; ++i) acknowledged = std::stoull("0" + former.line());
    former.signal(SIGSTOP);
    std::filesystem::remove(path + "/LOCK");
    {
      const auto refused = journal::rocks::RocksJournal::open({.path = path});
      ASSERT_FALSE(refused) << "the lock is on the folder, and a paused process still holds it";
      EXPECT_EQ(to_string(refused.error().code), to_string(Code::kInUse));
    }
    Position before = 0;
    if (replaced) {
      replace_folder(path);
      before = inspect(path);
      auto next = std::move(journal::rocks::RocksJournal::open({.path = path}).value());
      const Scribe scribe(*next);
      ASSERT_TRUE(append(*next, scribe.fit({scribe.claim(next->head().term + 1)})));
      former.signal(SIGCONT);
      former.expect_no_more_than(acknowledged, before);
      const auto note = scribe.note(stream_named('a'), "of the next one");
      EXPECT_TRUE(append(*next, scribe.fit({note, note, note})));
    } else {
      // Forced past the lock, in place: what another kernel's lock manager would let happen.
      const std::string witness = path + "/witness";
      const auto seen = journal::witness::read(witness).value();
      const journal::witness::Owner owner{seen->owner.id, seen->owner.term + 1, 77};
      const auto next = journal::witness::Witness::claim(witness, owner, seen->slots);
      ASSERT_TRUE(next);
      before = seen->slots.front().last;
      former.signal(SIGCONT);
      former.expect_no_more_than(acknowledged, before);
    }
    EXPECT_EQ(former.wait(), 0);
    EXPECT_GE(inspect(path), acknowledged);
  }
}

TEST(JournalCrash, AnotherProcessIsRefusedByName) {
  const Folder folder;
  const auto opened = journal::rocks::RocksJournal::open({.path = folder.path()});
  ASSERT_TRUE(opened);
  Appender appender({folder.path()});
  const std::string line = appender.line();
  EXPECT_NE(line.find("in use by process " + std::to_string(getpid())), std::string::npos) << line;
  EXPECT_EQ(appender.wait(), 1);
}

}  // namespace
}  // namespace actuary::tests
