#include "engine/policy/charging.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace actuary::engine::policy {

const events::Pricing* pricing_at(const std::vector<events::Pricing>& pricings,
                                  const Instant& now) {
  const events::Pricing* found = nullptr;
  for (const events::Pricing& each : pricings) {
    const bool later = found == nullptr || each.started_at >= found->started_at;
    if (each.started_at <= now.utc && later) found = &each;
  }
  return found;
}

const events::EventPrice* find_price(const events::Pricing& pricing, std::string_view event_name) {
  const auto at = std::ranges::find(pricing.prices, event_name, &events::EventPrice::event_name);
  return at == pricing.prices.end() ? nullptr : &*at;
}

const events::EventPrice* item_price(const std::optional<events::Pricing>& pricing) {
  const bool paid = pricing && pricing->model == events::PricingModel::kPayPerEvent;
  return paid ? find_price(*pricing, kItemEvent) : nullptr;
}

std::int64_t charge_limit(const events::RunOptions& options) {
  constexpr double kNano = 1e9;
  const bool bounded =
      options.max_total_charge_usd &&
      *options.max_total_charge_usd < static_cast<double>(kChargedNanoUsdMax) / kNano;
  if (!bounded) return std::numeric_limits<std::int64_t>::max();
  return std::max<std::int64_t>(std::llround(*options.max_total_charge_usd * kNano), 1);
}

Status check_charge_limit(const events::RunOptions& options, const events::Pricing& pricing) {
  if (charge_limit(options) >= pricing.nano_usd_min) return {};
  return fail(Code::kInvalidArgument,
              "maxTotalChargeUsd is below the least that this Actor can be run for");
}

}  // namespace actuary::engine::policy
