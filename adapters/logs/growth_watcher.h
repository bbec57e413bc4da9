#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>

#include "engine/ports/loop.h"
#include "journal/base/result.h"

namespace actuary::adapters::logs {

/// Says on the loop's thread that a file in one folder has grown, whoever wrote to it.
///
/// inotify follows the file itself, so it also sees what a container writes through a bind mount. A
/// file that does not exist yet is watched from its creation on. Several writes make one call.
class GrowthWatcher {
 public:
  GrowthWatcher(std::filesystem::path folder, engine::ports::Loop& loop);
  ~GrowthWatcher();
  GrowthWatcher(const GrowthWatcher&) = delete;
  GrowthWatcher& operator=(const GrowthWatcher&) = delete;

  /// errors: kUnavailable: no inotify instance left on this machine
  [[nodiscard]] Status start();
  /// On the loop's thread, as `remove`; after `remove` the callback is not called again.
  std::uint64_t add(const std::string& file, std::function<void()> grown);
  void remove(std::uint64_t id);

 private:
  struct Subscriber;
  struct File {
    int watch = -1;
    std::map<std::uint64_t, std::shared_ptr<Subscriber>> subscribers;
  };

  void run();
  void take(const char* events, std::size_t bytes);
  void watch(const std::string& name, File& file);
  void wake(const std::shared_ptr<Subscriber>& subscriber);

  const std::filesystem::path folder_;
  engine::ports::Loop& loop_;
  int inotify_ = -1;
  int stop_ = -1;
  std::thread thread_;

  std::mutex mutex_;
  std::uint64_t last_id_ = 0;
  std::unordered_map<std::string, File> files_;
  std::unordered_map<std::uint64_t, std::string> names_;  // by subscription
  std::unordered_map<int, std::string> watched_;          // by watch
};

}  // namespace actuary::adapters::logs
