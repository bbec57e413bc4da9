#pragma once

#include <map>
#include <variant>

#include "journal/events/actor.h"
#include "journal/record/record.h"

namespace actuary::engine::actor {

struct Absent {
  friend bool operator==(const Absent&, const Absent&) = default;
};

struct Present {
  ActorId actor_id;
  UserId user_id;
  events::ActorProfile profile;
  std::map<std::string, events::ActorVersion> versions;
  std::map<std::string, BuildId> tags;

  friend bool operator==(const Present&, const Present&) = default;
};

struct Deleted {
  friend bool operator==(const Deleted&, const Deleted&) = default;
};

using State = std::variant<Absent, Present, Deleted>;

}  // namespace actuary::engine::actor
