#include <algorithm>

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

/// What is there and was not charged yet; never more than a run can be charged.
Decision charge_items(const Facts& facts, const ReportItems& report) {
  const events::EventPrice* price = policy::item_price(facts.charges.pricing);
  if (price == nullptr) return Events{};
  const auto counted = facts.charges.counts.find(price->event_name);
  const std::uint64_t before = counted == facts.charges.counts.end() ? 0 : counted->second;
  const std::uint64_t wanted =
      price->is_one_time ? std::min<std::uint64_t>(report.items, 1) : report.items;
  if (wanted <= before) return Events{};
  std::uint64_t count = wanted - before;
  if (price->nano_usd > 0) {
    const std::int64_t left = policy::kChargedNanoUsdMax - facts.charges.nano_usd;
    count = std::min(count, static_cast<std::uint64_t>(left / price->nano_usd));
  }
  if (count == 0) return Events{};
  return on(facts, events::RunCharged{price->event_name, count, price->nano_usd});
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

Decision decide(const Running& s, const ReportItems& report, const Context&) {
  return charge_items(s.facts, report);
}
Decision decide(const TimingOut& s, const ReportItems& report, const Context&) {
  return charge_items(s.facts, report);
}
Decision decide(const Aborting& s, const ReportItems& report, const Context&) {
  return charge_items(s.facts, report);
}
/// What its process pushed last is often counted only when it is gone.
Decision decide(const Finished& s, const ReportItems& report, const Context&) {
  return charge_items(s.facts, report);
}

}  // namespace actuary::engine::run
