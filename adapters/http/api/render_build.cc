#include "adapters/http/api/personal.h"
#include "adapters/http/api/render.h"
#include "adapters/http/json.h"
#include "engine/policy/options.h"

namespace actuary::adapters::http::api {
namespace {

using projections::builds::BuildRow;

Json stats(const BuildRow& build, const Instant& now) {
  const auto active = std::chrono::duration_cast<std::chrono::milliseconds>(
      projections::builds::active_duration(build, now));
  Json result{{"durationMillis", active.count()},
              {"runTimeSecs", number(static_cast<double>(active.count()) / 1000)},
              {"computeUnits", number(projections::builds::compute_units(build, now))}};
  result["imageSizeBytes"] = build.image.bytes == 0 ? Json() : Json(build.image.bytes);
  return result;
}

/// `.actor/actor.json` as it was; clients want an object or nothing.
Json definition(const BuildRow& build) {
  if (build.actor_definition.empty()) return nullptr;
  auto parsed = parse_json_object(build.actor_definition);
  return parsed ? std::move(*parsed) : Json();
}

}  // namespace

Json render_build(const Services& services, const BuildRow& build) {
  const Instant now = services.clock.now();
  const double units = projections::builds::compute_units(build, now);
  return {
      {"id", build.id.view()},
      {"actId", build.actor_id.view()},
      {"userId", build.user_id.view()},
      {"startedAt", to_iso(build.started_at)},
      {"finishedAt", time_or_null(build.finished_at)},
      {"status", build.status},
      {"statusMessage", text_or_null(build.reason)},
      {"meta", render_meta(opened(services, build.meta), build.personal_erased_at)},
      {"stats", stats(build, now)},
      {"options",
       {{"useCache", build.use_cache},
        {"betaPackages", false},
        {"memoryMbytes", build.memory_mbytes},
        {"diskMbytes", build.memory_mbytes * engine::policy::kDiskPerMemory}}},
      {"usage", {{"ACTOR_COMPUTE_UNITS", number(units)}}},
      {"usageTotalUsd", 0},
      {"usageUsd", {{"ACTOR_COMPUTE_UNITS", 0}}},
      {"inputSchema", text_or_null(build.input_schema)},
      {"readme", text_or_null(build.readme)},
      {"buildNumber", build.build_number},
      {"buildNumberInt", projections::builds::build_number_int(build.build_number)},
      {"tag", text_or_null(build.tag)},
      {"actorDefinition", definition(build)},
  };
}

Json render_build_short(const Services& services, const BuildRow& build) {
  return {
      {"id", build.id.view()},
      {"actId", build.actor_id.view()},
      {"userId", build.user_id.view()},
      {"status", build.status},
      {"startedAt", to_iso(build.started_at)},
      {"finishedAt", time_or_null(build.finished_at)},
      {"usageTotalUsd", 0},
      {"buildNumber", build.build_number},
      {"buildNumberInt", projections::builds::build_number_int(build.build_number)},
      {"meta", render_meta(opened(services, build.meta), build.personal_erased_at)},
  };
}

}  // namespace actuary::adapters::http::api
