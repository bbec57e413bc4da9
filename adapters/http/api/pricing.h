#pragma once

#include "adapters/http/api/common.h"

namespace actuary::adapters::http::api {

inline constexpr std::size_t kPricingsMax = 100;
inline constexpr std::size_t kPricedEventsMax = 100;
inline constexpr std::size_t kEventNameBytesMax = 100;
/// Of one entry as JSON: each run has a copy, in an environment variable too.
inline constexpr std::size_t kPricingInfoBytesMax = 64UL * 1024;
/// Of one event.
inline constexpr double kPriceUsdMax = 10'000;

/// `pricingInfos` of an Actor: what its runs may charge, and from when on. What clients require of
/// an entry and its writer left out is filled in.
///
/// errors: 400 `invalid-value` naming the member, `pricing-model-not-supported`
[[nodiscard]] Answer<std::vector<events::Pricing>> read_pricings(const Json& infos);

}  // namespace actuary::adapters::http::api
