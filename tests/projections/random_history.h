#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "engine/executor/executor.h"
#include "journal/memory/memory_journal.h"
#include "tests/support/sim_loop.h"

namespace actuary::tests {

/// A real executor under users who want everything, and under an outside world that answers each
/// effect at random. What comes out is a journal as random as the seed, and valid.
class RandomHistory {
 public:
  using OnDurable = std::function<void(std::span<const Record>)>;

  RandomHistory(std::uint64_t seed, engine::executor::Residency residency, OnDurable on_durable);

  /// Some commands, and all that follows from them.
  void step();

  [[nodiscard]] const engine::executor::Executor& executor() const { return *executor_; }
  [[nodiscard]] const journal::memory::MemoryJournal& journal() const { return journal_; }

 private:
  struct Outside;
  using Command = engine::executor::Command;

  void tell(Command command);
  void report(Command command);
  void perform(const engine::decision::Effect& effect);
  void found();
  void start_run();
  void change_run();
  void change_storage();
  void change_actor();
  void end_containers();
  /// Mostly a recent one, sometimes one that has long left memory.
  template <class AnyId>
  const AnyId& some(const std::vector<AnyId>& ids);

  support::SimRandom random_;
  support::SimLoop loop_{random_};
  journal::memory::MemoryJournal journal_;
  std::unique_ptr<engine::executor::Executor> executor_;
  UserId user_;
  std::vector<ActorId> actors_;
  std::vector<BuildId> builds_;
  std::vector<RunId> runs_;
  std::vector<StorageId> storages_;
  std::vector<TokenId> tokens_;
  std::deque<engine::ports::ContainerKey> live_;
};

}  // namespace actuary::tests
