#pragma once

#include <variant>

#include "journal/events/actor.h"

namespace actuary::engine::actor {

struct Create {
  ActorId actor_id;
  UserId user_id;
  events::ActorProfile profile;
  std::vector<events::ActorVersion> versions;
  ACTUARY_FIELDS(Create, actor_id, user_id, profile, versions);
};

/// One line of a `taggedBuilds` patch; a nil build removes the tag.
struct TagPatch {
  std::string tag;
  BuildId build_id;
  ACTUARY_FIELDS(TagPatch, tag, build_id);
};

struct Change {
  ActorId actor_id;
  events::ActorProfile profile;
  std::vector<events::ActorVersion> versions;  ///< put; the others stay
  std::vector<TagPatch> tags;
  ACTUARY_FIELDS(Change, actor_id, profile, versions, tags);
};

enum class IfExists : std::uint8_t { kReplace, kRefuse };
[[nodiscard]] inline std::string_view to_string(IfExists policy) {
  switch (policy) {
    case IfExists::kReplace:
      return "REPLACE";
    case IfExists::kRefuse:
      return "REFUSE";
  }
  return journal::base::kNoSuchEnumerator;
}

struct PutVersion {
  ActorId actor_id;
  events::ActorVersion version;
  IfExists if_exists = IfExists::kReplace;
  ACTUARY_FIELDS(PutVersion, actor_id, version, if_exists);
};

struct DeleteVersion {
  ActorId actor_id;
  std::string number;
  ACTUARY_FIELDS(DeleteVersion, actor_id, number);
};

struct Delete {
  ActorId actor_id;
  std::string reason;
  ACTUARY_FIELDS(Delete, actor_id, reason);
};

using Command = std::variant<Create, Change, PutVersion, DeleteVersion, Delete>;

}  // namespace actuary::engine::actor
