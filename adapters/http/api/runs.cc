#include "adapters/http/api/runs.h"

#include "adapters/http/api/history.h"
#include "adapters/http/api/lookup.h"
#include "adapters/http/api/personal.h"
#include "adapters/http/api/render.h"
#include "adapters/http/api/wait.h"

namespace actuary::adapters::http::api {
namespace {

using projections::runs::RunFilter;
using projections::runs::RunRow;

constexpr std::size_t kStatusMessageBytesMax = 16UL * 1024;

Answer<std::optional<Timestamp>> time_of(const Query& query, std::string_view name) {
  const auto text = query.find(name);
  if (!text || text->empty()) return std::nullopt;
  const auto at = parse_iso(*text);
  if (at) return std::optional(*at);
  return refuse(400, "invalid-parameter",
                std::string(name) + ": \"" + std::string(*text) + "\" is not an ISO 8601 time");
}

Answer<RunFilter> filter_of(const Query& query) {
  RunFilter filter;
  filter.statuses = query.list("status");
  TRY(after, time_of(query, "startedAfter"));
  TRY(before, time_of(query, "startedBefore"));
  filter.started_after = after;
  filter.started_before = before;
  return filter;
}

Response page_of_runs(const Services& services, const Paging& paging,
                      const projections::rows::Page<RunRow>& page) {
  Json items = Json::array();
  for (const auto& run : page.rows) items.push_back(render_run_short(services, run));
  return list_response(paging, page.total, std::move(items));
}

Answer<Response> list_of_user(const Services& services, const Request& request) {
  TRY(paging, paging_of(request.query));
  TRY(filter, filter_of(request.query));
  const auto& user = caller_of(request).user_id;
  TRY(page, wire(services.views.runs().list_of_user(user, filter, paging)));
  return page_of_runs(services, paging, page);
}

Answer<Response> list_of_actor(const Services& services, const Request& request) {
  TRY(actor, find_actor(services, request, Access::kOwn));
  TRY(paging, paging_of(request.query));
  TRY(filter, filter_of(request.query));
  TRY(page, wire(services.views.runs().list_of_actor(actor.id, filter, paging)));
  return page_of_runs(services, paging, page);
}

void get(const Services& services, FindRun find, const Request& request,
         const Responder& responder) {
  const auto run = find(services, request);
  if (!run) return responder.fail(run.error());
  if (const auto as_of = request.query.find("asOf"); as_of && !as_of->empty()) {
    const auto was = run_as_of(services, run->id, *as_of);
    return was ? responder.send(data_response(*was)) : responder.fail(was.error());
  }
  answer_run(services, run->id, request.query.wait_for_finish(), responder);
}

void abort(const Services& services, FindRun find, const Request& request,
           const Responder& responder) {
  const auto run = find(services, request);
  if (!run) return responder.fail(run.error());
  const auto gracefully = request.query.boolean_or("gracefully", false);
  if (!gracefully) return responder.fail(gracefully.error());
  const auto mode =
      *gracefully ? engine::run::AbortMode::kGraceful : engine::run::AbortMode::kImmediate;
  submit(services, engine::run::Command{engine::run::Abort{run->id, mode}}, asker_of(request),
         responder, [&services, id = run->id, responder] {
           answer_run(services, id, std::chrono::seconds{0}, responder);
         });
}

void resurrect(const Services& services, FindRun find, const Request& request,
               const Responder& responder) {
  const auto run = find(services, request);
  if (!run) return responder.fail(run.error());
  const auto options = requested_options(request.query);
  if (!options) return responder.fail(options.error());
  if (options->build) {
    const auto& became = run->metamorphs;
    const ActorId& actor = became.empty() ? run->actor_id : became.back().actor_id;
    const auto build = resolve_build(services, actor, *options->build);
    if (!build) return responder.fail(build.error());
  }
  const auto meta = meta_of(services, request, run->meta);
  if (!meta) return responder.fail(meta.error());
  submit(
      services, engine::run::Command{engine::run::Resurrect{run->id, *options, *meta}},
      asker_of(request), responder,
      [&services, id = run->id, responder] {
        answer_run(services, id, std::chrono::seconds{0}, responder);
      },
      spell_start);
}

Answer<std::optional<engine::run::SetStatusMessage>> message_of(const Request& request,
                                                                const RunRow& run) {
  TRY(body, body_of(request));
  engine::run::SetStatusMessage command{run.id, run.status_message, std::nullopt};
  const auto text = body.find("statusMessage");
  const auto terminal = body.find("isStatusMessageTerminal");
  const bool has_text = text != body.end() && !text->is_null();
  const bool has_terminal = terminal != body.end() && !terminal->is_null();
  if (has_text && !text->is_string()) {
    return refuse(400, "invalid-value", "statusMessage must be a string");
  }
  if (has_terminal && !terminal->is_boolean()) {
    return refuse(400, "invalid-value", "isStatusMessageTerminal must be a boolean");
  }
  if (!has_text && !has_terminal) return std::nullopt;
  if (has_text) command.message = text->get<std::string>();
  if (has_terminal) command.is_terminal = terminal->get<bool>();
  if (command.message.size() <= kStatusMessageBytesMax) return command;
  return refuse(400, "invalid-value",
                "statusMessage has at most " + std::to_string(kStatusMessageBytesMax) + " bytes");
}

void update(const Services& services, const Request& request, const Responder& responder) {
  const auto run = run_by_id(services, request);
  if (!run) return responder.fail(run.error());
  const auto command = message_of(request, *run);
  if (!command) return responder.fail(command.error());
  const auto answer = [&services, id = run->id, responder] {
    answer_run(services, id, std::chrono::seconds{0}, responder);
  };
  if (!*command) return answer();
  submit(services, engine::run::Command{**command}, asker_of(request), responder, answer);
}

void remove(const Services& services, const Request& request, const Responder& responder) {
  const auto run = run_by_id(services, request);
  if (!run) return responder.fail(run.error());
  submit(services, engine::run::Command{engine::run::Delete{run->id, "deleted by its user"}},
         asker_of(request), responder, [responder] {
           responder.send({204, {}, {}});
         });
}

}  // namespace

void answer_run(const Services& services, const RunId& id, std::chrono::seconds patience,
                const Responder& responder, int status) {
  const auto is_terminal = [&services, id] {
    const auto run = services.views.runs().get(id);
    return !run || !*run || (*run)->deleted || projections::runs::is_terminal((*run)->status);
  };
  when_terminal(services, stream_of(id), patience, responder, is_terminal,
                [&services, id, responder, status] {
                  const auto run = services.views.runs().get(id);
                  if (!run) return responder.fail(run.error());
                  if (!*run || (*run)->deleted) {
                    return responder.fail(record_not_found("Actor run"));
                  }
                  Response response = data_response(render_run(services, **run), status);
                  if (status == 201) {
                    response.headers.add("Location",
                                         services.public_base_url + "/v2/actor-runs/" + id.str());
                  }
                  responder.send(std::move(response));
                });
}

void add_run_routes(std::vector<Route>& routes, const Services& services) {
  using Act = void (*)(const Services&, FindRun, const Request&, const Responder&);
  const auto on = [&](Act act, FindRun find) -> Handler {
    return [&services, act, find](const Request& request, const Responder& responder) {
      act(services, find, request, responder);
    };
  };
  const auto simple = [&](void (*act)(const Services&, const Request&, const Responder&)) {
    return [&services, act](const Request& request, const Responder& responder) {
      act(services, request, responder);
    };
  };
  const auto list = [&](Answer<Response> (*act)(const Services&, const Request&)) {
    return at_once([&services, act](const Request& request) { return act(services, request); });
  };
  add_run_start_routes(routes, services);
  add_run_replace_routes(routes, services);
  add_run_charge_routes(routes, services);
  routes.push_back({"GET", "/v2/actors/{actorId}/runs", list(list_of_actor)});
  routes.push_back({"GET", "/v2/actor-runs", list(list_of_user)});
  routes.push_back({"GET", "/v2/actor-runs/{runId}", on(get, run_by_id)});
  routes.push_back({"PUT", "/v2/actor-runs/{runId}", simple(update)});
  routes.push_back({"DELETE", "/v2/actor-runs/{runId}", simple(remove)});
  routes.push_back({"POST", "/v2/actor-runs/{runId}/abort", on(abort, run_by_id)});
  routes.push_back({"POST", "/v2/actor-runs/{runId}/resurrect", on(resurrect, run_by_id)});
  routes.push_back({"GET", "/v2/actors/{actorId}/runs/last", on(get, find_last_run)});
  routes.push_back({"POST", "/v2/actors/{actorId}/runs/last/abort", on(abort, find_last_run)});
  routes.push_back({"GET", "/v2/actors/{actorId}/runs/{runId}", on(get, run_of_actor)});
  routes.push_back({"POST", "/v2/actors/{actorId}/runs/{runId}/abort", on(abort, run_of_actor)});
  routes.push_back(
      {"POST", "/v2/actors/{actorId}/runs/{runId}/resurrect", on(resurrect, run_of_actor)});
}

}  // namespace actuary::adapters::http::api
