#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/executor/executor.h"
#include "engine/executor/performer.h"
#include "engine/executor/reconcile.h"
#include "journal/memory/memory_journal.h"
#include "tests/simulation/checker.h"
#include "tests/support/fake_builder.h"
#include "tests/support/fake_logs.h"
#include "tests/support/fake_runtime.h"
#include "tests/support/fake_secrets.h"
#include "tests/support/memory_storages.h"
#include "tests/support/sim_loop.h"

namespace actuary::tests::simulation {

/// The whole engine on simulated everything. It is wired as a host wires it.
class World {
 public:
  struct Options {
    std::uint64_t seed = 1;
    support::FakeRuntime::Plan containers;
    support::FakeBuilder::Plan builds;
    engine::decision::Settings settings{{8192, 65536}, 2};
    Microseconds append_min{200};
    Microseconds append_max{8000};
    engine::executor::Residency residency{8};  ///< small: much is read back
    std::uint64_t check_every = 1;             ///< steps; more for a world of thousands
    Microseconds read_max{30'000};             ///< longer than an append: crashes find it waiting
  };

  explicit World(Options options);
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// Starts the engine's process: fold, claim the term, reconcile.
  void boot();
  /// Kills the engine's process. An append that is under way is written, or not.
  void crash();
  /// Kills the engine and every container with the machine.
  void crash_machine();
  [[nodiscard]] bool up() const { return engine_ != nullptr; }

  /// One task, then every invariant. False when nothing is left to do before `until`.
  bool step(Microseconds until = Microseconds::max());
  void run_for(Microseconds span);

  /// Gives a command as a user does; `reply` may never come.
  void submit(engine::executor::Command command, engine::executor::Reply reply = {});
  /// Runs until the reply has come.
  Result<Position> ask(engine::executor::Command command);

  /// A user, an Actor with one version, and a build that has succeeded.
  void found();

  [[nodiscard]] engine::run::State run(const RunId& id) const {
    const auto& live = engine_->executor.aggregates();
    return live.find(stream_of(id)) != nullptr ? live.run(id) : checker.run(id);
  }
  [[nodiscard]] const engine::executor::Executor& executor() const { return engine_->executor; }
  /// Faults are off and time has passed: nothing may be stuck.
  void check_settled();

  support::SimRandom random;
  support::SimLoop loop;
  journal::memory::MemoryJournal journal{journal::memory::MemoryJournal::Completion::kHeld};
  support::FakeRuntime runtime;
  support::FakeBuilder builder;
  support::MemoryStorages storages;
  support::FakeLogs logs;
  support::FakeSecrets secrets;
  Checker checker;

  UserId user_id;
  ActorId actor_id;
  BuildId build_id;
  std::uint64_t steps = 0;
  std::uint64_t parked_at_crash = 0;  ///< crashes that found a read under way

 private:
  /// Reads at some moment, and answers at a later one.
  struct SlowArchive final : engine::executor::Archive {
    explicit SlowArchive(World& world) : world(world) {}
    void read(std::vector<StreamId> streams, Done done) override;
    World& world;
  };
  struct Engine {
    Engine(World& world, std::uint64_t generation);
    engine::executor::Executor executor;
    engine::executor::Performer performer;
  };

  void reconcile();
  void serve_journal();
  void snapshot();

  Options options_;
  SlowArchive archive_{*this};
  std::optional<engine::executor::Folded::Image> snapshot_;  ///< survives crashes, as a file does
  std::unique_ptr<Engine> engine_;
  std::uint64_t generation_ = 0;
  bool append_scheduled_ = false;
  bool reading_ = false;
};

[[nodiscard]] engine::run::Start start_command(World& world);

}  // namespace actuary::tests::simulation
