#pragma once

#include <functional>
#include <vector>

#include "engine/executor/aggregates.h"

namespace actuary::engine::executor {

/// Reads and folds streams that have left memory, away from the loop's thread.
class Archive {
 public:
  using Done = std::function<void(std::vector<Result<Slot>>)>;

  virtual ~Archive() = default;

  /// One result for each stream, in order; an unknown stream is absent. `done` comes on the loop's
  /// thread, after the present callback. One read is under way at a time.
  ///
  /// errors: kCorrupt, kNewerVersion: of that stream alone; kUnavailable
  virtual void read(std::vector<StreamId> streams, Done done) = 0;
};

/// Streams of one read; what is more follows in the next one.
inline constexpr std::size_t kReadStreamsMax = 256;

}  // namespace actuary::engine::executor
