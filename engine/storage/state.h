#pragma once

#include <variant>

#include "journal/events/storage.h"
#include "journal/record/record.h"

namespace actuary::engine::storage {

struct Absent {
  ACTUARY_FIELDS(Absent);
};

struct Present {
  events::StorageCreated created;
  std::string name;
  std::string title;
  std::string general_access;
  Timestamp used_at{};  ///< as it was recorded last; made is used
  ACTUARY_FIELDS(Present, created, name, title, general_access, used_at);
};

struct Deleted {
  StorageId storage_id;
  ACTUARY_FIELDS(Deleted, storage_id);
};

using State = std::variant<Absent, Present, Deleted>;

}  // namespace actuary::engine::storage
