#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <set>

#include "adapters/containers/backend.h"
#include "adapters/reactor/uv_loop.h"
#include "adapters/reactor/workers.h"

namespace actuary::adapters::containers {

/// A backend's containers as the engine's port: calls go to workers, one at a time per container;
/// ends are seen at once and looked for every few seconds. All state is on disk or with the
/// backend, so a new object for the same folder adopts what an earlier one started.
class Runtime : public engine::ports::ContainerRuntime {
 public:
  ~Runtime() override;
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

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

  /// Stops watching; containers run on. Without any, what the backend made on this host goes too.
  /// On the loop's thread; late answers are dropped.
  void close();

 protected:
  Runtime(reactor::UvLoop& loop, std::shared_ptr<Backend> backend, unsigned threads);

  /// Adopts what is there. Blocking, once.
  [[nodiscard]] Status watch();

 private:
  struct Watch;
  struct ProcessEnd;
  struct Start;
  struct Job {
    std::function<void()> work;
    std::function<void()> done;
    reactor::Workers* workers;
  };
  static constexpr std::uint64_t kSweepMillis = 3000;
  static constexpr std::uint64_t kSampleMillis = 1000;
  /// A start that is put off waits for so many sweeps at most until it is tried again.
  static constexpr unsigned kSweepsBetweenTriesMax = 4;
  /// Of a sweep, so that what somebody waits for never queues behind all the containers of a host.
  static constexpr std::size_t kChecksAtOnce = 2;

  void serialize(const ContainerKey& key, Job job);
  void run_next(const ContainerKey& key);
  void check(const ContainerKey& key);
  void await_end(const ContainerKey& key, const ProcessMark& process);
  void forget_end(const ContainerKey& key);
  void sweep();
  void check_next();
  void read_usage();
  void try_start(const std::shared_ptr<Start>& start);
  void put_off(const std::shared_ptr<Start>& start, const Error& why);
  void try_again();
  void give_up_start(const ContainerKey& key);

  reactor::UvLoop& loop_;
  std::shared_ptr<Backend> backend_;
  std::unique_ptr<reactor::Workers> workers_;
  std::unique_ptr<reactor::Workers> killers_;  ///< a kill waits for nobody else's start or removal
  OnExit listener_;
  std::map<ContainerKey, std::deque<Job>> jobs_;  ///< the first one of each is running
  std::map<ContainerKey, std::shared_ptr<std::atomic<bool>>>
      starting_;                                 ///< true: stopped meanwhile
  std::vector<std::shared_ptr<Start>> put_off_;  ///< tried again by the sweep
  std::set<ContainerKey> live_;                  ///< started, end not yet reported
  std::set<ContainerKey> checking_;
  std::vector<ContainerKey> to_check_;        ///< what is left of a sweep
  std::map<ContainerKey, ProcessEnd*> ends_;  ///< each deletes itself once libuv has let go of it
  std::map<ContainerKey, engine::ports::ContainerUsage> usage_;  ///< kept until removed
  bool reading_usage_ = false;
  std::map<ContainerKey, engine::ports::WebServer> web_servers_;  ///< kept until removed
  Watch* watch_ = nullptr;  ///< deletes itself once libuv has let go of it
  std::shared_ptr<bool> open_ = std::make_shared<bool>(true);
};

}  // namespace actuary::adapters::containers
