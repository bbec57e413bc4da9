#pragma once

#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "journal/record/record.h"

namespace actuary::engine::executor {

/// Which streams are due when. Deadlines are data in the journal; this is only their order.
class Deadlines {
 public:
  /// Replaces the stream's deadline; none takes it away.
  void set(const StreamId& stream, const std::optional<Instant>& due, const Instant& now);
  /// Takes the streams that are due, the longest due first, at most so many.
  [[nodiscard]] std::vector<StreamId> take_due(const Instant& now, std::size_t most);
  /// How long from `now` until the next one; zero when it is late.
  [[nodiscard]] std::optional<Microseconds> next_in(const Instant& now) const;

 private:
  std::set<std::pair<Microseconds, StreamId>> order_;  ///< by this boot's clock
  std::map<StreamId, Microseconds> due_;
};

/// Deadlines that one tick takes: what else is due waits for the next one, so that a machine which
/// slept for hours answers between them.
inline constexpr std::size_t kDeadlinesPerTickMax = 512;

}  // namespace actuary::engine::executor
