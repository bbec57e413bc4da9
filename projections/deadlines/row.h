#pragma once

#include <string_view>
#include <tuple>

#include "journal/base/id.h"
#include "journal/base/time.h"
#include "journal/record/record.h"

namespace actuary::projections::deadlines {

enum class DeadlineKind : std::uint8_t {
  kStartBy,
  kTimeoutAt,
  kKillAt,
  kRemoveAt,
  kDeclareAt,
  kWaitUntil,
  kMigrateAt,
};
/// `start-by`, `timeout-at`, …
[[nodiscard]] std::string_view to_string(DeadlineKind kind);

/// What a run or build waits for at the latest. It has at most one.
struct DeadlineRow {
  StreamKind job_kind = StreamKind::kRun;  ///< kRun or kBuild
  journal::record::AnyId job_id;
  DeadlineKind kind = DeadlineKind::kStartBy;
  Instant due;

  static constexpr auto members() {
    using Row = DeadlineRow;
    return std::make_tuple(&Row::job_kind, &Row::job_id, &Row::kind, &Row::due);
  }
  friend bool operator==(const DeadlineRow&, const DeadlineRow&) = default;
};

}  // namespace actuary::projections::deadlines
