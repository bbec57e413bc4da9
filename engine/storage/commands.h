#pragma once

#include <variant>

#include "journal/events/storage.h"

namespace actuary::engine::storage {

struct Create {
  StorageId storage_id;
  events::StorageKind kind = events::StorageKind::kKeyValueStore;
  UserId user_id;
  std::string name;  ///< empty: unnamed
  std::string title;
  ACTUARY_FIELDS(Create, storage_id, kind, user_id, name, title);
};

struct Change {
  StorageId storage_id;
  std::optional<std::string> name;  ///< empty text takes the name away
  std::optional<std::string> title;
  std::optional<std::string> general_access;
  ACTUARY_FIELDS(Change, storage_id, name, title, general_access);
};

struct Delete {
  StorageId storage_id;
  std::string reason;
  std::optional<Timestamp> unused_since;  ///< refused when it was used after that
  ACTUARY_FIELDS(Delete, storage_id, reason, unused_since);
};

/// Somebody reads or writes what is inside.
struct Use {
  StorageId storage_id;
  ACTUARY_FIELDS(Use, storage_id);
};

using Command = std::variant<Create, Change, Delete, Use>;

}  // namespace actuary::engine::storage
