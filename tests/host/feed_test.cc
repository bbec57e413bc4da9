#include "journal/feed/feed.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <future>
#include <thread>

#include "adapters/host/control_plane.h"
#include "journal/rocks/rocks_reader.h"

// CMakeLists.txt says where they are; the file alone compiles without.
#ifndef ACTUARY_INIT
#define ACTUARY_INIT "actuary-init"
#define ACTUARY_EXAMPLES "tools/examples"
#endif

namespace actuary::tests {
namespace {

namespace fs = std::filesystem;

class HostFeed : public testing::Test {
 protected:
  HostFeed() {
    std::string pattern = fs::temp_directory_path() / "actuary-host-XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~HostFeed() override { fs::remove_all(folder_); }

  std::unique_ptr<ControlPlane> open() {
    ControlPlaneOptions options;
    options.data = folder_ / "data";
    options.listen_port = 0;
    options.init_binary = ACTUARY_INIT;
    auto plane = ControlPlane::open(std::move(options));
    EXPECT_TRUE(plane) << plane.error().detail;
    return plane ? std::move(*plane) : nullptr;
  }
  static bool run_hello(ControlPlane& plane) {
    std::promise<bool> ended;
    plane.run_folder({.folder = fs::path(ACTUARY_EXAMPLES) / "hello"},
                     [&](const ControlPlane::RunEnd& end) { ended.set_value(end.has_value()); });
    return ended.get_future().get();
  }
  std::vector<Record> journal(Position to) const {
    const auto reader = journal::rocks::RocksReader::open((folder_ / "data/journal").string());
    std::vector<Record> records;
    EXPECT_TRUE((*reader)->scan(1, [&](const Record& record) {
      if (record.position <= to) records.push_back(record);
      return record.position < to;
    }));
    return records;
  }

  fs::path folder_;
};

TEST_F(HostFeed, AThreadOfTheHostReadsEverythingOnceWhileRunsHappen) {
  auto plane = open();
  ASSERT_NE(plane, nullptr);
  const auto events = std::move(plane->feed().subscribe(1).value());
  std::vector<Record> seen;
  std::atomic<Position> reached = 0;
  std::thread reader([&] {
    for (;;) {
      auto piece = events->wait({.records = 3}, std::chrono::minutes{2});
      if (!piece || piece->ended || piece->empty()) return;
      for (Record& record : piece->records) seen.push_back(std::move(record));
      reached = seen.back().position;
    }
  });
  EXPECT_TRUE(run_hello(*plane));
  EXPECT_TRUE(run_hello(*plane));
  const Position last = plane->feed().horizon();
  while (reached < last) std::this_thread::yield();
  plane->close();  // ends the subscription, which outlives it
  reader.join();
  plane.reset();
  ASSERT_FALSE(seen.empty());
  EXPECT_EQ(seen, journal(seen.back().position));
  EXPECT_GE(seen.size(), 12U);
  EXPECT_TRUE(events->pull({}).value().ended);
}

}  // namespace
}  // namespace actuary::tests
