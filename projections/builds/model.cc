#include "projections/builds/builds.h"
#include "projections/rows/fold.h"

namespace actuary::projections::builds {

using rows::make_key;
using rows::Table;

static rows::Entries entries_of(const BuildRow& build) {
  rows::Entries entries;
  rows::add_entry(entries, make_key(Table::kBuild, build.id), build);
  if (build.deleted) return entries;
  const rows::Nothing nothing;
  rows::add_entry(entries, make_key(Table::kBuildByUser, build.user_id, build.started_at, build.id),
                  nothing);
  rows::add_entry(
      entries, make_key(Table::kBuildByActor, build.actor_id, build.started_at, build.id), nothing);
  return entries;
}

namespace {

BuildRow created(const events::BuildCreated& event, const Record& record) {
  BuildRow build;
  build.id = event.build_id;
  build.actor_id = event.actor_id;
  build.user_id = event.user_id;
  build.build_number = event.build_number;
  build.version = event.version;
  build.tag = event.tag;
  build.use_cache = event.use_cache;
  build.memory_mbytes = event.memory_mbytes;
  build.timeout_secs = event.timeout_secs;
  build.meta = event.meta;
  build.status = "READY";
  build.started_at = record.recorded_at.utc;
  return build;
}

void finish(BuildRow& build, std::string_view status, const std::string& reason,
            const Record& record) {
  build.status = std::string(status);
  build.reason = reason;
  build.finished_at = record.recorded_at.utc;
  build.ended_at = record.recorded_at;
}

void fold(BuildRow& build, const events::BuildStarted& event, const Record& record) {
  // A start that is reported while the build is already being stopped does not bring it back.
  if (build.status == "READY") build.status = "RUNNING";
  build.running_at = record.recorded_at;
  build.timeout_at = event.timeout_at;
}

void fold(BuildRow& build, const events::BuildAbortRequested&, const Record&) {
  build.status = "ABORTING";
}

void fold(BuildRow& build, const events::BuildTimeoutReached&, const Record&) {
  build.status = "TIMING-OUT";
}

void fold(BuildRow& build, const events::BuildSucceeded& event, const Record& record) {
  finish(build, "SUCCEEDED", {}, record);
  build.image = event.image;
  build.actor_definition = event.actor_definition;
  build.input_schema = event.input_schema;
  build.readme = event.readme;
}

void fold(BuildRow& build, const events::BuildFailed& event, const Record& record) {
  finish(build, "FAILED", event.reason, record);
}

void fold(BuildRow& build, const events::BuildAborted& event, const Record& record) {
  finish(build, "ABORTED", event.reason, record);
}

void fold(BuildRow& build, const events::BuildTimedOut& event, const Record& record) {
  finish(build, "TIMED-OUT", event.reason, record);
}

void fold(BuildRow& build, const events::PersonalDataErased&, const Record& record) {
  build.meta = {build.meta.origin, {}, {}};
  if (!build.deleted) build.personal_erased_at = record.recorded_at.utc;
}

void fold(BuildRow& build, const events::BuildDeleted& event, const Record& record) {
  BuildRow kept;
  kept.id = build.id;
  kept.actor_id = build.actor_id;
  kept.user_id = build.user_id;
  kept.build_number = build.build_number;
  kept.status = build.status;
  kept.started_at = build.started_at;
  kept.finished_at = build.finished_at;
  kept.deleted = Tombstone{record.recorded_at.utc, event.reason, record.principal.kind};
  build = std::move(kept);
}

}  // namespace

Status BuildModel::apply(const Record& record, rows::RowWriter& writer) const {
  return std::visit(
      [&]<class Event>(const Event& event) -> Status {
        if constexpr (std::is_same_v<Event, events::BuildCreated>) {
          rows::insert(writer, created(event, record));
        } else if constexpr (requires(BuildRow & build) { fold(build, event, record); }) {
          if (record.stream.kind != StreamKind::kBuild) return {};
          const auto change = [&](BuildRow& build) { fold(build, event, record); };
          const Bytes key = make_key(Table::kBuild, record.stream.id);
          return rows::update_existing<BuildRow>(writer, key, record, change);
        }
        return {};
      },
      record.event);
}

}  // namespace actuary::projections::builds
