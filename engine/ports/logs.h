#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "journal/base/bytes.h"
#include "journal/base/result.h"
#include "journal/base/time.h"

namespace actuary::engine::ports {

/// Logs of runs and builds, by the job's id: lines of `2026-11-22T10:11:12.345Z text`, addressed by
/// byte offset.
class Logs {
 public:
  virtual ~Logs() = default;

  /// Appends one platform line (`ACTOR: …`), stamped with `at`. Creates the log.
  virtual Status append(std::string_view job_id, Timestamp at, std::string_view text) = 0;
  /// At most `bytes_max` bytes from `offset`; fewer at the end of what is there now.
  ///
  /// errors: kNotFound: no such log
  [[nodiscard]] virtual Result<Bytes> read(std::string_view job_id, std::uint64_t offset,
                                           std::size_t bytes_max) = 0;
  [[nodiscard]] virtual Result<std::uint64_t> size(std::string_view job_id) = 0;
  virtual Status remove(std::string_view job_id) = 0;

  using Subscription = std::uint64_t;
  /// Calls `grown` on the loop's thread whenever the log has grown (at least once after it last
  /// did).
  [[nodiscard]] virtual Subscription subscribe(std::string_view job_id,
                                               std::function<void()> grown) = 0;
  virtual void unsubscribe(Subscription subscription) = 0;
};

}  // namespace actuary::engine::ports
