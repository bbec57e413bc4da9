#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "journal/base/id.h"
#include "journal/base/time.h"
#include "journal/events/run.h"
#include "journal/record/record.h"

namespace actuary::projections::runs {

/// The words that runs and builds share, as the API spells them.
namespace status {
inline constexpr std::string_view kReady = "READY";
inline constexpr std::string_view kRunning = "RUNNING";
inline constexpr std::string_view kTimingOut = "TIMING-OUT";
inline constexpr std::string_view kAborting = "ABORTING";
inline constexpr std::string_view kSucceeded = "SUCCEEDED";
inline constexpr std::string_view kFailed = "FAILED";
inline constexpr std::string_view kTimedOut = "TIMED-OUT";
inline constexpr std::string_view kAborted = "ABORTED";
}  // namespace status
[[nodiscard]] bool is_terminal(std::string_view status);

/// Who wrote the status message that is shown: the Actor's own is never written over by ours.
enum class MessageSource : std::uint8_t { kNone, kPlatform, kActor };

struct RunCounters {
  std::uint32_t resurrect = 0;
  std::uint32_t reboot = 0;
  std::uint32_t migration = 0;
  std::uint32_t restart = 0;
  std::uint32_t metamorph = 0;

  static constexpr auto members() {
    return std::make_tuple(&RunCounters::resurrect, &RunCounters::reboot, &RunCounters::migration,
                           &RunCounters::restart, &RunCounters::metamorph);
  }
  friend bool operator==(const RunCounters&, const RunCounters&) = default;
};

/// One start of the container.
struct AttemptRow {
  std::uint32_t number = 0;
  Position epoch = 0;
  events::AttemptCause cause = events::AttemptCause::kFirstStart;
  Instant began_at;
  std::optional<Instant> started_at;  ///< when the container ran; none: it has not, or never did
  std::optional<Instant> ended_at;
  std::int64_t active_micros = 0;  ///< final once it ended
  std::uint32_t memory_mbytes = 0;
  std::optional<std::int32_t> exit_code;
  std::int32_t signal = 0;
  bool out_of_memory = false;
  std::optional<events::Evidence> evidence;
  std::string detail;
  std::optional<std::uint64_t> storage_sequence;  ///< of the fence
  events::ResourceUsage usage;                    ///< final, and known only once it ended
  std::optional<Instant> migrates_at;             ///< it was told to save by then

  static constexpr auto members() {
    using Row = AttemptRow;
    return std::make_tuple(&Row::number, &Row::epoch, &Row::cause, &Row::began_at, &Row::started_at,
                           &Row::ended_at, &Row::active_micros, &Row::memory_mbytes,
                           &Row::exit_code, &Row::signal, &Row::out_of_memory, &Row::evidence,
                           &Row::detail, &Row::storage_sequence, &Row::usage, &Row::migrates_at);
  }
  friend bool operator==(const AttemptRow&, const AttemptRow&) = default;
};

/// From when on the run was another Actor's.
struct MetamorphRow {
  Timestamp created_at{};
  ActorId actor_id;
  BuildId build_id;
  std::string input_key;

  static constexpr auto members() {
    using Row = MetamorphRow;
    return std::make_tuple(&Row::created_at, &Row::actor_id, &Row::build_id, &Row::input_key);
  }
  friend bool operator==(const MetamorphRow&, const MetamorphRow&) = default;
};

/// What stays of a deleted run; the row keeps ids, status, times and exit code, and loses the rest.
struct Tombstone {
  Timestamp deleted_at{};
  std::string reason;
  PrincipalKind deleted_by = PrincipalKind::kSystem;  ///< kSystem: retention did it

  static constexpr auto members() {
    return std::make_tuple(&Tombstone::deleted_at, &Tombstone::reason, &Tombstone::deleted_by);
  }
  friend bool operator==(const Tombstone&, const Tombstone&) = default;
};

/// Everything that is shown of a run.
struct RunRow {
  RunId id;
  ActorId actor_id;
  UserId user_id;
  BuildId build_id;
  std::string build_number;
  std::string image_id;
  std::string status;
  std::string status_message;  ///< the Actor's, else ours: why it waits, how it ended
  MessageSource message_source = MessageSource::kNone;
  std::optional<bool> is_status_message_terminal;
  Timestamp started_at{};  ///< of the request, also while READY
  std::optional<Timestamp> finished_at;
  std::optional<std::int32_t> exit_code;
  std::optional<Instant> timeout_at;
  events::RunOptions options;
  events::Meta meta;
  StorageId key_value_store_id;
  StorageId dataset_id;
  StorageId request_queue_id;
  std::string input_key;
  std::uint64_t input_bytes = 0;
  std::string held_reason;  ///< empty: not waiting for room
  RunCounters counters;
  std::vector<AttemptRow> attempts;
  std::optional<Tombstone> deleted;
  std::vector<MetamorphRow> metamorphs;
  std::map<std::string, std::uint64_t> charged_event_counts;
  events::PricingModel pricing_model = events::PricingModel::kFree;
  std::string pricing_info;                     ///< the JSON object that clients see; empty: free
  std::optional<std::string> retention_hold;    ///< why nothing may delete it
  std::optional<Timestamp> personal_erased_at;  ///< from where it was asked for is not known since

  static constexpr auto members() {
    using Row = RunRow;
    return std::make_tuple(
        &Row::id, &Row::actor_id, &Row::user_id, &Row::build_id, &Row::build_number, &Row::image_id,
        &Row::status, &Row::status_message, &Row::message_source, &Row::is_status_message_terminal,
        &Row::started_at, &Row::finished_at, &Row::exit_code, &Row::timeout_at, &Row::options,
        &Row::meta, &Row::key_value_store_id, &Row::dataset_id, &Row::request_queue_id,
        &Row::input_key, &Row::input_bytes, &Row::held_reason, &Row::counters, &Row::attempts,
        &Row::deleted, &Row::metamorphs, &Row::charged_event_counts, &Row::pricing_model,
        &Row::pricing_info, &Row::retention_hold, &Row::personal_erased_at);
  }
  friend bool operator==(const RunRow&, const RunRow&) = default;
};

/// Time in which containers ran: the ended attempts as they were recorded, and the live one up to
/// `now`.
[[nodiscard]] Microseconds active_duration(const RunRow& run, const Instant& now);
/// From the request to the end, or to `now`: with the downtime.
[[nodiscard]] Microseconds wall_clock_span(const RunRow& run, Timestamp now);
/// Gigabytes of memory times active hours, attempt by attempt.
[[nodiscard]] double compute_units(const RunRow& run, const Instant& now);
/// Of two containers, one after the other: averages by their samples, the higher peak, sums.
[[nodiscard]] events::ResourceUsage merge(const events::ResourceUsage& a,
                                          const events::ResourceUsage& b);
/// Of all attempts that have ended.
[[nodiscard]] events::ResourceUsage total_usage(const RunRow& run);
/// Of the newest attempt; 0 before the first.
[[nodiscard]] Position current_epoch(const RunRow& run);

}  // namespace actuary::projections::runs
