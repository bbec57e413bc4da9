#include "adapters/logs/file_logs.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/storages/folder.h"
#include "tests/support/manual_loop.h"

namespace actuary::tests::logs {
namespace {

using adapters::logs::FileLogs;

constexpr std::string_view kJob = "JobJobJobJobJob01";
constexpr Timestamp kAt{Microseconds{1'700'000'000'123'456}};
constexpr std::string_view kStamp = "2023-11-14T22:13:20.123Z ";

class FileLogsTest : public testing::Test {
 protected:
  /// As a container does it: another process, its own open of the same file.
  void append_elsewhere(const std::string& path, const std::string& line) {
    const pid_t child = ::fork();
    if (child == 0) {
      const int file = ::open(path.c_str(), O_WRONLY | O_APPEND);
      const bool ok = ::write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size());
      ::_exit(ok ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_EQ(status, 0);
  }
  std::string whole() { return logs_->read(kJob, 0, SIZE_MAX).value(); }

  storages::Folder folder_;
  support::ManualLoop loop_;
  std::unique_ptr<FileLogs> logs_ = FileLogs::open(folder_.path() / "logs", loop_).value();
};

TEST_F(FileLogsTest, LinesAreStampedAndReadByOffset) {
  ASSERT_TRUE(logs_->append(kJob, kAt, "ACTOR: one"));
  ASSERT_TRUE(logs_->append(kJob, kAt, "two\nthree\n"));
  const std::string stamp(kStamp);
  const std::string all = stamp + "ACTOR: one\n" + stamp + "two\n" + stamp + "three\n";
  EXPECT_EQ(whole(), all);
  EXPECT_EQ(logs_->size(kJob), all.size());
  EXPECT_EQ(logs_->read(kJob, 5, 7), all.substr(5, 7));
  EXPECT_EQ(logs_->read(kJob, all.size() - 3, 100), all.substr(all.size() - 3));
  EXPECT_EQ(logs_->read(kJob, all.size(), 100), "");
  EXPECT_EQ(logs_->read(kJob, UINT64_MAX, 100), "");
}

TEST_F(FileLogsTest, ReadsLookAtTheFileThatOthersWrite) {
  const auto path = logs_->create(kJob);
  ASSERT_TRUE(path);
  EXPECT_EQ(path, logs_->path_of(kJob));
  struct stat status = {};
  ASSERT_EQ(::stat(path->c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  EXPECT_EQ(whole(), "");
  append_elsewhere(*path, "from the container\n");
  ASSERT_TRUE(logs_->append(kJob, kAt, "from the engine"));
  ASSERT_TRUE(logs_->create(kJob)) << "what is there stays";
  EXPECT_EQ(whole(), "from the container\n" + std::string(kStamp) + "from the engine\n");
}

TEST_F(FileLogsTest, AnUnknownOrUnfitIdIsRefused) {
  for (const char* id : {"JobJobJobJobJob01", "", "../../../etc/pass", "short"}) {
    EXPECT_EQ(logs_->read(id, 0, 1).error().code, Code::kNotFound) << id;
    EXPECT_EQ(logs_->size(id).error().code, Code::kNotFound) << id;
    EXPECT_EQ(logs_->remove(id).error().code, Code::kNotFound) << id;
  }
  EXPECT_EQ(logs_->append("../../../etc/pass", kAt, "x").error().code, Code::kInvalidArgument);
  EXPECT_EQ(
      logs_->append(kJob, kAt, std::string(adapters::logs::kTextBytesMax + 1, 'x')).error().code,
      Code::kTooLarge);
}

TEST_F(FileLogsTest, ARemovedLogIsGone) {
  ASSERT_TRUE(logs_->append(kJob, kAt, "one"));
  ASSERT_TRUE(logs_->remove(kJob));
  EXPECT_EQ(logs_->size(kJob).error().code, Code::kNotFound);
}

TEST_F(FileLogsTest, ASubscriberHearsOfWritesByAnotherProcess) {
  const auto path = logs_->create(kJob);
  int calls = 0;
  const auto subscription = logs_->subscribe(kJob, [&] { ++calls; });
  ASSERT_TRUE(loop_.run_until([&] { return calls == 1; })) << "once at the beginning";
  for (int i = 2; i <= 5; ++i) {
    append_elsewhere(*path, "line\n");
    ASSERT_TRUE(loop_.run_until([&] { return calls >= i; }));
  }
  logs_->unsubscribe(subscription);
  const int before = calls;
  append_elsewhere(*path, "line\n");
  int others = 0;
  const auto other = logs_->subscribe(kJob, [&] { ++others; });
  ASSERT_TRUE(loop_.run_until([&] { return others == 1; }));
  append_elsewhere(*path, "line\n");
  ASSERT_TRUE(loop_.run_until([&] { return others >= 2; }));
  EXPECT_EQ(calls, before);
  logs_->unsubscribe(other);
}

TEST_F(FileLogsTest, ManyWritesMakeFewCallsAndTheLastOneIsSeen) {
  const auto path = logs_->create(kJob);
  std::size_t calls = 0;
  std::string seen;
  const auto subscription = logs_->subscribe(kJob, [&] {
    ++calls;
    seen += logs_->read(kJob, seen.size(), SIZE_MAX).value();
  });
  constexpr std::size_t kLines = 5000;
  for (std::size_t i = 0; i < kLines; ++i) ASSERT_TRUE(logs_->append(kJob, kAt, "x"));
  const std::size_t expected = kLines * (kStamp.size() + 2);
  ASSERT_TRUE(loop_.run_until([&] { return seen.size() == expected; }));
  EXPECT_LT(calls, kLines / 10) << "the loop did not turn meanwhile";
  logs_->unsubscribe(subscription);
}

TEST_F(FileLogsTest, ALogThatIsMadeLaterIsFollowed) {
  std::size_t size = 0;
  const auto subscription = logs_->subscribe(kJob, [&] { size = logs_->size(kJob).value_or(0); });
  loop_.run_ready();
  ASSERT_TRUE(logs_->append(kJob, kAt, "1"));
  ASSERT_TRUE(loop_.run_until([&] { return size == kStamp.size() + 2; }));
  ASSERT_TRUE(logs_->append(kJob, kAt, "2"));
  ASSERT_TRUE(loop_.run_until([&] { return size == 2 * (kStamp.size() + 2); }));
  ASSERT_TRUE(logs_->remove(kJob));
  ASSERT_TRUE(loop_.run_until([&] { return size == 0; })) << "an end is news too";
  ASSERT_TRUE(logs_->append(kJob, kAt, "again"));
  ASSERT_TRUE(loop_.run_until([&] { return size == kStamp.size() + 6; }));
  logs_->unsubscribe(subscription);
}

TEST_F(FileLogsTest, ConcurrentAppendersNeverInterleaveInsideALine) {
  constexpr int kWriters = 8;
  constexpr int kLines = 300;
  std::vector<std::thread> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([this, writer] {
      const std::string text(200 + writer * 531, static_cast<char>('a' + writer));
      for (int i = 0; i < kLines; ++i) EXPECT_TRUE(logs_->append(kJob, kAt, text));
    });
  }
  for (std::thread& writer : writers) writer.join();
  std::istringstream all(whole());
  std::map<char, int> counts;
  for (std::string line; std::getline(all, line);) {
    ASSERT_TRUE(line.starts_with(kStamp));
    const std::string text = line.substr(kStamp.size());
    ASSERT_EQ(text, std::string(200 + (text[0] - 'a') * 531, text[0]));
    ++counts[text[0]];
  }
  ASSERT_EQ(counts.size(), static_cast<std::size_t>(kWriters));
  for (const auto& [letter, count] : counts) EXPECT_EQ(count, kLines) << letter;
}

}  // namespace
}  // namespace actuary::tests::logs
