#pragma once

#include <optional>
#include <string>
#include <tuple>

#include "journal/base/id.h"
#include "journal/base/time.h"
#include "journal/events/build.h"
#include "journal/record/record.h"

namespace actuary::projections::builds {

/// What stays of a deleted build: ids, number, status and times.
struct Tombstone {
  Timestamp deleted_at{};
  std::string reason;
  PrincipalKind deleted_by = PrincipalKind::kSystem;

  static constexpr auto members() {
    return std::make_tuple(&Tombstone::deleted_at, &Tombstone::reason, &Tombstone::deleted_by);
  }
  friend bool operator==(const Tombstone&, const Tombstone&) = default;
};

/// Everything that is shown of a build.
struct BuildRow {
  BuildId id;
  ActorId actor_id;
  UserId user_id;
  std::string build_number;
  events::ActorVersion version;
  std::string tag;
  bool use_cache = false;
  std::uint32_t memory_mbytes = 0;
  std::uint32_t timeout_secs = 0;
  events::Meta meta;
  std::string status;      ///< as the API spells it, see runs/row.h
  Timestamp started_at{};  ///< of the request, also while READY
  std::optional<Timestamp> finished_at;
  std::optional<Instant> running_at;  ///< when a builder took it
  std::optional<Instant> ended_at;
  std::optional<Instant> timeout_at;
  events::Image image;
  std::string actor_definition;
  std::string input_schema;
  std::string readme;
  std::string reason;  ///< why it did not succeed
  std::optional<Tombstone> deleted;
  std::optional<Timestamp> personal_erased_at;  ///< from where it was asked for is not known since

  static constexpr auto members() {
    using Row = BuildRow;
    return std::make_tuple(&Row::id, &Row::actor_id, &Row::user_id, &Row::build_number,
                           &Row::version, &Row::tag, &Row::use_cache, &Row::memory_mbytes,
                           &Row::timeout_secs, &Row::meta, &Row::status, &Row::started_at,
                           &Row::finished_at, &Row::running_at, &Row::ended_at, &Row::timeout_at,
                           &Row::image, &Row::actor_definition, &Row::input_schema, &Row::readme,
                           &Row::reason, &Row::deleted, &Row::personal_erased_at);
  }
  friend bool operator==(const BuildRow&, const BuildRow&) = default;
};

/// Time in which a builder worked on it.
[[nodiscard]] Microseconds active_duration(const BuildRow& build, const Instant& now);
/// Gigabytes of memory times active hours.
[[nodiscard]] double compute_units(const BuildRow& build, const Instant& now);
/// `MAJOR*10^7 + MINOR*10^5 + BUILD`; 0 when the text is no build number.
[[nodiscard]] std::uint32_t build_number_int(std::string_view build_number);

}  // namespace actuary::projections::builds
