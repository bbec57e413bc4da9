#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "journal/record/record.h"

/// What is too old to be kept. Pure, and versioned: the version and the figures are recorded with
/// every term that decides by them.
namespace actuary::engine::policy {

inline constexpr std::uint32_t kRetentionPolicyVersion = 2;  ///< 2: unnamed storages too

struct Retention {
  std::optional<Microseconds> runs;    ///< after their end; none: runs are kept
  std::uint32_t keep_runs = 10;        ///< each user's newest ended ones, whatever their age
  std::optional<Microseconds> builds;  ///< untagged ones, after their last use; none: kept
  /// Unnamed ones that are no run's, after their last use; none: kept. Named ones always are.
  std::optional<Microseconds> storages = {};

  [[nodiscard]] bool keeps_everything() const { return !runs && !builds && !storages; }
  friend bool operator==(const Retention&, const Retention&) = default;
};

struct AgedRun {
  RunId id;
  UserId user_id;
  BuildId build_id;
  Timestamp started_at{};                ///< of the request
  std::optional<Timestamp> finished_at;  ///< none: it is not over and is never deleted
  bool deleted = false;                  ///< counts only as a use of its build
  bool on_hold = false;                  ///< never deleted, and never counted among the newest
  std::vector<BuildId> became = {};      ///< builds of the Actors that it metamorphed into
};

struct AgedBuild {
  BuildId id;
  std::optional<Timestamp> finished_at;  ///< none: it is not over
  bool tagged = false;
};

/// An unnamed one that is no run's default storage.
struct AgedStorage {
  StorageId id;
  Timestamp used_at{};  ///< as it was recorded last
};

/// One thing that will be deleted, and why.
struct Expiry {
  StreamId stream;
  Timestamp due{};
  Timestamp finished_at{};  ///< of what it was decided by
  std::string reason;
};

/// Everything that the policy will ever delete of these, earliest first. A build that a kept run
/// used is not among them: resurrecting that run needs its image.
[[nodiscard]] std::vector<Expiry> expiries(const Retention& policy, std::vector<AgedRun> runs,
                                           const std::vector<AgedBuild>& builds,
                                           const std::vector<AgedStorage>& storages = {});

/// A use of an unnamed storage is recorded when the last one that was recorded is so old; what is
/// recorded is older than what was by at most that.
[[nodiscard]] Microseconds use_recorded_every(const Retention& policy);

}  // namespace actuary::engine::policy
