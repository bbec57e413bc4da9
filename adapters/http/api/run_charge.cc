#include "adapters/http/api/fields.h"
#include "adapters/http/api/lookup.h"
#include "adapters/http/api/runs.h"
#include "engine/policy/charging.h"

namespace actuary::adapters::http::api {
namespace {

/// The engine decides; here is only what clients tell apart.
WireError spell_charge(const Error& error, const std::string& event_name) {
  WireError spelled = wire_error(error);
  if (error.code == Code::kLimitExceeded) spelled.status = 400;
  if (error.code == Code::kInvalidArgument &&
      event_name.starts_with(engine::policy::kOwnEventPrefix)) {
    spelled.type = "cannot-charge-apify-event";
  }
  return spelled;
}

Answer<engine::run::Charge> charge_of(const Services& services, const Request& request) {
  TRY(run, find_run(services, caller_of(request), request.parameter("runId")));
  TRY(body, body_of(request));
  TRY(event_name, text_field(body, "eventName"));
  TRY(count, whole_field(body, "count"));
  if (!event_name || event_name->empty()) {
    return refuse(400, "invalid-value", "eventName is missing: the event to charge for");
  }
  if (!count) return refuse(400, "invalid-value", "count is missing: how often it happened");
  if (run.pricing_model != events::PricingModel::kPayPerEvent) {
    return refuse(400, "cannot-charge-non-pay-per-event-actor",
                  "The Actor of this run is not paid per event.");
  }
  return engine::run::Charge{run.id, std::move(*event_name), *count};
}

void charge(const Services& services, const Request& request, const Responder& responder) {
  auto command = charge_of(services, request);
  if (!command) return responder.fail(command.error());
  submit(
      services, engine::run::Command{*command}, asker_of(request), responder,
      [responder] { responder.send(json_response(Json::object(), 201)); },
      [name = command->event_name](const Error& error) { return spell_charge(error, name); });
}

}  // namespace

void add_run_charge_routes(std::vector<Route>& routes, const Services& services) {
  routes.push_back({"POST", "/v2/actor-runs/{runId}/charge",
                    [&services](const Request& request, const Responder& responder) {
                      charge(services, request, responder);
                    }});
}

}  // namespace actuary::adapters::http::api
