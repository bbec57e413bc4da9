#pragma once

#include <string_view>

#include "engine/run/commands.h"
#include "journal/base/result.h"

/// What a run's events cost, and when it has cost enough. Pure.
namespace actuary::engine::policy {

/// Events that only the platform charges.
inline constexpr std::string_view kOwnEventPrefix = "apify-";
/// Charged at a start, once for each gigabyte of memory that has begun.
inline constexpr std::string_view kStartEvent = "apify-actor-start";
/// Charged for each item that comes into the run's default dataset, whoever pushed it.
inline constexpr std::string_view kItemEvent = "apify-default-dataset-item";
/// How long a run that has reached its limit may go on: most end by themselves.
inline constexpr Seconds kChargeGrace{5};
inline constexpr std::uint64_t kChargeCountMax = 1'000'000;
/// No run is charged more: 10^9 USD.
inline constexpr std::int64_t kChargedNanoUsdMax = 1'000'000'000'000'000'000;

/// What an Actor costs now: of the prices that have come into force, the last ones.
[[nodiscard]] const events::Pricing* pricing_at(const std::vector<events::Pricing>& pricings,
                                                const Instant& now);
[[nodiscard]] const events::EventPrice* find_price(const events::Pricing& pricing,
                                                   std::string_view event_name);
/// What an item of the run's default dataset costs; null: nothing is charged for it.
[[nodiscard]] const events::EventPrice* item_price(const std::optional<events::Pricing>& pricing);
/// The run's `maxTotalChargeUsd` in 10^-9 USD, or more than anything that can be charged.
[[nodiscard]] std::int64_t charge_limit(const events::RunOptions& options);

/// errors: kInvalidArgument: the limit is below what the Actor wants at least
[[nodiscard]] Status check_charge_limit(const events::RunOptions& options,
                                        const events::Pricing& pricing);

}  // namespace actuary::engine::policy
