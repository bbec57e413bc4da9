#include "engine/run/environment.h"

#include <initializer_list>
#include <string_view>

#include "engine/policy/options.h"
#include "journal/codec/json_writer.h"

namespace actuary::engine::run {
namespace {

class Variables {
 public:
  void add(std::initializer_list<std::string_view> names, const std::string& value) {
    for (const std::string_view name : names) list_.push_back({std::string(name), value, false});
  }
  std::vector<events::EnvVar> take() { return std::move(list_); }
  void append(const std::vector<events::EnvVar>& more) {
    list_.insert(list_.end(), more.begin(), more.end());
  }

 private:
  std::vector<events::EnvVar> list_;
};

std::string storages_json(const Facts& facts) {
  const auto entry = [](std::string_view kind, const StorageId& id) {
    return "\"" + std::string(kind) + "\":{\"default\":\"" + id.str() + "\"}";
  };
  return "{" + entry("keyValueStores", facts.key_value_store_id) + "," +
         entry("datasets", facts.dataset_id) + "," +
         entry("requestQueues", facts.request_queue_id) + "}";
}

std::string counts_json(const Charges& charges) {
  journal::codec::JsonWriter out;
  out.open('{');
  for (const auto& [name, count] : charges.counts) {
    out.key(name);
    out.unsigned_integer(count);
  }
  out.close('}');
  return std::move(out).take();
}

/// Empty when there is none: that is what the clients look for.
std::string timeout_at(const Facts& facts, const Instant& now) {
  if (facts.timeout_at) return to_iso(facts.timeout_at->utc);
  if (facts.options.timeout_secs == 0) return {};
  return to_iso(now.utc + Seconds{facts.options.timeout_secs});
}

std::string decimal(double value) {
  std::string text = std::to_string(value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

}  // namespace

std::vector<events::EnvVar> environment(const Facts& facts, const Attempt&, const Instant& now) {
  Variables v;
  v.add({"ACTOR_ID", "APIFY_ACTOR_ID", "APIFY_ACT_ID"}, facts.actor_id.str());
  v.add({"ACTOR_RUN_ID", "APIFY_ACTOR_RUN_ID", "APIFY_ACT_RUN_ID"}, facts.run_id.str());
  v.add({"ACTOR_BUILD_ID", "APIFY_ACTOR_BUILD_ID"}, facts.build_id.str());
  v.add({"ACTOR_BUILD_NUMBER", "APIFY_ACTOR_BUILD_NUMBER"}, facts.build_number);
  v.add({"ACTOR_TASK_ID", "APIFY_ACTOR_TASK_ID"}, "");
  v.add({"ACTOR_DEFAULT_DATASET_ID", "APIFY_DEFAULT_DATASET_ID"}, facts.dataset_id.str());
  v.add({"ACTOR_DEFAULT_KEY_VALUE_STORE_ID", "APIFY_DEFAULT_KEY_VALUE_STORE_ID"},
        facts.key_value_store_id.str());
  v.add({"ACTOR_DEFAULT_REQUEST_QUEUE_ID", "APIFY_DEFAULT_REQUEST_QUEUE_ID"},
        facts.request_queue_id.str());
  v.add({"ACTOR_STORAGES_JSON"}, storages_json(facts));
  v.add({"ACTOR_INPUT_KEY", "APIFY_INPUT_KEY"}, facts.input_key);
  v.add({"ACTOR_MEMORY_MBYTES", "APIFY_MEMORY_MBYTES"},
        std::to_string(facts.options.memory_mbytes));
  v.add({"ACTOR_STARTED_AT", "APIFY_STARTED_AT"}, to_iso(facts.created_at.utc));
  v.add({"ACTOR_TIMEOUT_AT", "APIFY_TIMEOUT_AT"}, timeout_at(facts, now));
  if (facts.options.restart_on_error) v.add({"ACTOR_RESTART_ON_ERROR"}, "1");
  v.add({"ACTOR_PERMISSION_LEVEL"}, "FULL_PERMISSIONS");
  v.add({"ACTOR_MAX_PAID_DATASET_ITEMS"},
        facts.options.max_items ? std::to_string(*facts.options.max_items) : "");
  v.add({"ACTOR_MAX_TOTAL_CHARGE_USD"},
        facts.options.max_total_charge_usd ? decimal(*facts.options.max_total_charge_usd) : "");
  if (facts.charges.pricing) {
    v.add({"APIFY_ACTOR_PRICING_INFO"}, facts.charges.pricing->info);
    v.add({"APIFY_CHARGED_ACTOR_EVENT_COUNTS"}, counts_json(facts.charges));
  }
  v.add({"ACTOR_WEB_SERVER_PORT", "ACTOR_STANDBY_PORT", "APIFY_CONTAINER_PORT"}, "4321");
  v.add({"APIFY_USER_ID"}, facts.user_id.str());
  v.add({"APIFY_USER_IS_PAYING"}, "1");
  v.add({"APIFY_USER_PRICING_TIER"}, "BRONZE");
  v.add({"APIFY_WORKFLOW_KEY"}, facts.run_id.str());
  v.add({"APIFY_IS_AT_HOME"}, "1");
  v.add({"APIFY_HEADLESS"}, "1");
  v.add({"APIFY_DEDICATED_CPUS"}, decimal(facts.options.memory_mbytes / 4096.0));
  v.add({"APIFY_META_ORIGIN"}, std::string(events::to_string(facts.meta.origin)));
  v.append(facts.env_vars);
  return v.take();
}

}  // namespace actuary::engine::run
