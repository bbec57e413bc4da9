#include "adapters/http/api/render.h"
#include "adapters/http/api/user_names.h"
#include "adapters/http/json.h"
#include "engine/policy/options.h"

namespace actuary::adapters::http::api {
namespace {

using projections::actors::ActorRow;

Json stats(const ActorRow& actor) {
  const int users = actor.total_runs == 0 ? 0 : 1;
  Json result{{"totalBuilds", actor.total_builds},
              {"totalRuns", actor.total_runs},
              {"totalUsers", users},
              {"totalUsers7Days", users},
              {"totalUsers30Days", users},
              {"totalUsers90Days", users},
              {"totalMetamorphs", actor.total_metamorphs}};
  if (actor.last_run_started_at) result["lastRunStartedAt"] = to_iso(*actor.last_run_started_at);
  return result;
}

/// With the platform's defaults where the Actor has none: what a run will get.
Json default_options(const events::RunOptions& options) {
  const auto memory =
      options.memory_mbytes == 0 ? engine::policy::kMemoryMbytesDefault : options.memory_mbytes;
  Json result{{"build", options.build.empty() ? "latest" : options.build},
              {"timeoutSecs", options.timeout_secs},
              {"memoryMbytes", memory},
              {"restartOnError", options.restart_on_error}};
  if (options.max_items) result["maxItems"] = *options.max_items;
  if (options.max_total_charge_usd) {
    result["maxTotalChargeUsd"] = number(*options.max_total_charge_usd);
  }
  return result;
}

Json tagged_builds(const ActorRow& actor) {
  Json result = Json::object();
  for (const auto& [tag, to] : actor.tags) {
    result[tag] = {{"buildId", to.build_id.view()},
                   {"buildNumber", to.build_number},
                   {"buildNumberInt", projections::builds::build_number_int(to.build_number)},
                   {"finishedAt", to_iso(to.finished_at)}};
  }
  return result;
}

std::string_view url_field(events::SourceType type) {
  switch (type) {
    case events::SourceType::kGitRepo:
      return "gitRepoUrl";
    case events::SourceType::kTarball:
      return "tarballUrl";
    case events::SourceType::kGithubGist:
      return "gitHubGistUrl";
    case events::SourceType::kSourceFiles:
    case events::SourceType::kSourceCode:
      break;
  }
  return {};
}

/// Clients require these of every entry, but who writes one may leave them out.
void complete_pricing(const ActorRow& actor, Json& infos) {
  if (!infos.is_array()) return;
  for (Json& info : infos) {
    if (!info.is_object()) continue;
    const auto fill = [&](const char* name, Json value) {
      Json& member = info[name];
      if (member.is_null()) member = std::move(value);
    };
    fill("apifyMarginPercentage", 0);
    fill("createdAt", to_iso(actor.created_at));
    fill("startedAt", to_iso(actor.created_at));
  }
}

}  // namespace

Json render_env_var(const events::EnvVar& variable) {
  Json result{{"name", variable.name}};
  if (!variable.is_secret) result["value"] = variable.value;
  result["isSecret"] = variable.is_secret;
  return result;
}

Answer<Json> render_version(const Services& services, const events::ActorVersion& version) {
  Json env_vars = Json::array();
  for (const auto& variable : version.env_vars) env_vars.push_back(render_env_var(variable));
  Json result{{"versionNumber", version.number},
              {"sourceType", events::to_string(version.source_type)},
              {"envVars", std::move(env_vars)},
              {"applyEnvVarsToBuild", version.apply_env_vars_to_build},
              {"buildTag", text_or_null(version.build_tag)}};
  if (const auto field = url_field(version.source_type); !field.empty()) {
    result[std::string(field)] = version.source_url;
  }
  if (!version.source_digest.empty()) {
    TRY(text, wire(services.blobs.get(version.source_digest)));
    TRY(files, wire(parse_json(text)));
    result["sourceFiles"] = std::move(files);
  }
  return result;
}

Answer<Json> render_actor(const Services& services, const ActorRow& actor) {
  Json versions = Json::array();
  for (const auto& version : actor.versions) {
    TRY(rendered, render_version(services, version));
    versions.push_back(std::move(rendered));
  }
  Json result{
      {"id", actor.id.view()},
      {"userId", actor.user_id.view()},
      {"name", actor.profile.name},
      {"username", username_of(services, actor.user_id)},
      {"title", text_or_null(actor.profile.title)},
      {"description", text_or_null(actor.profile.description)},
      {"restartOnError", actor.profile.default_options.restart_on_error},
      {"isPublic", actor.profile.is_public},
      {"createdAt", to_iso(actor.created_at)},
      {"modifiedAt", to_iso(actor.modified_at)},
      {"stats", stats(actor)},
      {"versions", std::move(versions)},
      {"defaultRunOptions", default_options(actor.profile.default_options)},
      {"taggedBuilds", tagged_builds(actor)},
  };
  if (actor.profile.extra.empty()) return result;
  TRY(extra, wire(parse_json_object(actor.profile.extra)));
  if (const auto infos = extra.find("pricingInfos"); infos != extra.end()) {
    complete_pricing(actor, *infos);
  }
  for (auto& [name, value] : extra.items()) {
    if (!result.contains(name)) result[name] = std::move(value);
  }
  return result;
}

Json render_actor_short(const Services& services, const ActorRow& actor) {
  return {
      {"id", actor.id.view()},
      {"userId", actor.user_id.view()},
      {"createdAt", to_iso(actor.created_at)},
      {"modifiedAt", to_iso(actor.modified_at)},
      {"name", actor.profile.name},
      {"username", username_of(services, actor.user_id)},
      {"title", actor.profile.title.empty() ? actor.profile.name : actor.profile.title},
      {"isPublic", actor.profile.is_public},
      {"stats", stats(actor)},
  };
}

}  // namespace actuary::adapters::http::api
