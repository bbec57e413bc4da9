#pragma once

#include <variant>

#include "journal/events/storage.h"
#include "journal/record/record.h"

namespace actuary::engine::storage {

struct Absent {
  friend bool operator==(const Absent&, const Absent&) = default;
};

struct Present {
  events::StorageCreated created;
  std::string name;
  std::string title;
  std::string general_access;

  friend bool operator==(const Present&, const Present&) = default;
};

struct Deleted {
  StorageId storage_id;

  friend bool operator==(const Deleted&, const Deleted&) = default;
};

using State = std::variant<Absent, Present, Deleted>;

}  // namespace actuary::engine::storage
