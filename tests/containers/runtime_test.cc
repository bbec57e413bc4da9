// What both container runtimes share, above a backend that answers when it is told to.
#include "adapters/containers/runtime.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <set>

#include "adapters/reactor/system.h"
#include "adapters/reactor/uv_loop.h"
#include "tests/journal/folder.h"

namespace actuary::tests::containers {
namespace {

using namespace adapters::containers;
using engine::ports::ContainerState;

/// Containers that are nothing but their names. Removals and looks wait while they are held up.
class SlowBackend final : public Backend {
 public:
  explicit SlowBackend(std::filesystem::path data) : data_(std::move(data)) {}

  void hold_up(bool held) {
    const std::lock_guard lock(mutex_);
    held_ = held;
    changed_.notify_all();
  }
  void end_all() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  [[nodiscard]] int looks_at_once_max() const {
    const std::lock_guard lock(mutex_);
    return looks_max_;
  }

  Status start(const ContainerSpec& spec) override {
    const std::lock_guard lock(mutex_);
    started_.insert(spec.key);
    return {};
  }
  Status kill(const ContainerKey&) override { return {}; }
  Status remove(const ContainerKey& key) override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !held_; });
    started_.erase(key);
    return {};
  }
  Result<ContainerView> look(const ContainerKey& key) const override {
    std::unique_lock lock(mutex_);
    if (started_.count(key) == 0) return ContainerView{key, ContainerState::kMissing, {}};
    looks_max_ = std::max(looks_max_, ++looks_);
    changed_.wait(lock, [this] { return !held_; });
    --looks_;
    if (!ended_) return ContainerView{key, ContainerState::kRunning, {}};
    return ContainerView{key, ContainerState::kExited, engine::ports::ContainerExit{}};
  }
  Result<std::vector<ContainerKey>> keys() const override { return std::vector<ContainerKey>{}; }
  std::optional<engine::ports::WebServer> web_server(const ContainerKey&) const override {
    return std::nullopt;
  }
  Bundle bundle(const ContainerKey& key) const override { return bundle_of(data_, key); }
  std::filesystem::path exits() const override { return data_; }
  std::string gateway() const override { return "192.0.2.1"; }
  std::string isolation() const override { return "none"; }
  void tear_down() override {}

 private:
  std::filesystem::path data_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::set<ContainerKey> started_;
  bool held_ = false;
  bool ended_ = false;
  mutable int looks_ = 0;
  mutable int looks_max_ = 0;
};

class SlowRuntime final : public Runtime {
 public:
  static constexpr unsigned kThreads = 4;
  SlowRuntime(adapters::reactor::UvLoop& loop, std::shared_ptr<Backend> backend)
      : Runtime(loop, std::move(backend), kThreads) {
    EXPECT_TRUE(watch());
  }
};

class SharedRuntime : public ::testing::Test {
 protected:
  ~SharedRuntime() override {
    backend_->hold_up(false);
    runtime_.close();
  }

  /// So many containers, started.
  std::vector<ContainerKey> start(unsigned count) {
    std::vector<ContainerKey> keys;
    unsigned answers = 0;
    for (unsigned i = 0; i < count; ++i) {
      keys.push_back({ids_.next<RunId>(), i + 1});
      runtime_.start({.key = keys.back()}, [&](const Status& status) {
        EXPECT_TRUE(status);
        ++answers;
      });
    }
    turn_until([&] { return answers == count; });
    return keys;
  }

  template <class Condition>
  void turn_until(Condition condition) {
    while (!condition()) uv_run(loop_->raw(), UV_RUN_ONCE);
  }

  Folder folder_;
  adapters::reactor::SystemIds ids_;
  std::shared_ptr<SlowBackend> backend_ = std::make_shared<SlowBackend>(folder_.path(""));
  std::unique_ptr<adapters::reactor::UvLoop> loop_ = adapters::reactor::UvLoop::own().value();
  SlowRuntime runtime_{*loop_, backend_};
};

TEST_F(SharedRuntime, AKillWaitsForNoOtherContainersRemoval) {
  const auto keys = start(SlowRuntime::kThreads + 1);
  unsigned removed = 0;
  bool killed = false;
  backend_->hold_up(true);
  for (unsigned i = 0; i < SlowRuntime::kThreads; ++i)
    runtime_.remove(keys[i], [&](const Status&) { ++removed; });
  runtime_.kill(keys.back(), [&](const Status&) { killed = true; });
  turn_until([&] { return killed; });
  EXPECT_EQ(removed, 0U);
  backend_->hold_up(false);
  turn_until([&] { return removed == SlowRuntime::kThreads; });
}

TEST_F(SharedRuntime, ASweepFindsEveryEndAndLeavesRoomForOthers) {
  constexpr unsigned kCount = 40;
  start(kCount);
  backend_->end_all();
  std::set<ContainerKey> ended;
  runtime_.on_exit([&](const ContainerKey& key, const auto&) { ended.insert(key); });
  turn_until([&] { return ended.size() == kCount; });
  EXPECT_LE(backend_->looks_at_once_max(), 2);
}

}  // namespace
}  // namespace actuary::tests::containers
