#include <algorithm>

#include "engine/directory/directory.h"
#include "engine/policy/account_limits.h"
#include "engine/policy/charging.h"
#include "engine/policy/options.h"
#include "engine/run/decider.h"
#include "engine/run/on_stream.h"

/// What a run begins with: at its start, and again at a resurrection.
namespace actuary::engine::run {
namespace {

/// What the host can never give is refused, so that nothing waits for ever.
Status check_capacity(const events::RunOptions& options, const ports::Capacity& capacity) {
  const auto exceeded = [](std::string_view what, std::uint64_t limit) {
    return fail(Code::kLimitExceeded, "By launching this job you will exceed the " +
                                          std::string(what) + " limit of " + std::to_string(limit) +
                                          " MB for all your Actor runs and builds.");
  };
  if (options.memory_mbytes > capacity.memory_mbytes)
    return exceeded("memory", capacity.memory_mbytes);
  if (options.disk_mbytes > capacity.disk_mbytes) return exceeded("disk", capacity.disk_mbytes);
  return {};
}

/// What is spent is not given again.
Status check_money(const Facts& facts, const events::RunOptions& options) {
  if (facts.charges.nano_usd < policy::charge_limit(options)) return {};
  return fail(Code::kInvalidArgument,
              "The run has been charged as much as it may. Give it a higher maxTotalChargeUsd.");
}

/// How long it may wait for room.
std::optional<Instant> wait_until(const Context& context) {
  const std::uint32_t seconds = context.settings.waiting_secs_max;
  return seconds == 0 ? std::nullopt : std::optional(context.now + Seconds{seconds});
}

/// What the platform itself charges for a start, where the Actor has a price for it.
std::optional<events::RunCharged> charge_of_start(const events::RunCreated& run) {
  constexpr std::uint32_t kGigabyte = 1024;
  const bool paid = run.pricing && run.pricing->model == events::PricingModel::kPayPerEvent;
  const auto* price = paid ? policy::find_price(*run.pricing, policy::kStartEvent) : nullptr;
  if (price == nullptr) return std::nullopt;
  const std::uint64_t count = std::max(run.options.memory_mbytes / kGigabyte, 1U);
  return events::RunCharged{price->event_name, count, price->nano_usd};
}

}  // namespace

Decision decide(const Absent&, const Start& command, const Context& context) {
  const directory::ActorFacts* actor = context.directory.find_actor(command.actor_id);
  if (actor == nullptr) return fail(Code::kNotFound, "Actor was not found");
  if (context.directory.waiting_runs().size() >= context.settings.waiting_runs_max) {
    return fail(Code::kUnavailable, "Too many runs are waiting. Try again later.");
  }
  TRY(options, policy::resolve(command.options, actor->default_options));
  TRY(build_id, context.directory.resolve_build(command.actor_id, options.build));
  TRY_VOID(check_capacity(options, context.settings.capacity));
  TRY_VOID(policy::may_launch_run(context, command.user_id, options.memory_mbytes));
  const directory::BuildFacts& build = *context.directory.find_build(build_id);
  events::RunCreated created{command.run_id,
                             command.actor_id,
                             command.user_id,
                             build_id,
                             build.number,
                             *build.image,
                             options,
                             build.env_vars,
                             command.key_value_store_id,
                             command.dataset_id,
                             command.request_queue_id,
                             command.input_key,
                             command.input_bytes,
                             command.meta,
                             {},
                             wait_until(context)};
  if (const auto* pricing = policy::pricing_at(actor->pricings, context.now)) {
    TRY_VOID(policy::check_charge_limit(options, *pricing));
    created.pricing = *pricing;
  }
  Events result{{stream_of(command.run_id), created}};
  if (auto charged = charge_of_start(created)) {
    result.push_back({stream_of(command.run_id), std::move(*charged)});
  }
  const auto bind = [&](const StorageId& id, events::StorageKind kind) {
    result.push_back({stream_of(id), events::StorageCreated{id, kind, command.user_id, "", "",
                                                            command.run_id, command.actor_id}});
  };
  bind(command.key_value_store_id, events::StorageKind::kKeyValueStore);
  bind(command.dataset_id, events::StorageKind::kDataset);
  bind(command.request_queue_id, events::StorageKind::kRequestQueue);
  return result;
}

/// The exact build that the run used, unless another is asked for.
Decision decide(const Finished& s, const Resurrect& command, const Context& context) {
  TRY(options, policy::resolve(command.options, s.facts.options));
  TRY_VOID(check_capacity(options, context.settings.capacity));
  TRY_VOID(policy::may_launch_run(context, context.principal.user_id, options.memory_mbytes));
  TRY_VOID(check_money(s.facts, options));
  events::RunResurrected event{s.facts.build_id, s.facts.build_number, s.facts.image,      options,
                               s.facts.env_vars, command.meta,         wait_until(context)};
  if (command.options.build) {
    TRY(build_id, context.directory.resolve_build(s.facts.actor_id, *command.options.build));
    const directory::BuildFacts& build = *context.directory.find_build(build_id);
    event.build_id = build_id;
    event.build_number = build.number;
    event.image = *build.image;
    event.env_vars = build.env_vars;
  }
  return on(s.facts, event);
}

}  // namespace actuary::engine::run
