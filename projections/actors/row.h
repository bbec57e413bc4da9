#pragma once

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "journal/base/id.h"
#include "journal/base/time.h"
#include "journal/events/actor.h"

namespace actuary::projections::actors {

/// Where a tag points.
struct TagRow {
  BuildId build_id;
  std::string build_number;
  Timestamp finished_at{};  ///< of the build

  static constexpr auto members() {
    return std::make_tuple(&TagRow::build_id, &TagRow::build_number, &TagRow::finished_at);
  }
  friend bool operator==(const TagRow&, const TagRow&) = default;
};

/// Everything that is shown of an Actor.
struct ActorRow {
  ActorId id;
  UserId user_id;
  events::ActorProfile profile;
  Timestamp created_at{};
  Timestamp modified_at{};                     ///< of the profile or of a version
  std::vector<events::ActorVersion> versions;  ///< in the order in which they were first put
  std::map<std::string, TagRow> tags;
  std::map<std::string, std::uint32_t>
      last_builds;  ///< by version number: the last build number drawn
  std::uint64_t total_builds = 0;
  std::uint64_t total_runs = 0;
  std::optional<Timestamp> last_run_started_at;
  std::uint64_t total_metamorphs = 0;  ///< runs of other Actors that became this one

  static constexpr auto members() {
    using Row = ActorRow;
    return std::make_tuple(&Row::id, &Row::user_id, &Row::profile, &Row::created_at,
                           &Row::modified_at, &Row::versions, &Row::tags, &Row::last_builds,
                           &Row::total_builds, &Row::total_runs, &Row::last_run_started_at,
                           &Row::total_metamorphs);
  }
  friend bool operator==(const ActorRow&, const ActorRow&) = default;
};

/// None when the Actor has no such version.
[[nodiscard]] const events::ActorVersion* find_version(const ActorRow& actor,
                                                       std::string_view number);

}  // namespace actuary::projections::actors
