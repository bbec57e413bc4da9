#pragma once

#include <string>
#include <tuple>

#include "journal/base/id.h"
#include "journal/base/time.h"
#include "journal/events/storage.h"

namespace actuary::projections::storages {

/// That a storage exists, whose it is and how it is called; what is inside is not the journal's.
struct StorageRow {
  StorageId id;
  events::StorageKind kind = events::StorageKind::kKeyValueStore;
  UserId user_id;
  std::string name;  ///< empty: unnamed
  std::string title;
  std::string general_access;
  RunId run_id;  ///< nil unless it is that run's default storage
  ActorId actor_id;
  Timestamp created_at{};
  Timestamp modified_at{};  ///< of name, title or access
  Timestamp used_at{};      ///< as it was recorded last; made is used

  static constexpr auto members() {
    using Row = StorageRow;
    return std::make_tuple(&Row::id, &Row::kind, &Row::user_id, &Row::name, &Row::title,
                           &Row::general_access, &Row::run_id, &Row::actor_id, &Row::created_at,
                           &Row::modified_at, &Row::used_at);
  }
  friend bool operator==(const StorageRow&, const StorageRow&) = default;
};

}  // namespace actuary::projections::storages
