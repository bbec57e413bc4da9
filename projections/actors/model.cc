#include <algorithm>

#include "projections/actors/actors.h"
#include "projections/builds/row.h"
#include "projections/rows/fold.h"

namespace actuary::projections::actors {

using rows::make_key;
using rows::Table;

static rows::Entries entries_of(const ActorRow& actor) {
  rows::Entries entries;
  rows::add_entry(entries, make_key(Table::kActor, actor.id), actor);
  rows::add_entry(entries, make_key(Table::kActorByName, actor.user_id, actor.profile.name),
                  actor.id);
  rows::add_entry(entries,
                  make_key(Table::kActorByOwner, actor.user_id, actor.created_at, actor.id),
                  rows::Nothing{});
  return entries;
}

namespace {

ActorRow created(const events::ActorCreated& event, const Record& record) {
  ActorRow actor;
  actor.id = event.actor_id;
  actor.user_id = event.user_id;
  actor.profile = event.profile;
  actor.created_at = record.recorded_at.utc;
  actor.modified_at = record.recorded_at.utc;
  return actor;
}

void fold(ActorRow& actor, const events::ActorProfileChanged& event, const Record& record) {
  actor.profile = event.profile;
  actor.modified_at = record.recorded_at.utc;
}

void fold(ActorRow& actor, const events::VersionPut& event, const Record& record) {
  const auto at =
      std::ranges::find(actor.versions, event.version.number, &events::ActorVersion::number);
  if (at == actor.versions.end()) {
    actor.versions.push_back(event.version);
  } else {
    *at = event.version;
  }
  actor.modified_at = record.recorded_at.utc;
}

void fold(ActorRow& actor, const events::VersionDeleted& event, const Record& record) {
  std::erase_if(actor.versions,
                [&](const auto& version) { return version.number == event.number; });
  actor.modified_at = record.recorded_at.utc;
}

void fold(ActorRow& actor, const events::BuildNumberDrawn& event, const Record&) {
  actor.last_builds[event.version_number] = event.build;
}

void fold(ActorRow& actor, const events::TagRemoved& event, const Record&) {
  actor.tags.erase(event.tag);
}

/// A build may end after its Actor was deleted; what it then says to the Actor's stream shows
/// nowhere.
template <class Change>
Status change_actor(rows::RowWriter& writer, const Bytes& key, const Change& change) {
  TRY_VOID(rows::update<ActorRow>(writer, key, change));
  return {};
}

Status move_tag(rows::RowWriter& writer, const events::TagMoved& event, const Record& record) {
  TRY(build, rows::load<builds::BuildRow>(writer, make_key(Table::kBuild, event.build_id)));
  // The tag of a build that just succeeded moves in the same batch, before it: then it finishes
  // now.
  const auto finished = build ? build->finished_at : std::optional<Timestamp>{};
  const TagRow tag{event.build_id, event.build_number, finished.value_or(record.recorded_at.utc)};
  return change_actor(writer, make_key(Table::kActor, record.stream.id),
                      [&](ActorRow& actor) { actor.tags[event.tag] = tag; });
}

Status count_run(rows::RowWriter& writer, const events::RunCreated& event, const Record& record) {
  return change_actor(writer, make_key(Table::kActor, event.actor_id), [&](ActorRow& actor) {
    ++actor.total_runs;
    actor.last_run_started_at = record.recorded_at.utc;
  });
}

Status count_metamorph(rows::RowWriter& writer, const events::RunMetamorphed& event) {
  return change_actor(writer, make_key(Table::kActor, event.actor_id),
                      [](ActorRow& actor) { ++actor.total_metamorphs; });
}

Status count_build(rows::RowWriter& writer, const events::BuildCreated& event) {
  return change_actor(writer, make_key(Table::kActor, event.actor_id),
                      [](ActorRow& actor) { ++actor.total_builds; });
}

}  // namespace

Status ActorModel::apply(const Record& record, rows::RowWriter& writer) const {
  const Bytes key = make_key(Table::kActor, record.stream.id);
  return std::visit(
      [&]<class Event>(const Event& event) -> Status {
        if constexpr (std::is_same_v<Event, events::ActorCreated>) {
          rows::insert(writer, created(event, record));
        } else if constexpr (std::is_same_v<Event, events::ActorDeleted>) {
          TRY_VOID(rows::remove<ActorRow>(writer, key));
        } else if constexpr (std::is_same_v<Event, events::TagMoved>) {
          return move_tag(writer, event, record);
        } else if constexpr (std::is_same_v<Event, events::RunCreated>) {
          return count_run(writer, event, record);
        } else if constexpr (std::is_same_v<Event, events::RunMetamorphed>) {
          return count_metamorph(writer, event);
        } else if constexpr (std::is_same_v<Event, events::BuildCreated>) {
          return count_build(writer, event);
        } else if constexpr (requires(ActorRow & actor) { fold(actor, event, record); }) {
          return change_actor(writer, key, [&](ActorRow& actor) { fold(actor, event, record); });
        }
        return {};
      },
      record.event);
}

}  // namespace actuary::projections::actors
