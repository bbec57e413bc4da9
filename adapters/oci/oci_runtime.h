#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <set>

#include "adapters/oci/containers.h"
#include "adapters/reactor/uv_loop.h"
#include "adapters/reactor/workers.h"

namespace actuary::adapters::oci {

/// Containers without a daemon: overlayfs, conmon, crun or runc, and `actuary-init` as PID 1. All
/// state is on disk, so a new object for the same folder adopts what an earlier one started.
class OciRuntime final : public engine::ports::ContainerRuntime {
 public:
  /// Blocking, once per start of the engine.
  ///
  /// errors: kNoRuntime: what is missing and how to install it
  [[nodiscard]] static Result<std::unique_ptr<OciRuntime>> open(reactor::UvLoop& loop,
                                                                const Options& options);
  ~OciRuntime() override;
  OciRuntime(const OciRuntime&) = delete;
  OciRuntime& operator=(const OciRuntime&) = delete;

  /// The host's address as containers see it; they reach the API there.
  [[nodiscard]] std::string gateway() const;

  /// What keeps containers apart here, in one line for the operator. Blocking.
  [[nodiscard]] std::string isolation() const;

  void on_exit(OnExit listener) override;
  void start(ContainerSpec spec, Done<void> done) override;
  void announce(const ContainerKey& key, engine::ports::Announcement announcement,
                Done<void> done) override;
  void kill(const ContainerKey& key, Done<void> done) override;
  void remove(const ContainerKey& key, Done<void> done) override;
  void inspect(const ContainerKey& key, Done<ContainerView> done) override;
  void list(Done<std::vector<ContainerView>> done) override;
  [[nodiscard]] std::optional<engine::ports::ContainerUsage> usage(
      const ContainerKey& key) const override;
  [[nodiscard]] std::optional<engine::ports::WebServer> web_server(
      const ContainerKey& key) const override;

  /// Stops watching; containers run on. Without any, bridge, rules and mounts go too. On the loop's
  /// thread; late answers are dropped.
  void close();

 private:
  void tear_down();
  struct Watch;
  struct Job {
    std::function<void()> work;
    std::function<void()> done;
  };
  static constexpr std::uint64_t kSweepMillis = 3000;
  static constexpr std::uint64_t kSampleMillis = 1000;
  static constexpr unsigned kThreads = 4;

  OciRuntime(reactor::UvLoop& loop, const Options& options);

  [[nodiscard]] Status watch();
  void serialize(const ContainerKey& key, Job job);
  void run_next(const ContainerKey& key);
  void check(const ContainerKey& key);
  void sweep();
  void read_usage();
  void give_up_start(const ContainerKey& key);

  Options options_;
  reactor::UvLoop& loop_;
  std::shared_ptr<Containers> containers_;
  std::unique_ptr<reactor::Workers> workers_;
  OnExit listener_;
  std::map<ContainerKey, std::deque<Job>> jobs_;  ///< the first one of each is running
  std::map<ContainerKey, std::shared_ptr<std::atomic<bool>>>
      starting_;                 ///< true: stopped meanwhile
  std::set<ContainerKey> live_;  ///< started, end not yet reported
  std::set<ContainerKey> checking_;
  std::map<ContainerKey, engine::ports::ContainerUsage> usage_;  ///< kept until removed
  bool reading_usage_ = false;
  std::map<ContainerKey, engine::ports::WebServer> web_servers_;  ///< kept until removed
  Watch* watch_ = nullptr;  ///< deletes itself once libuv has let go of it
  std::shared_ptr<bool> open_ = std::make_shared<bool>(true);
};

}  // namespace actuary::adapters::oci
