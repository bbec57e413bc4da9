#include "adapters/http/api/admin_host.h"

#include "adapters/http/api/admin.h"
#include "adapters/http/api/fields.h"
#include "engine/run/decider.h"

namespace actuary::adapters::http::api {
namespace {

namespace host = engine::host;
namespace run = engine::run;

constexpr auto kWindowDefault = static_cast<std::uint32_t>(run::kMigrationWindowMax.count());

Asker operator_of(const Services& services, const Request& request) {
  return {{PrincipalKind::kUser, services.local_user, TokenId{}, RunId{}, 0}, request.command_id};
}

Answer<RunId> run_of(const Services& services, const Request& request) {
  const auto id = RunId::parse(request.parameter("runId"));
  if (!id) return missing("Actor run");
  TRY(row, wire(services.views.runs().get(*id)));
  if (!row || row->deleted) return missing("Actor run");
  return *id;
}

Json iso_or_null(const std::optional<Instant>& at) {
  return at ? Json(to_iso(at->utc)) : Json(nullptr);
}

/// What keeps an admitted run on this host.
std::string_view phase_of(const run::State& state) {
  const auto* running = std::get_if<run::Running>(&state);
  if (running == nullptr) return run::status_of(state) == "READY" ? "starting" : "stopping";
  switch (running->phase) {
    case run::Phase::kWaiting:
      return "waiting";
    case run::Phase::kStarting:
      return "starting";
    case run::Phase::kReplacing:
      return "stopping";
    case run::Phase::kLive:
      break;
  }
  return running->attempt->migration ? "migrating" : "running";
}

Json run_json(const RunId& id, const run::State& state) {
  const run::Attempt* attempt = run::attempt_of(state);
  std::optional<Instant> stop_at;
  if (attempt != nullptr && attempt->migration) stop_at = attempt->migration->stop_at;
  return {{"id", id.view()},
          {"status", run::status_of(state)},
          {"phase", phase_of(state)},
          {"stopAt", iso_or_null(stop_at)}};
}

Json drain_json(const Services& services) {
  const auto& directory = services.executor.directory();
  const auto window = directory.drain_window();
  Json runs = Json::array();
  for (const RunId& id : directory.admitted_runs()) {
    runs.push_back(run_json(id, services.executor.aggregates().run(id)));
  }
  const bool empty = runs.empty() && directory.builds_running() == 0;
  return {{"draining", window.has_value()},
          {"windowSecs", window ? Json(*window) : Json(nullptr)},
          {"drained", window.has_value() && empty},
          {"runs", std::move(runs)},
          {"buildsRunning", directory.builds_running()},
          {"runsWaiting", directory.waiting_runs().size()},
          {"buildsWaiting", directory.waiting_builds().size()}};
}

Answer<Response> drain_status(const Services& services, const Request&) {
  return data_response(drain_json(services));
}

Answer<host::Drain> drain_wish(const Request& request) {
  TRY(body, body_of(request));
  TRY(window, whole_field(body, "windowSecs"));
  TRY(reason, text_field(body, "reason"));
  return host::Drain{window.value_or(kWindowDefault), reason.value_or(std::string{})};
}

void tell_host(const Services& services, const Request& request, host::Command command,
               const Responder& responder) {
  submit(services, std::move(command), operator_of(services, request), responder,
         [&services, responder] { responder.send(data_response(drain_json(services))); });
}

void drain(const Services& services, const Request& request, const Responder& responder) {
  auto wish = drain_wish(request);
  if (!wish) return responder.fail(wish.error());
  tell_host(services, request, std::move(*wish), responder);
}

void end_drain(const Services& services, const Request& request, const Responder& responder) {
  tell_host(services, request, host::EndDrain{}, responder);
}

/// Answers with where the run is then: `phase` says whether it was told at all.
void tell_run(const Services& services, const Request& request, const RunId& id,
              run::Command command, const Responder& responder) {
  submit(services, std::move(command), operator_of(services, request), responder,
         [&services, id, responder] {
           responder.send(data_response(run_json(id, services.executor.aggregates().run(id))));
         });
}

Answer<run::Migrate> migrate_wish(const Services& services, const Request& request) {
  TRY(id, run_of(services, request));
  TRY(body, body_of(request));
  TRY(window, whole_field(body, "windowSecs"));
  return run::Migrate{id, window.value_or(kWindowDefault)};
}

void migrate(const Services& services, const Request& request, const Responder& responder) {
  const auto wish = migrate_wish(services, request);
  if (!wish) return responder.fail(wish.error());
  tell_run(services, request, wish->run_id, *wish, responder);
}

/// The run, and why it is held or let go.
template <class Wish>
Answer<Wish> hold_wish(const Services& services, const Request& request) {
  TRY(id, run_of(services, request));
  TRY(body, body_of(request));
  TRY(reason, text_field(body, "reason"));
  return Wish{id, reason.value_or(std::string{})};
}

template <class Wish>
void change_hold(const Services& services, const Request& request, const Responder& responder) {
  const auto wish = hold_wish<Wish>(services, request);
  if (!wish) return responder.fail(wish.error());
  const auto answer = [&services, id = wish->run_id, responder] {
    const auto row = services.views.runs().get(id);
    if (!row) return responder.fail(row.error());
    if (!*row) return responder.fail(record_not_found("Actor run"));
    const auto& hold = (*row)->retention_hold;
    responder.send(data_response(
        Json{{"id", id.view()}, {"retentionHold", hold ? Json(*hold) : Json(nullptr)}}));
  };
  submit(services, run::Command{*wish}, operator_of(services, request), responder, answer);
}

}  // namespace

void add_host_routes(std::vector<Route>& routes, const Services& services) {
  const auto later = [&](void (*act)(const Services&, const Request&, const Responder&)) {
    return [&services, act](const Request& request, const Responder& responder) {
      act(services, request, responder);
    };
  };
  const auto status =
      at_once([&services](const Request& request) { return drain_status(services, request); });
  routes.push_back(local_only("GET", "/actuary/v1/drain", status));
  routes.push_back(local_only("POST", "/actuary/v1/drain", later(drain)));
  routes.push_back(local_only("DELETE", "/actuary/v1/drain", later(end_drain)));
  routes.push_back(local_only("POST", "/actuary/v1/runs/{runId}/migrate", later(migrate)));
  routes.push_back(
      local_only("POST", "/actuary/v1/runs/{runId}/hold", later(change_hold<run::PlaceHold>)));
  routes.push_back(
      local_only("POST", "/actuary/v1/runs/{runId}/release", later(change_hold<run::LiftHold>)));
}

}  // namespace actuary::adapters::http::api
