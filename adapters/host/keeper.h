#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "adapters/reactor/workers.h"
#include "engine/executor/executor.h"
#include "journal/reader.h"

namespace actuary::adapters::host {

/// What the engine does not keep in memory: reads archived streams back, and keeps the snapshot
/// that bounds what a start folds. Both block, so both are done by workers of its own.
class Keeper final : public engine::executor::Archive {
 public:
  /// `note` is told, on the loop's thread, why a snapshot was not used or not written.
  Keeper(engine::ports::Loop& loop, const journal::Reader& journal, std::filesystem::path file,
         std::function<void(const std::string&)> note);

  void read(std::vector<StreamId> streams, Done done) override;

  /// What the start may go on from; none: it reads the journal from its beginning.
  [[nodiscard]] std::optional<engine::executor::Folded::Image> load(
      engine::executor::Residency rule);

  /// So many more records are durable. Every kSnapshotRecords of them a snapshot is taken at the
  /// executor's next quiet moment, and written while the loop goes on; one at a time.
  void on_durable(engine::executor::Executor& executor, std::size_t records);
  /// The last one, at once, when nothing is on its way; call it when the executor has stopped.
  void close(const engine::executor::Executor& executor);

 private:
  [[nodiscard]] Status save(const engine::executor::Folded::Image& image) const;
  void write(engine::executor::Folded::Image image);

  const journal::Reader& journal_;
  const std::filesystem::path file_;
  std::function<void(const std::string&)> note_;
  std::size_t records_ = 0;  ///< since the last snapshot
  bool writing_ = false;
  reactor::Workers workers_;  ///< last: its threads end before what they use
};

/// A start folds at most about so many records after the snapshot, some 0.1 s.
inline constexpr std::size_t kSnapshotRecords = 20'000;

}  // namespace actuary::adapters::host
