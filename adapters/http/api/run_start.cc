#include <charconv>
#include <cmath>

#include "adapters/http/api/command_key.h"
#include "adapters/http/api/input.h"
#include "adapters/http/api/lookup.h"
#include "adapters/http/api/personal.h"
#include "adapters/http/api/runs.h"
#include "engine/policy/charging.h"
#include "engine/policy/options.h"

namespace actuary::adapters::http::api {
namespace {

constexpr std::string_view kInputKey = "INPUT";

Answer<std::optional<std::uint32_t>> whole(const Query& query, std::string_view name) {
  TRY(value, wire(query.integer(name, 0, UINT32_MAX)));
  if (!value) return std::nullopt;
  return static_cast<std::uint32_t>(*value);
}

Answer<std::optional<double>> charge_limit(const Query& query) {
  const auto text = query.find("maxTotalChargeUsd");
  if (!text || text->empty()) return std::nullopt;
  double value = 0;
  const auto [end, problem] = std::from_chars(text->data(), text->data() + text->size(), value);
  // `inf` and `nan` are numbers to C++.
  if (problem != std::errc{} || end != text->data() + text->size() || !std::isfinite(value)) {
    return refuse(400, "invalid-value", "maxTotalChargeUsd must be a number");
  }
  if (value > 0) return value;
  return refuse(400, "max-total-charge-usd-must-be-greater-than-zero",
                "maxTotalChargeUsd must be greater than zero");
}

/// All that can be refused is refused before anything is written.
struct Plan {
  engine::run::Start command;
  engine::ports::KeyValueRecord input;
};

Answer<std::string> input_schema_of(const Services& services, const ActorId& actor_id,
                                    const engine::run::RequestedOptions& requested) {
  const auto* actor = services.executor.directory().find_actor(actor_id);
  if (actor == nullptr) return missing("Actor");
  TRY(options, wire(engine::policy::resolve(requested, actor->default_options)));
  TRY(build_id, resolve_build(services, actor_id, options.build));
  TRY(build, wire(services.views.builds().get(build_id)));
  return build ? std::move(build->input_schema) : std::string{};
}

/// The decision would refuse it too, but clients know it by its type.
Answer<void> check_money(const Services& services, const ActorId& actor_id,
                         const engine::run::RequestedOptions& requested) {
  const auto* actor = services.executor.directory().find_actor(actor_id);
  if (actor == nullptr) return missing("Actor");
  const auto* pricing = engine::policy::pricing_at(actor->pricings, services.clock.now());
  if (pricing == nullptr) return {};
  TRY(options, wire(engine::policy::resolve(requested, actor->default_options)));
  const Status enough = engine::policy::check_charge_limit(options, *pricing);
  if (enough) return {};
  return refuse(400, "max-total-charge-usd-below-minimum", enough.error().detail);
}

Answer<Plan> plan(const Services& services, Request& request) {
  TRY(actor, find_actor(services, request, Access::kOwn));
  Plan plan;
  TRY(options, requested_options(request.query));
  TRY(schema, input_schema_of(services, actor.id, options));
  TRY_VOID(check_money(services, actor.id, options));
  TRY(input, read_input(request.headers.get("Content-Type"), std::move(request.body), schema));
  TRY(meta, meta_of(services, request));
  plan.command = {draw<RunId>(services, request, "run"),
                  actor.id,
                  caller_of(request).user_id,
                  draw<StorageId>(services, request, "key-value store"),
                  draw<StorageId>(services, request, "dataset"),
                  draw<StorageId>(services, request, "request queue"),
                  std::string(kInputKey),
                  input.body.size(),
                  std::move(options),
                  std::move(meta)};
  plan.input = {std::move(input.content_type), {}, std::move(input.body)};
  return plan;
}

/// Sent again, a run that was accepted is answered, whatever became of its build; and the input
/// that it may have changed stays as it is.
Answer<Plan> plan_or_repeat(const Services& services, Request& request) {
  if (!was_accepted(services, request)) return plan(services, request);
  Plan repeated;
  repeated.command.run_id = draw<RunId>(services, request, "run");
  return repeated;
}

void start(const Services& services, Request request, const Responder& responder) {
  auto planned = plan_or_repeat(services, request);
  if (!planned) return responder.fail(planned.error());
  const auto launch = [&services, asker = asker_of(request), responder,
                       patience = request.query.wait_for_finish(), command = planned->command] {
    submit(
        services, engine::run::Command{command}, asker, responder,
        [&services, id = command.run_id, patience, responder] {
          answer_run(services, id, patience, responder, 201);
        },
        [&services, asker, id = command.key_value_store_id](const Error& error) {
          // The store stays where the run perhaps exists, or will when the client tries again.
          const bool perhaps = error.code == Code::kStorageFailed || !asker.command_id.nil();
          if (!perhaps) services.storages.drop(id, [](const Status&) {});
          return spell_start(error);
        });
  };
  if (planned->input.value.empty()) return launch();
  services.storages.put_record(planned->command.key_value_store_id, std::string(kInputKey),
                               std::move(planned->input), std::nullopt,
                               [responder, launch](const Status& written) {
                                 written ? launch() : responder.fail(written.error());
                               });
}

}  // namespace

WireError spell_start(const Error& error) {
  WireError spelled = wire_error(error);
  if (error.code == Code::kBuildNotFinished) spelled.type = "invalid-build";
  if (error.code == Code::kLimitExceeded) spelled.type = "actor-memory-limit-exceeded";
  return spelled;
}

Answer<BuildId> resolve_build(const Services& services, const ActorId& actor,
                              std::string_view tag_or_number) {
  const auto build = services.executor.directory().resolve_build(actor, tag_or_number);
  if (build) return *build;
  WireError spelled = spell_start(build.error());
  if (build.error().code == Code::kNotFound) spelled.type = "build-not-found";
  return tl::make_unexpected(std::move(spelled));
}

Answer<engine::run::RequestedOptions> requested_options(const Query& query) {
  engine::run::RequestedOptions options;
  if (const auto build = query.find("build"); build && !build->empty()) {
    options.build = std::string(*build);
  }
  TRY(timeout, whole(query, "timeout"));
  TRY(memory, whole(query, "memory"));
  TRY(restart, wire(query.boolean("restartOnError")));
  TRY(max_items, wire(query.integer("maxItems", INT64_MIN, INT64_MAX)));
  TRY(charge, charge_limit(query));
  TRY(priority, wire(query.integer("priority", 0, engine::policy::kPriorityMax)));
  if (max_items && *max_items <= 0) {
    return refuse(400, "max-items-must-be-greater-than-zero", "maxItems must be greater than zero");
  }
  options.timeout_secs = timeout;
  options.memory_mbytes = memory;
  options.restart_on_error = restart;
  if (max_items) options.max_items = static_cast<std::uint64_t>(*max_items);
  options.max_total_charge_usd = charge;
  if (priority) options.priority = static_cast<std::uint32_t>(*priority);
  if (memory) TRY_VOID(wire(engine::policy::check_memory(*memory)));
  return options;
}

void add_run_start_routes(std::vector<Route>& routes, const Services& services) {
  routes.push_back({"POST", "/v2/actors/{actorId}/runs",
                    [&services](Request request, const Responder& responder) {
                      start(services, std::move(request), responder);
                    }});
}

}  // namespace actuary::adapters::http::api
