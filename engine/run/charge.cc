#include "engine/policy/charging.h"
#include "engine/run/decider.h"
#include "engine/run/on_stream.h"

/// What a run's Actor asks its user to pay for.
namespace actuary::engine::run {
namespace {

Status may_charge(const Facts& facts, const Charge& command, const Context& context) {
  const Principal& who = context.principal;
  if (who.kind == PrincipalKind::kRun && who.run_id != facts.run_id) {
    return fail(Code::kForbidden, "A run can only charge for itself.");
  }
  const auto& pricing = facts.charges.pricing;
  if (!pricing || pricing->model != events::PricingModel::kPayPerEvent) {
    return fail(Code::kInvalidArgument, "The Actor of this run is not paid per event.");
  }
  if (command.event_name.starts_with(policy::kOwnEventPrefix)) {
    return fail(Code::kInvalidArgument, "Events that begin with \"" +
                                            std::string(policy::kOwnEventPrefix) +
                                            "\" are charged by the platform only.");
  }
  if (command.count == 0 || command.count > policy::kChargeCountMax) {
    return fail(Code::kInvalidArgument,
                "count must be from 1 to " + std::to_string(policy::kChargeCountMax));
  }
  if (policy::find_price(*pricing, command.event_name) != nullptr) return {};
  return fail(Code::kInvalidArgument,
              "The Actor of this run has no event \"" + command.event_name + "\".");
}

/// Also beyond the limit: what was done is counted, and the run is stopped for it.
Decision charge(const Facts& facts, const Charge& command, const Context& context) {
  TRY_VOID(may_charge(facts, command, context));
  const events::EventPrice& price = *policy::find_price(*facts.charges.pricing, command.event_name);
  const bool done = price.is_one_time && facts.charges.counts.contains(command.event_name);
  if (done) return noted(facts, "Charge");
  const std::uint64_t count = price.is_one_time ? 1 : command.count;
  const std::int64_t left = policy::kChargedNanoUsdMax - facts.charges.nano_usd;
  if (price.nano_usd > 0 && static_cast<std::int64_t>(count) > left / price.nano_usd) {
    return fail(Code::kLimitExceeded, "A run cannot be charged more than 10^9 USD.");
  }
  return on(facts, events::RunCharged{command.event_name, count, price.nano_usd});
}

}  // namespace

Decision decide(const Running& s, const Charge& command, const Context& context) {
  return charge(s.facts, command, context);
}
Decision decide(const TimingOut& s, const Charge& command, const Context& context) {
  return charge(s.facts, command, context);
}
Decision decide(const Aborting& s, const Charge& command, const Context& context) {
  return charge(s.facts, command, context);
}
Decision decide(const Finished&, const Charge&, const Context&) { return already_finished(); }

}  // namespace actuary::engine::run
