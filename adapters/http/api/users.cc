#include "adapters/http/api/users.h"

#include <array>

#include "adapters/http/api/user_names.h"
#include "engine/policy/options.h"

namespace actuary::adapters::http::api {
namespace {

struct Feature {
  std::string_view name;
  bool is_enabled;
};

constexpr std::array kFeatures{
    Feature{"ACTORS", true},
    Feature{"STORAGE", true},
    Feature{"SCHEDULER", false},
    Feature{"PROXY", false},
    Feature{"PROXY_EXTERNAL_ACCESS", false},
    Feature{"PROXY_RESIDENTIAL", false},
    Feature{"PROXY_SERPS", false},
    Feature{"WEBHOOKS", false},
    Feature{"ACTORS_PUBLIC_ALL", true},
    Feature{"ACTORS_PUBLIC_DEVELOPER", true},
};

Json features() {
  Json result = Json::object();
  for (const auto& [name, is_enabled] : kFeatures) {
    result[std::string(name)] = {
        {"isEnabled", is_enabled},
        {"disabledReason", is_enabled ? Json() : Json("Not part of this installation.")},
        {"disabledReasonType", is_enabled ? Json() : Json("DISABLED")},
        {"isTrial", false},
        {"trialExpirationAt", nullptr}};
  }
  return result;
}

Json profile_of(const std::string& username) {
  return {{"name", username}, {"pictureUrl", nullptr}, {"bio", nullptr}};
}

/// 0: for ever.
std::int64_t retention_days(const Services& services) {
  const auto& runs = services.executor.settings().retention.runs;
  return runs ? std::chrono::ceil<std::chrono::days>(*runs).count() : 0;
}

/// There is one plan: the machine.
Json plan(const Services& services) {
  const auto memory_gbytes =
      number(static_cast<double>(services.executor.settings().capacity.memory_mbytes) / 1024);
  Json enabled = Json::array();
  for (const auto& [name, is_enabled] : kFeatures) {
    if (is_enabled) enabled.push_back(name);
  }
  return {{"id", "SELF_HOSTED"},
          {"description", "Self-hosted"},
          {"isEnabled", true},
          {"monthlyBasePriceUsd", 0},
          {"monthlyUsageCreditsUsd", 0},
          {"usageDiscountPercent", 0},
          {"enabledPlatformFeatures", std::move(enabled)},
          {"maxMonthlyUsageUsd", 0},
          {"maxActorMemoryGbytes", memory_gbytes},
          {"maxMonthlyActorComputeUnits", 0},
          {"maxMonthlyResidentialProxyGbytes", 0},
          {"maxMonthlyProxySerps", 0},
          {"maxMonthlyExternalDataTransferGbytes", 0},
          {"maxActorCount", 500},
          {"maxActorTaskCount", 5000},
          {"dataRetentionDays", retention_days(services)},
          {"availableProxyGroups", Json::object()},
          {"teamAccountSeatCount", 1},
          {"supportLevel", "COMMUNITY"},
          {"availableAddOns", Json::array()},
          {"tier", "FREE"}};
}

Answer<Response> me(const Services& services, const Request& request) {
  const auto& caller = caller_of(request);
  TRY(user, wire(services.views.accounts().get(caller.user_id)));
  if (!user) return missing("User");
  const std::string name = username_of(services, user->id);
  Json shown{{"id", user->id.view()},
             {"username", name},
             {"proxy", {{"password", ""}, {"groups", Json::array()}}},
             {"effectivePlatformFeatures", features()},
             {"createdAt", to_iso(user->created_at)},
             {"isPaying", false}};
  // An Actor need not know who pays for it.
  if (caller.kind != PrincipalKind::kRun) {
    shown["profile"] = profile_of(name);
    // Nobody has an address here, but clients require a valid one: this domain is for private use,
    // so it can belong to no one else.
    shown["email"] = name + "@actuary.internal";
    shown["plan"] = plan(services);
  }
  return data_response(shown);
}

Answer<Response> get_user(const Services& services, const Request& request) {
  const auto& text = request.parameter("userId");
  auto id = find_user(services, text);
  if (const auto named = UserId::parse(text); !id && named) id = *named;
  if (!id) return missing("User");
  TRY(user, wire(services.views.accounts().get(*id)));
  if (!user) return missing("User");
  const std::string name = username_of(services, user->id);
  return data_response(
      Json{{"id", user->id.view()}, {"username", name}, {"profile", profile_of(name)}});
}

}  // namespace

void add_user_routes(std::vector<Route>& routes, const Services& services) {
  routes.push_back({"GET", "/v2/users/me", at_once([&services](const Request& request) {
                      return me(services, request);
                    })});
  routes.push_back({.method = "GET",
                    .pattern = "/v2/users/{userId}",
                    .handler = at_once([&services](const Request& request) {
                      return get_user(services, request);
                    }),
                    .auth = AuthMode::kOptional});
}

}  // namespace actuary::adapters::http::api
