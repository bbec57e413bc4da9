#include "projections/builds/builds.h"

#include "projections/rows/listing.h"

namespace actuary::projections::builds {

using rows::make_key;
using rows::Table;

Result<std::optional<BuildRow>> Builds::get(const BuildId& id) const {
  return rows::load<BuildRow>(store_, make_key(Table::kBuild, id));
}

Result<rows::Page<BuildRow>> Builds::list_of_user(const UserId& user,
                                                  const rows::Paging& paging) const {
  const rows::KeyRange range = rows::prefix_range(make_key(Table::kBuildByUser, user));
  return rows::list<BuildRow>(store_, Table::kBuild, range, paging, rows::kAny);
}

Result<rows::Page<BuildRow>> Builds::list_of_actor(const ActorId& actor,
                                                   const rows::Paging& paging) const {
  const rows::KeyRange range = rows::prefix_range(make_key(Table::kBuildByActor, actor));
  return rows::list<BuildRow>(store_, Table::kBuild, range, paging, rows::kAny);
}

}  // namespace actuary::projections::builds
