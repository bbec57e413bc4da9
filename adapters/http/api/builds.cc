#include "adapters/http/api/builds.h"

#include "adapters/http/api/command_key.h"
#include "adapters/http/api/lookup.h"
#include "adapters/http/api/personal.h"
#include "adapters/http/api/render.h"
#include "adapters/http/api/runs.h"
#include "adapters/http/api/wait.h"

namespace actuary::adapters::http::api {
namespace {

using projections::builds::BuildRow;

using FindBuild = Answer<BuildRow> (*)(const Services&, const Request&);

Answer<BuildRow> by_id(const Services& services, const Request& request) {
  return find_build(services, caller_of(request), request.parameter("buildId"));
}

/// The deprecated paths name the Actor too, which must be the build's.
Answer<BuildRow> by_actor_and_id(const Services& services, const Request& request) {
  TRY(actor, find_actor(services, request, Access::kOwn));
  TRY(build, by_id(services, request));
  if (build.actor_id != actor.id) return missing("Actor build");
  return build;
}

/// The build that a run without a wish gets.
Answer<BuildRow> default_build(const Services& services, const Request& request) {
  TRY(actor, find_actor(services, request, Access::kRead));
  const auto& wish = actor.profile.default_options.build;
  TRY(id, resolve_build(services, actor.id, wish.empty() ? "latest" : wish));
  TRY(build, wire(services.views.builds().get(id)));
  if (!build) return missing("Actor build");
  return std::move(*build);
}

enum class Asker : std::uint8_t { kOwner, kStranger };

void answer_build(const Services& services, const BuildId& id, std::chrono::seconds patience,
                  const Responder& responder, int status = 200, Asker asker = Asker::kOwner) {
  const auto is_terminal = [&services, id] {
    const auto build = services.views.builds().get(id);
    return !build || !*build || (*build)->deleted ||
           projections::runs::is_terminal((*build)->status);
  };
  when_terminal(services, stream_of(id), patience, responder, is_terminal,
                [&services, id, responder, status, asker] {
                  auto build = services.views.builds().get(id);
                  if (!build) return responder.fail(build.error());
                  if (!*build || (*build)->deleted) {
                    return responder.fail(record_not_found("Actor build"));
                  }
                  // Where its owner builds from is nobody else's business.
                  if (asker == Asker::kStranger) {
                    (*build)->meta.client_ip.clear();
                    (*build)->meta.user_agent.clear();
                  }
                  Response response = data_response(render_build(services, **build), status);
                  if (status == 201) {
                    response.headers.add("Location",
                                         services.public_base_url + "/v2/actor-builds/" + id.str());
                  }
                  responder.send(std::move(response));
                });
}

Response page_of_builds(const Services& services, const Paging& paging,
                        const projections::rows::Page<BuildRow>& page) {
  Json items = Json::array();
  for (const auto& build : page.rows) items.push_back(render_build_short(services, build));
  return list_response(paging, page.total, std::move(items));
}

Answer<Response> list_of_user(const Services& services, const Request& request) {
  TRY(paging, paging_of(request.query));
  TRY(page, wire(services.views.builds().list_of_user(caller_of(request).user_id, paging)));
  return page_of_builds(services, paging, page);
}

Answer<Response> list_of_actor(const Services& services, const Request& request) {
  TRY(actor, find_actor(services, request, Access::kOwn));
  TRY(paging, paging_of(request.query));
  TRY(page, wire(services.views.builds().list_of_actor(actor.id, paging)));
  return page_of_builds(services, paging, page);
}

Answer<engine::build::Create> create_build_command(const Services& services,
                                                   const Request& request) {
  TRY(actor, find_actor(services, request, Access::kOwn));
  const auto version = request.query.find("version");
  if (!version || version->empty()) {
    return refuse(400, "parameter-required", "Query parameter \"version\" is required");
  }
  if (projections::actors::find_version(actor, *version) == nullptr) {
    return refuse(404, "record-not-found",
                  "Actor version \"" + std::string(*version) + "\" was not found");
  }
  TRY(use_cache, wire(request.query.boolean_or("useCache", false)));
  engine::build::Create command;
  command.build_id = draw<BuildId>(services, request, "build");
  command.actor_id = actor.id;
  command.user_id = caller_of(request).user_id;
  command.version_number = *version;
  if (const auto tag = request.query.find("tag"); tag && !tag->empty()) {
    command.tag = std::string(*tag);
  }
  command.use_cache = use_cache;
  TRY(meta, meta_of(services, request));
  command.meta = std::move(meta);
  return command;
}

/// Sent again, a build that was accepted is answered, whatever became of its version.
Answer<engine::build::Create> command_of(const Services& services, const Request& request) {
  if (!was_accepted(services, request)) return create_build_command(services, request);
  engine::build::Create command;
  command.build_id = draw<BuildId>(services, request, "build");
  return command;
}

/// The only limit of a build is its account's memory.
WireError spell_create(const Error& error) {
  WireError spelled = wire_error(error);
  if (error.code == Code::kLimitExceeded) spelled.type = "actor-memory-limit-exceeded";
  return spelled;
}

void create_build(const Services& services, const Request& request, const Responder& responder) {
  const auto command = command_of(services, request);
  if (!command) return responder.fail(command.error());
  submit(
      services, engine::build::Command{*command}, asker_of(request), responder,
      [&services, id = command->build_id, patience = request.query.wait_for_finish(), responder] {
        answer_build(services, id, patience, responder, 201);
      },
      spell_create);
}

void get(const Services& services, FindBuild find, const Request& request,
         const Responder& responder) {
  const auto build = find(services, request);
  if (!build) return responder.fail(build.error());
  const bool own = request.principal && request.principal->user_id == build->user_id;
  answer_build(services, build->id, request.query.wait_for_finish(), responder, 200,
               own ? Asker::kOwner : Asker::kStranger);
}

void abort(const Services& services, FindBuild find, const Request& request,
           const Responder& responder) {
  const auto build = find(services, request);
  if (!build) return responder.fail(build.error());
  submit(services, engine::build::Command{engine::build::Abort{build->id}}, asker_of(request),
         responder, [&services, id = build->id, responder] {
           answer_build(services, id, std::chrono::seconds{0}, responder);
         });
}

WireError spell_delete(const Error& error) {
  WireError spelled = wire_error(error);
  if (error.code == Code::kCannotRemoveRunning) spelled.type = "deleting-unfinished-build";
  return spelled;
}

void remove(const Services& services, FindBuild find, const Request& request,
            const Responder& responder) {
  const auto build = find(services, request);
  if (!build) return responder.fail(build.error());
  submit(
      services, engine::build::Command{engine::build::Delete{build->id, "deleted by its user"}},
      asker_of(request), responder,
      [responder] {
        responder.send({204, {}, {}});
      },
      spell_delete);
}

}  // namespace

void add_build_routes(std::vector<Route>& routes, const Services& services) {
  using Act = void (*)(const Services&, FindBuild, const Request&, const Responder&);
  const auto on = [&](Act act, FindBuild find) -> Handler {
    return [&services, act, find](const Request& request, const Responder& responder) {
      act(services, find, request, responder);
    };
  };
  const auto list = [&](Answer<Response> (*act)(const Services&, const Request&)) {
    return at_once([&services, act](const Request& request) { return act(services, request); });
  };
  routes.push_back({"POST", "/v2/actors/{actorId}/builds",
                    [&services](const Request& request, const Responder& responder) {
                      create_build(services, request, responder);
                    }});
  routes.push_back({"GET", "/v2/actors/{actorId}/builds", list(list_of_actor)});
  routes.push_back({.method = "GET",
                    .pattern = "/v2/actors/{actorId}/builds/default",
                    .handler = on(get, default_build),
                    .auth = AuthMode::kOptional});
  routes.push_back({"GET", "/v2/actors/{actorId}/builds/{buildId}", on(get, by_actor_and_id)});
  routes.push_back(
      {"POST", "/v2/actors/{actorId}/builds/{buildId}/abort", on(abort, by_actor_and_id)});
  routes.push_back({"GET", "/v2/actor-builds", list(list_of_user)});
  routes.push_back({"GET", "/v2/actor-builds/{buildId}", on(get, by_id)});
  routes.push_back({"POST", "/v2/actor-builds/{buildId}/abort", on(abort, by_id)});
  routes.push_back({"DELETE", "/v2/actor-builds/{buildId}", on(remove, by_id)});
}

}  // namespace actuary::adapters::http::api
