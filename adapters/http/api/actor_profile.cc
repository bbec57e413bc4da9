#include "adapters/http/api/actor_profile.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "adapters/http/api/fields.h"
#include "adapters/http/api/pricing.h"
#include "adapters/http/json.h"
#include "engine/policy/options.h"

namespace actuary::adapters::http::api {
namespace {

/// Members that are stored elsewhere, or that only the platform writes.
constexpr std::array<std::string_view, 15> kNotExtra{
    "id",       "userId",     "name",  "username",       "title",
    "isPublic", "createdAt",  "stats", "description",    "defaultRunOptions",
    "versions", "modifiedAt", "actId", "restartOnError", "taggedBuilds",
};

Answer<void> read_options(const Json& body, events::RunOptions& options) {
  TRY(restart, boolean_field(body, "restartOnError"));
  if (restart) options.restart_on_error = *restart;
  const Json* wanted = find_field(body, "defaultRunOptions");
  if (wanted == nullptr) return {};
  if (!wanted->is_object()) {
    return refuse(400, "invalid-value", "defaultRunOptions must be an object");
  }
  TRY(build, text_field(*wanted, "build"));
  TRY(timeout, whole_field(*wanted, "timeoutSecs"));
  TRY(memory, whole_field(*wanted, "memoryMbytes"));
  TRY(restart_too, boolean_field(*wanted, "restartOnError"));
  TRY(max_items, whole_field(*wanted, "maxItems"));
  TRY(charge, number_field(*wanted, "maxTotalChargeUsd"));
  if (memory) TRY_VOID(wire(engine::policy::check_memory(*memory)));
  if (timeout && *timeout > engine::policy::kTimeoutSecsMax) {
    return refuse(400, "invalid-value",
                  "timeoutSecs must be at most " + std::to_string(engine::policy::kTimeoutSecsMax));
  }
  if (max_items && *max_items == 0) {
    return refuse(400, "max-items-must-be-greater-than-zero", "maxItems must be greater than zero");
  }
  if (charge && !(*charge > 0 && std::isfinite(*charge))) {
    return refuse(400, "max-total-charge-usd-must-be-greater-than-zero",
                  "maxTotalChargeUsd must be greater than zero");
  }
  if (build) options.build = std::move(*build);
  if (timeout) options.timeout_secs = *timeout;
  if (memory) options.memory_mbytes = *memory;
  if (restart_too) options.restart_on_error = *restart_too;
  if (max_items) options.max_items = *max_items;
  if (charge) options.max_total_charge_usd = charge;
  return {};
}

Answer<std::string> merge_extra(const Json& body, const std::string& before) {
  Json extra = Json::object();
  if (!before.empty()) {
    TRY(parsed, wire(parse_json_object(before)));
    extra = std::move(parsed);
  }
  for (const auto& [name, value] : body.items()) {
    if (std::find(kNotExtra.begin(), kNotExtra.end(), name) != kNotExtra.end()) continue;
    if (value.is_null()) {
      extra.erase(name);
    } else {
      extra[name] = value;
    }
  }
  if (extra.empty()) return std::string{};
  std::string text = extra.dump();
  if (text.size() <= kExtraBytesMax) return text;
  return refuse(400, "invalid-value",
                "An Actor's further fields have at most " + std::to_string(kExtraBytesMax) +
                    " bytes together");
}

}  // namespace

Answer<events::ActorProfile> read_profile(const Json& body, events::ActorProfile base) {
  TRY(name, text_field(body, "name"));
  TRY(title, text_field(body, "title"));
  TRY(description, text_field(body, "description"));
  TRY(is_public, boolean_field(body, "isPublic"));
  if (name && !name->empty()) base.name = std::move(*name);
  if (title) base.title = std::move(*title);
  if (description) base.description = std::move(*description);
  if (is_public) base.is_public = *is_public;
  TRY_VOID(read_options(body, base.default_options));
  TRY(extra, merge_extra(body, base.extra));
  base.extra = std::move(extra);
  if (const auto infos = body.find("pricingInfos"); infos != body.end()) {
    TRY(pricings, infos->is_null() ? std::vector<events::Pricing>{} : read_pricings(*infos));
    base.pricings = std::move(pricings);
  }
  return base;
}

Answer<std::vector<engine::actor::TagPatch>> read_tags(const Json& body) {
  std::vector<engine::actor::TagPatch> patches;
  const Json* tags = find_field(body, "taggedBuilds");
  if (tags == nullptr) return patches;
  if (!tags->is_object()) return refuse(400, "invalid-value", "taggedBuilds must be an object");
  for (const auto& [tag, to] : tags->items()) {
    if (to.is_null()) {
      patches.push_back({tag, BuildId{}});
      continue;
    }
    const Json* text = to.is_object() ? find_field(to, "buildId") : nullptr;
    if (text == nullptr || !text->is_string()) {
      return refuse(400, "invalid-value", "taggedBuilds." + tag + " needs a buildId, or null");
    }
    const auto id = BuildId::parse(text->get_ref<const std::string&>());
    if (!id) return missing("Build");
    patches.push_back({tag, *id});
  }
  return patches;
}

}  // namespace actuary::adapters::http::api
