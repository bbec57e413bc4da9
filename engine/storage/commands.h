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
  ACTUARY_FIELDS(Delete, storage_id, reason);
};

using Command = std::variant<Create, Change, Delete>;

}  // namespace actuary::engine::storage
