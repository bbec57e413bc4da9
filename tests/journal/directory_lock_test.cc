#include "journal/base/directory_lock.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/journal/folder.h"

namespace actuary::tests {
namespace {

namespace fs = std::filesystem;

/// Another process that locks `path`; it lives until it is killed.
class SecondEngine {
 public:
  explicit SecondEngine(const std::string& path) {
    int answer[2] = {-1, -1};
    EXPECT_EQ(pipe(answer), 0);
    pid_ = fork();
    if (pid_ == 0) {
      const auto lock = DirectoryLock::acquire(path);
      const std::string text = (lock ? "locked" : lock.error().detail) + "\n";
      (void)!write(answer[1], text.data(), text.size());
      if (lock) pause();
      _exit(0);
    }
    close(answer[1]);
    for (char next = 0; read(answer[0], &next, 1) == 1 && next != '\n';) answer_.push_back(next);
    close(answer[0]);
  }
  ~SecondEngine() { kill_it(); }
  SecondEngine(const SecondEngine&) = delete;
  SecondEngine& operator=(const SecondEngine&) = delete;

  void kill_it() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  /// `locked`, or why not.
  [[nodiscard]] const std::string& answer() const { return answer_; }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = 0;
  std::string answer_;
};

class DirectoryLockTest : public ::testing::Test {
 protected:
  DirectoryLockTest() { fs::create_directories(path_); }
  void expect_refused_by_our_name() {
    EXPECT_EQ(SecondEngine(path_).answer(),
              path_ + " is in use by process " + std::to_string(getpid()));
  }

  Folder folder_;
  std::string path_ = folder_.path();
};

TEST_F(DirectoryLockTest, IsReleasedWithItsHolder) {
  {
    const auto held = DirectoryLock::acquire(path_);
    ASSERT_TRUE(held);
    EXPECT_EQ(DirectoryLock::acquire(path_).error().code, Code::kInUse);
  }
  const auto again = DirectoryLock::acquire(path_);
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->verify());
}

TEST_F(DirectoryLockTest, ASecondProcessIsRefusedByTheHoldersPid) {
  const auto held = DirectoryLock::acquire(path_);
  ASSERT_TRUE(held);
  expect_refused_by_our_name();
}

TEST_F(DirectoryLockTest, RemovingLockLetsNobodyIn) {
  const auto held = DirectoryLock::acquire(path_);
  ASSERT_TRUE(held);
  ASSERT_TRUE(fs::remove(path_ + "/LOCK"));
  expect_refused_by_our_name();
  EXPECT_TRUE(held->verify()) << "the holder goes on";
}

TEST_F(DirectoryLockTest, ReplacingLockLetsNobodyInAndNamesTheRealHolder) {
  const auto held = DirectoryLock::acquire(path_);
  ASSERT_TRUE(held);
  std::ofstream(path_ + "/LOCK.new") << "1\n";
  fs::rename(path_ + "/LOCK.new", path_ + "/LOCK");
  expect_refused_by_our_name();
  EXPECT_TRUE(held->verify());
}

TEST_F(DirectoryLockTest, AKilledHolderLeavesTheDirectoryFree) {
  SecondEngine other(path_);
  ASSERT_EQ(other.answer(), "locked");
  const auto refused = DirectoryLock::acquire(path_);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail.find("process " + std::to_string(other.pid())),
            std::string::npos);
  other.kill_it();
  EXPECT_TRUE(DirectoryLock::acquire(path_));
}

/// As an engine that is killed between the fork and the exec of a program that it starts.
TEST_F(DirectoryLockTest, AChildThatADeadHolderWasStartingIsWaitedFor) {
  const pid_t holder = fork();
  if (holder == 0) {
    const auto lock = DirectoryLock::acquire(path_);
    if (lock && fork() == 0) {
      usleep(300'000);  // holds what it inherited, for as long as an exec may take
      _exit(0);
    }
    _exit(lock ? 0 : 1);
  }
  int ended = 0;
  ASSERT_EQ(waitpid(holder, &ended, 0), holder);
  ASSERT_EQ(ended, 0);
  const auto taken = DirectoryLock::acquire(path_);
  EXPECT_TRUE(taken) << taken.error().detail;
}

TEST_F(DirectoryLockTest, AnotherDirectoryInItsPlaceIsNoticed) {
  const auto held = DirectoryLock::acquire(path_);
  ASSERT_TRUE(held);
  fs::rename(path_, path_ + ".old");
  EXPECT_FALSE(held->verify());
  fs::create_directories(path_);
  const Status moved = held->verify();
  ASSERT_FALSE(moved);
  EXPECT_EQ(moved.error().code, Code::kStorageFailed);
}

TEST_F(DirectoryLockTest, AProgramThatLocksOnlyTheFileIsStillKeptOutAndKeepsUsOut) {
  const int file = open((path_ + "/LOCK").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_EQ(flock(file, LOCK_EX | LOCK_NB), 0);
  EXPECT_EQ(DirectoryLock::acquire(path_).error().code, Code::kInUse);
  close(file);
  const auto held = DirectoryLock::acquire(path_);
  ASSERT_TRUE(held);
  const int later = open((path_ + "/LOCK").c_str(), O_RDWR | O_CLOEXEC);
  EXPECT_NE(flock(later, LOCK_EX | LOCK_NB), 0);
  close(later);
}

TEST_F(DirectoryLockTest, ADirectoryThatIsNotThereIsNamed) {
  const auto lock = DirectoryLock::acquire(path_ + "/none");
  ASSERT_FALSE(lock);
  EXPECT_NE(lock.error().detail.find("/none: No such file"), std::string::npos);
}

}  // namespace
}  // namespace actuary::tests
