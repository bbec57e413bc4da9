#include "adapters/http/api/history.h"

#include <memory>

#include "adapters/http/api/admin.h"
#include "adapters/http/api/personal.h"
#include "adapters/http/api/render.h"
#include "adapters/http/api/render_history.h"
#include "journal/codec/to_json.h"
#include "projections/history/history.h"

namespace actuary::adapters::http::api {
namespace {

using projections::history::History;
using projections::history::Moment;

constexpr std::string_view kRun = "Actor run";

/// What was asked for, or the present.
Answer<Moment> moment_of(const Services& services, std::string_view name, std::string_view text) {
  const History history(services.journal);
  if (text.empty()) return wire(history.now());
  const auto named = [&](const Error& error) {
    return refuse(400, "invalid-parameter", std::string(name) + ": " + error.detail);
  };
  const auto when = projections::history::parse_when(text, services.clock.now().utc);
  if (!when) return named(when.error());
  auto moment = history.find(*when);
  if (moment) return *moment;
  if (moment.error().code == Code::kInvalidArgument) return named(moment.error());
  if (moment.error().code == Code::kNotFound) return missing(kRun);
  return wire(std::move(moment));
}

Answer<Moment> moment_of(const Services& services, const Request& request) {
  return moment_of(services, "at", request.query.find("at").value_or(""));
}

Answer<RunId> run_of(const Request& request, std::string_view parameter) {
  const auto id = RunId::parse(request.parameter(parameter));
  if (!id) return missing(kRun);
  return *id;
}

/// Spliced as text: positions are exact 64-bit numbers there.
template <class T>
Response spliced(const T& value) {
  return {200,
          {{"Content-Type", "application/json; charset=utf-8"}},
          R"({"data":)" + journal::codec::to_json(value) + "}"};
}

Json shown_at(const Services& services, const projections::history::RunAt& was) {
  Json shown = render_run_at(was, container_url(services, was.run));
  shown["meta"] = render_meta(opened(services, was.run.meta), was.run.personal_erased_at);
  return shown;
}

Answer<Response> state(const Services& services, const Request& request) {
  TRY(id, run_of(request, "runId"));
  TRY(moment, moment_of(services, request));
  TRY(was, wire(History(services.journal).run(id, moment)));
  return data_response(shown_at(services, was));
}

Answer<Response> explain(const Services& services, const Request& request) {
  TRY(id, run_of(request, "runId"));
  TRY(moment, moment_of(services, request));
  const auto name_of = [&](const UserId& user, const std::string& stored) {
    return engine::ports::shown_name(services.secrets, stored, user);
  };
  TRY(explanation, wire(History(services.journal).explain(id, moment, name_of)));
  return spliced(explanation);
}

Answer<Response> diff(const Services& services, const Request& request) {
  TRY(left, run_of(request, "leftId"));
  TRY(right, run_of(request, "rightId"));
  TRY(difference, wire(History(services.journal).diff(left, right)));
  return spliced(difference);
}

/// It reads the journal from its beginning, so it does that aside.
void fleet(const Services& services, const Request& request, const Responder& responder) {
  const auto moment = moment_of(services, request);
  if (!moment) return responder.fail(moment.error());
  projections::history::FleetWish wish;
  wish.statuses = request.query.list("status");
  wish.progress = [closing = services.closing](Position) { return !closing || !closing(); };
  const auto found = std::make_shared<Result<projections::history::Fleet>>();
  const auto work = [&journal = services.journal, moment = *moment, wish = std::move(wish), found] {
    *found = History(journal).fleet(moment, wish);
  };
  const auto done = [found, responder] {
    if (!*found) return responder.fail(wire_error(found->error()));
    responder.send(spliced(**found));
  };
  if (!services.aside) {
    work();
    return done();
  }
  if (const Status begun = services.aside(work, done); !begun) {
    responder.fail(WireError{503, "service-unavailable", begun.error().detail, {}});
  }
}

}  // namespace

Answer<Json> run_as_of(const Services& services, const RunId& id, std::string_view as_of) {
  TRY(moment, moment_of(services, "asOf", as_of));
  const auto was = History(services.journal).run(id, moment);
  if (!was && was.error().code == Code::kNotFound) return missing(kRun);
  TRY(run, wire(was));
  return shown_at(services, run);
}

void add_history_routes(std::vector<Route>& routes, const Services& services) {
  const auto now = [&](Answer<Response> (*act)(const Services&, const Request&)) {
    return at_once([&services, act](const Request& request) { return act(services, request); });
  };
  routes.push_back(local_only("GET", "/actuary/v1/state/{runId}", now(state)));
  routes.push_back(local_only("GET", "/actuary/v1/explain/{runId}", now(explain)));
  routes.push_back(local_only("GET", "/actuary/v1/diff/{leftId}/{rightId}", now(diff)));
  routes.push_back(local_only("GET", "/actuary/v1/fleet",
                              [&services](const Request& request, const Responder& responder) {
                                fleet(services, request, responder);
                              }));
}

}  // namespace actuary::adapters::http::api
