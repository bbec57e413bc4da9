#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/ports/runtime.h"
#include "tests/support/sim_loop.h"

namespace actuary::tests::support {

/// How one container behaves, and how the runtime treats it.
struct ContainerPlan {
  std::optional<Microseconds> runs_for{Seconds{5}};  ///< none: until it is killed
  std::int32_t exit_code = 0;
  bool out_of_memory = false;
  Microseconds start_takes{100'000};
  enum class Start : std::uint8_t {
    kWorks,
    kFails,         ///< answers kUnavailable, nothing was started
    kAnswerLost,    ///< started, and nobody is told
    kAnswerUnsure,  ///< started, and the answer is kUnknown
    kHangs,         ///< neither started nor answered
    kOutOfReach,    ///< put off for `out_of_reach_for`, then it works
  } start = Start::kWorks;
  Microseconds out_of_reach_for{Seconds{300}};
  Microseconds kill_takes{20'000};
  bool kill_is_lost = false;    ///< neither killed nor answered
  bool remove_is_lost = false;  ///< neither removed nor answered
};

/// A container runtime under simulated time. Containers are the world's: they go on when the engine
/// is gone, and what ended meanwhile is told to the next listener. Calls for one key take effect in
/// the order in which they came.
class FakeRuntime final : public engine::ports::ContainerRuntime {
 public:
  using ContainerKey = engine::ports::ContainerKey;
  using ContainerExit = engine::ports::ContainerExit;
  using ContainerSpec = engine::ports::ContainerSpec;
  using ContainerState = engine::ports::ContainerState;
  using ContainerView = engine::ports::ContainerView;
  using Plan = std::function<ContainerPlan(const ContainerKey&)>;
  using Lane = SimLoop::Lane;

  FakeRuntime(SimLoop& loop, Plan plan) : loop_(loop), plan_(std::move(plan)) {}

  void on_exit(OnExit listener) override {
    listener_ = std::move(listener);
    for (const auto& [key, container] : containers_) {
      if (container.exit) tell(key);
    }
  }

  void start(ContainerSpec spec, Done<void> done) override {
    const ContainerKey key = spec.key;
    if (on_start) on_start(key);
    if (removed_.contains(key)) complain(key, "is started after it was removed");
    const ContainerPlan& plan = plan_of(key);
    if (plan.start == ContainerPlan::Start::kHangs && !repaired_) return;
    if (plan.start == ContainerPlan::Start::kOutOfReach && !repaired_) {
      given_up_.erase(key);
      return put_off(std::move(spec), std::move(done), loop_.elapsed() + plan.out_of_reach_for);
    }
    start_in_turn(std::move(spec), std::move(done));
  }

  void kill(const ContainerKey& key, Done<void> done) override {
    ++kills[key];
    given_up_.insert(key);
    if (plan_of(key).kill_is_lost && !repaired_) return;
    in_turn(key, plan_of(key).kill_takes, [this, key, done = std::move(done)](bool told) {
      end(key, {137, 9, false, false, ""});
      if (told) loop_.post([done] { done(Status{}); });
    });
  }

  void announce(const ContainerKey& key, engine::ports::Announcement announcement,
                Done<void> done) override {
    in_turn(key, Microseconds{1'000}, [this, key, announcement, done = std::move(done)](bool told) {
      if (containers_.contains(key)) announced[key].insert(announcement.kind);
      if (told) loop_.post([done] { done(Status{}); });
    });
  }

  std::optional<engine::ports::ContainerUsage> usage(const ContainerKey&) const override {
    return std::nullopt;
  }

  std::optional<engine::ports::WebServer> web_server(const ContainerKey&) const override {
    return std::nullopt;
  }

  void remove(const ContainerKey& key, Done<void> done) override {
    ++removes[key];
    given_up_.insert(key);
    if (plan_of(key).remove_is_lost && !repaired_) return;
    in_turn(key, Microseconds{30'000}, [this, key, done = std::move(done)](bool told) {
      containers_.erase(key);
      removed_.insert(key);
      if (told) loop_.post([done] { done(Status{}); });
    });
  }

  void inspect(const ContainerKey& key, Done<ContainerView> done) override {
    loop_.after(Lane::kEngine, Microseconds{1000},
                [this, key, done = std::move(done)] { done(view(key)); });
  }

  void list(Done<std::vector<ContainerView>> done) override {
    loop_.after(Lane::kEngine, Microseconds{5000}, [this, done = std::move(done)] {
      std::vector<ContainerView> views;
      for (const auto& [key, container] : containers_) views.push_back(view(key));
      done(std::move(views));
    });
  }

  /// The engine is gone: nobody listens, and what it was about to do may or may not happen.
  void crash() {
    listener_ = nullptr;
    ++generation_;
  }
  /// The machine starts again: no process is left, and no exit code of those that ran.
  void reboot() {
    for (const auto& [key, container] : containers_) {
      if (!container.exit) end(key, {std::nullopt, 0, false, true, "the machine was restarted"});
    }
  }
  /// From now on every call works.
  void repair() { repaired_ = true; }

  [[nodiscard]] bool is_live(const ContainerKey& key) const {
    const auto found = containers_.find(key);
    return found != containers_.end() && !found->second.exit;
  }
  [[nodiscard]] std::vector<ContainerKey> live() const {
    std::vector<ContainerKey> keys;
    for (const auto& [key, container] : containers_) {
      if (!container.exit) keys.push_back(key);
    }
    return keys;
  }
  [[nodiscard]] std::size_t count() const { return containers_.size(); }
  [[nodiscard]] int starts(const ContainerKey& key) const {
    const auto found = starts_.find(key);
    return found == starts_.end() ? 0 : found->second;
  }
  [[nodiscard]] int starts_of(const RunId& id) const {
    int sum = 0;
    for (const auto& [key, count] : starts_) sum += key.run_id == id ? count : 0;
    return sum;
  }
  /// How a container really ended, whoever saw it.
  [[nodiscard]] std::optional<ContainerExit> true_exit(const ContainerKey& key) const {
    const auto found = true_exits_.find(key);
    return found == true_exits_.end() ? std::nullopt : std::optional(found->second);
  }

  std::function<void(const ContainerKey&)> on_start;
  std::map<ContainerKey, ContainerSpec> specs;
  std::map<ContainerKey, int> kills;
  std::map<ContainerKey, std::set<engine::ports::Announcement::Kind>> announced;
  std::map<ContainerKey, int> removes;
  std::vector<std::string> complaints;  ///< what no engine may do

 private:
  struct Container {
    std::optional<ContainerExit> exit;
  };

  /// Asked again every few seconds, by this engine: the next one asks by itself.
  void put_off(ContainerSpec spec, Done<void> done, Microseconds until) {
    const ContainerKey key = spec.key;
    // One that a dead engine's call has made meanwhile is found, and is not said to be missing.
    if (given_up_.contains(key) && !containers_.contains(key)) {
      return loop_.post([done = std::move(done)] {
        done(fail(Code::kUnavailable, "stopped before its container was made"));
      });
    }
    if (repaired_ || containers_.contains(key) || loop_.elapsed() >= until) {
      return start_in_turn(std::move(spec), std::move(done));
    }
    loop_.post([done] { done(fail(Code::kNoRuntime, "nobody listens")); });
    loop_.after(Lane::kEngine, Seconds{3},
                [this, until, spec = std::move(spec), done = std::move(done)] {
                  put_off(spec, done, until);
                });
  }

  void start_in_turn(ContainerSpec spec, Done<void> done) {
    const ContainerKey key = spec.key;
    const ContainerPlan& plan = plan_of(key);
    specs[key] = std::move(spec);
    in_turn(key, plan.start_takes, [this, key, done = std::move(done)](bool told) {
      const Status status = start_now(key);
      const bool lost = plan_of(key).start == ContainerPlan::Start::kAnswerLost && !repaired_;
      if (told && !lost) loop_.post([done, status] { done(status); });
    });
  }

  /// Does `work` when the calls before it for this key are done. An engine that dies meanwhile
  /// takes the answer with it and, about half the time, the work too.
  void in_turn(const ContainerKey& key, Microseconds takes, std::function<void(bool)> work) {
    Microseconds& free_at = busy_until_[key];
    free_at = std::max(free_at, loop_.elapsed()) + takes;
    const bool survives = (++calls_ % 2) == 0;
    loop_.after(Lane::kWorld, free_at - loop_.elapsed(),
                [this, survives, generation = generation_, work = std::move(work)] {
                  const bool same_engine = generation == generation_;
                  if (same_engine || survives) work(same_engine);
                });
  }

  Status start_now(const ContainerKey& key) {
    if (containers_.contains(key)) return unsure(key);
    if (removed_.contains(key) || starts_[key] > 0) {
      complain(key, "would run a second time");
      return fail(Code::kUnavailable, "this key was used up");
    }
    const ContainerPlan& plan = plan_of(key);
    if (plan.start == ContainerPlan::Start::kFails && !repaired_) {
      return fail(Code::kUnavailable, "no space for its layer");
    }
    ++starts_[key];
    containers_[key] = {};
    if (plan.runs_for) {
      loop_.after(Lane::kWorld, *plan.runs_for, [this, key] {
        const ContainerPlan& ended = plan_of(key);
        end(key, {ended.exit_code, 0, ended.out_of_memory, false, ""});
      });
    }
    return unsure(key);
  }

  Status unsure(const ContainerKey& key) {
    if (plan_of(key).start != ContainerPlan::Start::kAnswerUnsure || repaired_) return {};
    return fail(Code::kUnknown, "the runtime's answer was cut off");
  }

  void end(const ContainerKey& key, ContainerExit exit) {
    const auto found = containers_.find(key);
    if (found == containers_.end() || found->second.exit) return;
    found->second.exit = exit;
    true_exits_[key] = std::move(exit);
    tell(key);
  }

  void tell(const ContainerKey& key) {
    if (!listener_) return;
    loop_.after(Lane::kEngine, Microseconds{2000}, [this, key] {
      const auto found = true_exits_.find(key);
      if (listener_ && found != true_exits_.end()) listener_(key, found->second);
    });
  }

  ContainerView view(const ContainerKey& key) const {
    const auto found = containers_.find(key);
    if (found == containers_.end()) return {key, ContainerState::kMissing, std::nullopt};
    if (found->second.exit) return {key, ContainerState::kExited, found->second.exit};
    return {key, ContainerState::kRunning, std::nullopt};
  }

  const ContainerPlan& plan_of(const ContainerKey& key) {
    const auto known = plans_.find(key);
    return known != plans_.end() ? known->second : plans_.emplace(key, plan_(key)).first->second;
  }

  void complain(const ContainerKey& key, const std::string& what) {
    complaints.push_back(key.run_id.str() + "@" + std::to_string(key.epoch) + " " + what);
  }

  SimLoop& loop_;
  Plan plan_;
  OnExit listener_;
  std::set<ContainerKey> given_up_;  ///< killed or removed since its start was put off
  bool repaired_ = false;
  std::uint64_t generation_ = 0;
  std::uint64_t calls_ = 0;
  std::map<ContainerKey, ContainerPlan> plans_;
  std::map<ContainerKey, Container> containers_;
  std::map<ContainerKey, int> starts_;
  std::map<ContainerKey, ContainerExit> true_exits_;
  std::map<ContainerKey, Microseconds> busy_until_;
  std::set<ContainerKey> removed_;
};

}  // namespace actuary::tests::support
