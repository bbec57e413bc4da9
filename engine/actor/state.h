#pragma once

#include <map>
#include <variant>

#include "journal/events/actor.h"
#include "journal/record/record.h"

namespace actuary::engine::actor {

struct Absent {
  ACTUARY_FIELDS(Absent);
};

struct Present {
  ActorId actor_id;
  UserId user_id;
  events::ActorProfile profile;
  std::map<std::string, events::ActorVersion> versions;
  std::map<std::string, BuildId> tags;
  ACTUARY_FIELDS(Present, actor_id, user_id, profile, versions, tags);
};

struct Deleted {
  ACTUARY_FIELDS(Deleted);
};

using State = std::variant<Absent, Present, Deleted>;

}  // namespace actuary::engine::actor
