#include "adapters/http/api/actors.h"

#include <algorithm>

#include "adapters/http/api/actor_profile.h"
#include "adapters/http/api/command_key.h"
#include "adapters/http/api/fields.h"
#include "adapters/http/api/lookup.h"
#include "adapters/http/api/render.h"
#include "adapters/http/api/versions.h"

namespace actuary::adapters::http::api {
namespace {

using projections::actors::ActorRow;

/// Sorting by the last run looks at all of a user's Actors, up to this many.
constexpr std::size_t kSortedActorsMax = 10'000;

WireError spell_actor(const Error& error) {
  WireError spelled = wire_error(error);
  if (error.code == Code::kNotUnique) spelled.type = "actor-name-not-unique";
  if (error.code == Code::kBuildNotFinished) spelled.type = "invalid-build";
  if (error.code == Code::kLimitExceeded) {
    spelled.status = 400;
    spelled.type = "too-many-versions";
  }
  return spelled;
}

void answer_actor(const Services& services, const ActorId& id, const Responder& responder,
                  int status) {
  const auto actor = services.views.actors().get(id);
  if (!actor) return responder.fail(actor.error());
  if (!*actor) return responder.fail(record_not_found("Actor"));
  const auto rendered = render_actor(services, **actor);
  if (!rendered) return responder.fail(rendered.error());
  Response response = data_response(*rendered, status);
  if (status == 201) {
    response.headers.add("Location", services.public_base_url + "/v2/actors/" + id.str());
  }
  responder.send(std::move(response));
}

Answer<std::vector<events::ActorVersion>> read_versions(
    const Services& services, const Json& body,
    const std::map<std::string, events::ActorVersion>& before) {
  std::vector<events::ActorVersion> versions;
  const Json* listed = find_field(body, "versions");
  if (listed == nullptr) return versions;
  if (!listed->is_array()) return refuse(400, "invalid-value", "versions must be an array");
  for (const Json& each : *listed) {
    TRY(number, each.is_object() ? text_field(each, "versionNumber")
                                 : Answer<std::optional<std::string>>(std::nullopt));
    const auto old = before.find(number.value_or(std::string{}));
    TRY(version, read_version(services, each, old == before.end() ? new_version() : old->second));
    versions.push_back(std::move(version));
  }
  return versions;
}

Answer<engine::actor::Create> create_command(const Services& services, const Request& request) {
  TRY(body, body_of(request));
  engine::actor::Create command;
  command.actor_id = draw<ActorId>(services, request, "actor");
  command.user_id = caller_of(request).user_id;
  TRY(profile, read_profile(body, {}));
  command.profile = std::move(profile);
  if (command.profile.name.empty()) {
    command.profile.name = "actor-" + draw_text(services, request, "name", 8);
  }
  TRY(versions, read_versions(services, body, {}));
  command.versions = std::move(versions);
  return command;
}

void create(const Services& services, const Request& request, const Responder& responder) {
  auto command = create_command(services, request);
  if (!command) return responder.fail(command.error());
  const auto id = command->actor_id;
  submit(
      services, engine::actor::Command{std::move(*command)}, asker_of(request), responder,
      [&services, id, responder] { answer_actor(services, id, responder, 201); }, spell_actor);
}

Answer<engine::actor::Change> change_command(const Services& services, const Request& request) {
  TRY(actor, find_actor(services, request, Access::kOwn));
  TRY(body, body_of(request));
  const auto* facts = services.executor.directory().find_actor(actor.id);
  if (facts == nullptr) return missing("Actor");
  TRY(profile, read_profile(body, actor.profile));
  TRY(versions, read_versions(services, body, facts->versions));
  TRY(tags, read_tags(body));
  return engine::actor::Change{actor.id, std::move(profile), std::move(versions), std::move(tags)};
}

void change(const Services& services, const Request& request, const Responder& responder) {
  auto command = change_command(services, request);
  if (!command) return responder.fail(command.error());
  const auto id = command->actor_id;
  submit(
      services, engine::actor::Command{std::move(*command)}, asker_of(request), responder,
      [&services, id, responder] { answer_actor(services, id, responder, 200); }, spell_actor);
}

void remove(const Services& services, const Request& request, const Responder& responder) {
  const auto actor = find_actor(services, request, Access::kOwn);
  if (!actor) return responder.fail(actor.error());
  submit(services, engine::actor::Command{engine::actor::Delete{actor->id, "deleted by its user"}},
         asker_of(request), responder, [responder] {
           responder.send({204, {}, {}});
         });
}

Answer<Response> get(const Services& services, const Request& request) {
  TRY(actor, find_actor(services, request, Access::kRead));
  const bool own = request.principal && request.principal->user_id == actor.user_id;
  // What a public Actor is given in its environment is its owner's business, and so are the files
  // that it is built from.
  if (!own) {
    for (auto& version : actor.versions) {
      version.env_vars.clear();
      version.source_digest.clear();
    }
  }
  TRY(rendered, render_actor(services, actor));
  return data_response(rendered);
}

Result<std::vector<ActorRow>> all_of_user(const Services& services, const UserId& user) {
  std::vector<ActorRow> rows;
  Paging paging;
  while (rows.size() < kSortedActorsMax) {
    paging.offset = rows.size();
    TRY(page, services.views.actors().list_of_user(user, paging));
    if (page.rows.empty()) break;
    rows.insert(rows.end(), page.rows.begin(), page.rows.end());
  }
  return rows;
}

Result<projections::rows::Page<ActorRow>> by_last_run(const Services& services, const UserId& user,
                                                      const Paging& paging) {
  TRY(rows, all_of_user(services, user));
  const bool newest_first = paging.order == projections::rows::Order::kNewestFirst;
  std::stable_sort(rows.begin(), rows.end(), [&](const ActorRow& left, const ActorRow& right) {
    const auto& a = newest_first ? right : left;
    const auto& b = newest_first ? left : right;
    return a.last_run_started_at < b.last_run_started_at;
  });
  projections::rows::Page<ActorRow> page;
  page.total = rows.size();
  for (auto at = paging.offset; at < rows.size() && page.rows.size() < paging.limit; ++at) {
    page.rows.push_back(std::move(rows[at]));
  }
  return page;
}

Answer<Response> list(const Services& services, const Request& request) {
  TRY(paging, paging_of(request.query));
  const auto sort = request.query.find("sortBy").value_or("createdAt");
  const bool last_run = sort == "stats.lastRunStartedAt";
  if (!last_run && !sort.empty() && sort != "createdAt") {
    return refuse(400, "param-not-one-of",
                  "sortBy must be one of createdAt, stats.lastRunStartedAt");
  }
  const auto& user = caller_of(request).user_id;
  TRY(page, wire(last_run ? by_last_run(services, user, paging)
                          : services.views.actors().list_of_user(user, paging)));
  Json items = Json::array();
  for (const auto& actor : page.rows) items.push_back(render_actor_short(services, actor));
  return list_response(paging, page.total, std::move(items));
}

}  // namespace

void add_actor_routes(std::vector<Route>& routes, const Services& services) {
  const auto later = [&](void (*act)(const Services&, const Request&, const Responder&)) {
    return [&services, act](const Request& request, const Responder& responder) {
      act(services, request, responder);
    };
  };
  const auto now = [&](Answer<Response> (*act)(const Services&, const Request&)) {
    return at_once([&services, act](const Request& request) { return act(services, request); });
  };
  routes.push_back({"GET", "/v2/actors", now(list)});
  routes.push_back({"POST", "/v2/actors", later(create)});
  routes.push_back({.method = "GET",
                    .pattern = "/v2/actors/{actorId}",
                    .handler = now(get),
                    .auth = AuthMode::kOptional});
  routes.push_back({"PUT", "/v2/actors/{actorId}", later(change)});
  routes.push_back({"DELETE", "/v2/actors/{actorId}", later(remove)});
}

}  // namespace actuary::adapters::http::api
