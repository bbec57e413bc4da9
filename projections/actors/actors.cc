#include "projections/actors/actors.h"

#include <algorithm>

#include "projections/rows/listing.h"

namespace actuary::projections::actors {

using rows::make_key;
using rows::Table;

const events::ActorVersion* find_version(const ActorRow& actor, std::string_view number) {
  const auto at = std::ranges::find(actor.versions, number, &events::ActorVersion::number);
  return at == actor.versions.end() ? nullptr : &*at;
}

Result<std::optional<ActorRow>> Actors::get(const ActorId& id) const {
  return rows::load<ActorRow>(store_, make_key(Table::kActor, id));
}

Result<std::optional<ActorRow>> Actors::find(const UserId& owner, std::string_view name) const {
  return rows::find<ActorRow, ActorId>(store_, Table::kActor,
                                       make_key(Table::kActorByName, owner, name));
}

Result<rows::Page<ActorRow>> Actors::list_of_user(const UserId& user,
                                                  const rows::Paging& paging) const {
  const rows::KeyRange range = rows::prefix_range(make_key(Table::kActorByOwner, user));
  return rows::list<ActorRow>(store_, Table::kActor, range, paging, rows::kAny);
}

}  // namespace actuary::projections::actors
