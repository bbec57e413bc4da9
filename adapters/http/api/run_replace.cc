#include <memory>
#include <set>

#include "adapters/http/api/command_key.h"
#include "adapters/http/api/input.h"
#include "adapters/http/api/lookup.h"
#include "adapters/http/api/runs.h"
#include "engine/policy/charging.h"
#include "engine/policy/options.h"
#include "engine/run/decider.h"

namespace actuary::adapters::http::api {
namespace {

using projections::runs::RunRow;
void reboot(const Services& services, FindRun find, const Request& request,
            const Responder& responder) {
  const auto run = find(services, request);
  if (!run) return responder.fail(run.error());
  submit(services, engine::run::Command{engine::run::Reboot{run->id}}, asker_of(request), responder,
         [&services, id = run->id, responder] {
           answer_run(services, id, std::chrono::seconds{0}, responder);
         });
}

/// All that can be refused is refused before the input is written.
struct Replacement {
  engine::run::Metamorph command;
  StorageId store;
  engine::ports::KeyValueRecord input;
};

WireError too_many_metamorphs() {
  return {400,
          "max-metamorphs-exceeded",
          "A run can metamorph at most " + std::to_string(engine::run::kMetamorphsMax) + " times.",
          {}};
}

WireError another_container() {
  return {503,
          "service-unavailable",
          "The run is just getting another container. Try again in a moment.",
          {}};
}

/// What the decision would refuse too, but then the input would be there already.
Answer<void> may_metamorph(const Services& services, const RunRow& run,
                           const engine::directory::ActorFacts& target) {
  if (projections::runs::is_terminal(run.status)) {
    return refuse(400, "job-finished", "The Actor run has already finished.");
  }
  if (engine::run::is_being_replaced(services.executor.aggregates().run(run.id))) {
    return tl::make_unexpected(another_container());
  }
  if (run.metamorphs.size() >= engine::run::kMetamorphsMax) {
    return tl::make_unexpected(too_many_metamorphs());
  }
  const auto* pricing = engine::policy::pricing_at(target.pricings, services.clock.now());
  if (pricing == nullptr || pricing->model != events::PricingModel::kPricePerDatasetItem) return {};
  return refuse(400, "cannot-metamorph-to-pay-per-result-actor",
                "A run cannot metamorph into an Actor that is paid per result.");
}

Answer<std::string> input_schema_of(const Services& services, const ActorId& actor_id,
                                    const engine::directory::ActorFacts& actor,
                                    const std::string& wanted) {
  engine::run::RequestedOptions wish;
  if (!wanted.empty()) wish.build = wanted;
  TRY(options, wire(engine::policy::resolve(wish, actor.default_options)));
  TRY(build_id, resolve_build(services, actor_id, options.build));
  TRY(build, wire(services.views.builds().get(build_id)));
  return build ? std::move(build->input_schema) : std::string{};
}

Answer<Replacement> plan(const Services& services, const RunRow& run, Request& request) {
  const auto target = request.query.find("targetActorId");
  if (!target || target->empty()) {
    return refuse(400, "invalid-parameter", "targetActorId is missing: the Actor to become");
  }
  TRY(row, find_actor_by(services, request, *target, Access::kOwn));
  const auto* actor = services.executor.directory().find_actor(row.id);
  if (actor == nullptr) return missing("Actor");
  TRY_VOID(may_metamorph(services, run, *actor));
  const std::string build(request.query.find("build").value_or(std::string_view{}));
  TRY(schema, input_schema_of(services, row.id, *actor, build));
  TRY(input, read_input(request.headers.get("Content-Type"), std::move(request.body), schema));
  const auto* facts = engine::run::facts_of(services.executor.aggregates().run(run.id));
  if (facts == nullptr) return missing("Actor run");
  return Replacement{{run.id, row.id, build, engine::run::metamorph_input_key(*facts)},
                     run.key_value_store_id,
                     {std::move(input.content_type), {}, std::move(input.body)}};
}

WireError spell_metamorph(const Error& error) {
  if (error.code == Code::kLimitExceeded) return too_many_metamorphs();
  return spell_start(error);
}

/// Runs whose next input is being written: a second one must not write over it.
using Busy = std::shared_ptr<std::set<RunId>>;

/// Exists for as long as somebody may still answer.
class Hold {
 public:
  Hold(Busy busy, const RunId& id) : busy_(std::move(busy)), id_(id) {}
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;
  ~Hold() { busy_->erase(id_); }

  /// Null when another one exists for that run.
  static std::shared_ptr<const Hold> take(const Busy& busy, const RunId& id) {
    return busy->insert(id).second ? std::make_shared<const Hold>(busy, id) : nullptr;
  }

 private:
  Busy busy_;
  RunId id_;
};

void metamorph(const Services& services, const Busy& busy, FindRun find, Request request,
               const Responder& responder) {
  const auto run = find(services, request);
  if (!run) return responder.fail(run.error());
  const auto answer = [&services, id = run->id, responder] {
    answer_run(services, id, std::chrono::seconds{0}, responder);
  };
  // Sent again: what the run has become since is no reason to refuse it, or to write its input.
  if (was_accepted(services, request)) return answer();
  const auto held = Hold::take(busy, run->id);
  if (!held) return responder.fail(another_container());
  auto planned = plan(services, *run, request);
  if (!planned) return responder.fail(planned.error());
  const auto go = [&services, asker = asker_of(request), responder, answer, held,
                   command = planned->command](const Status& written) {
    if (!written && written.error().code != Code::kNotFound) return responder.fail(written.error());
    submit(
        services, engine::run::Command{command}, asker, responder, [answer, held] { answer(); },
        spell_metamorph);
  };
  // Without an input there must be none, not even one that an attempt that failed has left.
  auto& input = planned->input;
  if (input.value.empty()) {
    return services.storages.delete_record(planned->store, planned->command.input_key, std::nullopt,
                                           go);
  }
  services.storages.put_record(planned->store, planned->command.input_key, std::move(input),
                               std::nullopt, go);
}

}  // namespace

void add_run_replace_routes(std::vector<Route>& routes, const Services& services) {
  const auto on_reboot = [&](FindRun find) -> Handler {
    return [&services, find](const Request& request, const Responder& responder) {
      reboot(services, find, request, responder);
    };
  };
  const auto on_metamorph = [&,
                             busy = std::make_shared<std::set<RunId>>()](FindRun find) -> Handler {
    return [&services, busy, find](Request request, const Responder& responder) {
      metamorph(services, busy, find, std::move(request), responder);
    };
  };
  routes.push_back({"POST", "/v2/actor-runs/{runId}/reboot", on_reboot(run_by_id)});
  routes.push_back({"POST", "/v2/actors/{actorId}/runs/last/reboot", on_reboot(find_last_run)});
  routes.push_back({"POST", "/v2/actor-runs/{runId}/metamorph", on_metamorph(run_by_id)});
  routes.push_back(
      {"POST", "/v2/actors/{actorId}/runs/last/metamorph", on_metamorph(find_last_run)});
  routes.push_back(
      {"POST", "/v2/actors/{actorId}/runs/{runId}/metamorph", on_metamorph(run_of_actor)});
}

}  // namespace actuary::adapters::http::api
