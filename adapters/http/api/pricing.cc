#include "adapters/http/api/pricing.h"

#include <algorithm>
#include <cmath>

#include "adapters/http/api/fields.h"
#include "journal/base/enumerators.h"

namespace actuary::adapters::http::api {
namespace {

using events::PricingModel;

Answer<std::int64_t> nano_usd(const Json& holder, std::string_view name) {
  constexpr double kNano = 1e9;
  TRY(usd, number_field(holder, name));
  if (!usd)
    return refuse(400, "invalid-value", "pricingInfos: " + std::string(name) + " is missing");
  if (*usd >= 0 && *usd <= kPriceUsdMax) return std::llround(*usd * kNano);
  return refuse(400, "invalid-value",
                "pricingInfos: " + std::string(name) + " must be a number of USD from 0 to " +
                    std::to_string(static_cast<int>(kPriceUsdMax)));
}

/// Flat, or by the user's tier; every user here is of the one that containers are told.
Answer<std::int64_t> price_of(const Json& event) {
  const Json* tiers = find_field(event, "eventTieredPricingUsd");
  if (tiers == nullptr) return nano_usd(event, "eventPriceUsd");
  const Json* tier = tiers->is_object() ? find_field(*tiers, "BRONZE") : nullptr;
  if (tier == nullptr || !tier->is_object()) {
    return refuse(400, "invalid-value", "pricingInfos: eventTieredPricingUsd has no tier BRONZE");
  }
  return nano_usd(*tier, "tieredEventPriceUsd");
}

bool is_event_name(std::string_view name) {
  const auto visible = [](char c) { return c > ' ' && c <= '~'; };
  return !name.empty() && name.size() <= kEventNameBytesMax && std::ranges::all_of(name, visible);
}

Answer<std::vector<events::EventPrice>> read_prices(const Json& info) {
  std::vector<events::EventPrice> prices;
  const Json* per_event = find_field(info, "pricingPerEvent");
  const bool object = per_event != nullptr && per_event->is_object();
  const Json* listed = object ? find_field(*per_event, "actorChargeEvents") : nullptr;
  if (listed == nullptr) return prices;
  if (!listed->is_object() || listed->size() > kPricedEventsMax) {
    return refuse(400, "invalid-value",
                  "pricingInfos: actorChargeEvents must be an object of at most " +
                      std::to_string(kPricedEventsMax) + " events");
  }
  for (const auto& [name, event] : listed->items()) {
    if (!is_event_name(name) || !event.is_object()) {
      return refuse(400, "invalid-value",
                    "pricingInfos: actorChargeEvents maps names of at most " +
                        std::to_string(kEventNameBytesMax) + " visible characters to objects");
    }
    TRY(price, price_of(event));
    TRY(one_time, boolean_field(event, "isOneTimeEvent"));
    prices.push_back({name, price, one_time.value_or(false)});
  }
  return prices;
}

Answer<Timestamp> started_at(const Json& info) {
  TRY(text, text_field(info, "startedAt"));
  if (!text || text->empty()) return Timestamp{};
  const auto at = parse_iso(*text);
  if (at) return *at;
  return refuse(400, "invalid-value",
                "pricingInfos: startedAt \"" + *text + "\" is not an ISO 8601 time");
}

/// Clients refuse to read an entry without these.
std::string completed(Json info, const Timestamp& started) {
  const auto fill = [&](const char* name, Json value) {
    Json& member = info[name];
    if (member.is_null()) member = std::move(value);
  };
  fill("apifyMarginPercentage", 0);
  fill("createdAt", to_iso(started));
  fill("startedAt", to_iso(started));
  return info.dump();
}

Answer<events::Pricing> read_pricing(const Json& info) {
  if (!info.is_object()) return refuse(400, "invalid-value", "pricingInfos must hold objects");
  TRY(model_name, text_field(info, "pricingModel"));
  const auto model = journal::base::parse_enumerator<PricingModel>(model_name.value_or(""));
  if (!model) {
    return refuse(400, "pricing-model-not-supported",
                  "pricingInfos: pricingModel must be FREE, PAY_PER_EVENT, PRICE_PER_DATASET_ITEM "
                  "or FLAT_PRICE_PER_MONTH");
  }
  events::Pricing pricing;
  pricing.model = *model;
  TRY(started, started_at(info));
  pricing.started_at = started;
  if (pricing.model == PricingModel::kPayPerEvent) {
    TRY(prices, read_prices(info));
    pricing.prices = std::move(prices);
    if (find_field(info, "minimalMaxTotalChargeUsd") != nullptr) {
      TRY(least, nano_usd(info, "minimalMaxTotalChargeUsd"));
      pricing.nano_usd_min = least;
    }
  }
  pricing.info = completed(info, started);
  if (pricing.info.size() <= kPricingInfoBytesMax) return pricing;
  return refuse(
      400, "invalid-value",
      "An entry of pricingInfos has at most " + std::to_string(kPricingInfoBytesMax) + " bytes");
}

}  // namespace

Answer<std::vector<events::Pricing>> read_pricings(const Json& infos) {
  std::vector<events::Pricing> pricings;
  if (!infos.is_array() || infos.size() > kPricingsMax) {
    return refuse(400, "invalid-value",
                  "pricingInfos must be an array of at most " + std::to_string(kPricingsMax));
  }
  for (const Json& info : infos) {
    TRY(pricing, read_pricing(info));
    pricings.push_back(std::move(pricing));
  }
  return pricings;
}

}  // namespace actuary::adapters::http::api
