#pragma once

#include "journal/events/common.h"

namespace actuary::journal::events {

/// A key-value store, dataset or request queue exists. What is inside it is not the journal's.
struct StorageCreated {
  StorageId storage_id;
  StorageKind kind = StorageKind::kKeyValueStore;
  UserId user_id;
  std::string name;  ///< empty: unnamed
  std::string title;
  RunId run_id;      ///< nil unless it is a run's default storage
  ActorId actor_id;  ///< of that run
  ACTUARY_FIELDS(StorageCreated, storage_id, kind, user_id, name, title, run_id, actor_id);
};

struct StorageChanged {
  std::string name;
  std::string title;
  std::string general_access;
  ACTUARY_FIELDS(StorageChanged, name, title, general_access);
};

/// Somebody read or wrote what is inside. Only of unnamed storages, and not each time: retention
/// must know what is in use, not how often.
struct StorageUsed {
  ACTUARY_FIELDS(StorageUsed);
};

struct StorageDeleted {
  std::string reason;
  ACTUARY_FIELDS(StorageDeleted, reason);
};

}  // namespace actuary::journal::events
