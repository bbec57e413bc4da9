#pragma once

#include "journal/events/common.h"

namespace actuary::journal::events {

struct BuildCreated {
  BuildId build_id;
  ActorId actor_id;
  UserId user_id;
  std::string build_number;  ///< `MAJOR.MINOR.BUILD`
  ActorVersion version;      ///< snapshot: later edits do not reach this build
  std::string tag;           ///< moved to this build when it succeeds; empty: none
  bool use_cache = false;
  std::uint32_t memory_mbytes = 0;
  std::uint32_t timeout_secs = 0;
  Meta meta;
  ACTUARY_FIELDS(BuildCreated, build_id, actor_id, user_id, build_number, version, tag, use_cache,
                 memory_mbytes, timeout_secs, meta);
};

struct BuildStarted {
  Instant timeout_at;
  ACTUARY_FIELDS(BuildStarted, timeout_at);
};

struct BuildAbortRequested {
  Instant declare_at;
  ACTUARY_FIELDS(BuildAbortRequested, declare_at);
};

struct BuildTimeoutReached {
  Instant declare_at;
  ACTUARY_FIELDS(BuildTimeoutReached, declare_at);
};

struct BuildSucceeded {
  Image image;
  std::string actor_definition;  ///< `.actor/actor.json`, JSON, or empty
  std::string input_schema;      ///< JSON, or empty
  std::string readme;
  ACTUARY_FIELDS(BuildSucceeded, image, actor_definition, input_schema, readme);
};

struct BuildFailed {
  std::string reason;
  ACTUARY_FIELDS(BuildFailed, reason);
};

struct BuildAborted {
  std::string reason;
  ACTUARY_FIELDS(BuildAborted, reason);
};

struct BuildTimedOut {
  std::string reason;
  ACTUARY_FIELDS(BuildTimedOut, reason);
};

struct BuildDeleted {
  std::string reason;
  std::vector<std::uint64_t> keys;  ///< personal keys that are destroyed with it
  ACTUARY_FIELDS(BuildDeleted, reason, keys);
};

}  // namespace actuary::journal::events
