#pragma once

#include "journal/events/common.h"

namespace actuary::journal::events {

/// What a user may edit about an Actor besides its versions.
struct ActorProfile {
  std::string name;
  std::string title;
  std::string description;
  bool is_public = false;
  RunOptions default_options;
  std::string extra;  ///< JSON object of fields that are kept and returned, not interpreted
  std::vector<Pricing> pricings;  ///< none: free
  ACTUARY_FIELDS(ActorProfile, name, title, description, is_public, default_options, extra,
                 pricings);
};

struct ActorCreated {
  ActorId actor_id;
  UserId user_id;
  ActorProfile profile;
  ACTUARY_FIELDS(ActorCreated, actor_id, user_id, profile);
};

struct ActorProfileChanged {
  ActorProfile profile;
  ACTUARY_FIELDS(ActorProfileChanged, profile);
};

/// Creates the version or replaces it.
struct VersionPut {
  ActorVersion version;
  ACTUARY_FIELDS(VersionPut, version);
};

struct VersionDeleted {
  std::string number;
  ACTUARY_FIELDS(VersionDeleted, number);
};

struct BuildNumberDrawn {
  std::string version_number;
  std::uint32_t build = 0;  ///< from 1, only grows, never reused
  ACTUARY_FIELDS(BuildNumberDrawn, version_number, build);
};

struct TagMoved {
  std::string tag;
  BuildId build_id;
  std::string build_number;
  ACTUARY_FIELDS(TagMoved, tag, build_id, build_number);
};

struct TagRemoved {
  std::string tag;
  ACTUARY_FIELDS(TagRemoved, tag);
};

struct ActorDeleted {
  std::string reason;
  ACTUARY_FIELDS(ActorDeleted, reason);
};

}  // namespace actuary::journal::events
