#include <array>

#include "adapters/http/api/personal.h"
#include "adapters/http/api/render.h"
#include "adapters/http/json.h"
#include "projections/builds/row.h"

namespace actuary::adapters::http::api {
namespace {

using projections::runs::RunRow;

constexpr std::array<std::string_view, 12> kUsageKeys{
    "ACTOR_COMPUTE_UNITS",
    "DATASET_READS",
    "DATASET_WRITES",
    "KEY_VALUE_STORE_READS",
    "KEY_VALUE_STORE_WRITES",
    "KEY_VALUE_STORE_LISTS",
    "REQUEST_QUEUE_READS",
    "REQUEST_QUEUE_WRITES",
    "DATA_TRANSFER_INTERNAL_GBYTES",
    "DATA_TRANSFER_EXTERNAL_GBYTES",
    "PROXY_RESIDENTIAL_TRANSFER_GBYTES",
    "PROXY_SERPS",
};

Json usage(double compute_units) {
  Json result = Json::object();
  for (const auto key : kUsageKeys) result[std::string(key)] = 0;
  result["ACTOR_COMPUTE_UNITS"] = number(compute_units);
  return result;
}

std::int64_t milliseconds(Microseconds span) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(span).count();
}

using engine::ports::ContainerUsage;

/// The samples of all attempts; the present ones are zero once nothing runs.
void add_usage(Json& stats, const RunRow& run, const std::optional<ContainerUsage>& live) {
  events::ResourceUsage totals = projections::runs::total_usage(run);
  if (live) totals = projections::runs::merge(totals, live->totals);
  stats["memAvgBytes"] = totals.memory_bytes_avg;
  stats["memMaxBytes"] = totals.memory_bytes_max;
  stats["memCurrentBytes"] = live ? live->memory_bytes_now : 0;
  stats["cpuAvgUsage"] = number(totals.cpu_percent_avg);
  stats["cpuMaxUsage"] = number(totals.cpu_percent_max);
  stats["cpuCurrentUsage"] = number(live ? live->cpu_percent_now : 0);
  stats["netRxBytes"] = totals.received_bytes;
  stats["netTxBytes"] = totals.sent_bytes;
}

Json stats(const RunRow& run, const Instant& now, const std::optional<ContainerUsage>& live) {
  const auto active = milliseconds(projections::runs::active_duration(run, now));
  Json result{{"inputBodyLen", run.input_bytes},
              {"migrationCount", run.counters.migration},
              {"rebootCount", run.counters.reboot},
              {"restartCount", run.counters.restart},
              {"resurrectCount", run.counters.resurrect}};
  add_usage(result, run, live);
  result["durationMillis"] = active;
  result["runTimeSecs"] = number(static_cast<double>(active) / 1000);
  result["metamorph"] = run.counters.metamorph;
  result["computeUnits"] = number(projections::runs::compute_units(run, now));
  return result;
}

Json options(const events::RunOptions& options) {
  Json result{{"build", options.build},
              {"timeoutSecs", options.timeout_secs},
              {"memoryMbytes", options.memory_mbytes},
              {"diskMbytes", options.disk_mbytes},
              {"restartOnError", options.restart_on_error}};
  if (options.max_items) result["maxItems"] = *options.max_items;
  if (options.max_total_charge_usd) {
    result["maxTotalChargeUsd"] = number(*options.max_total_charge_usd);
  }
  if (options.priority > 0) result["priority"] = options.priority;
  return result;
}

Json exit_code_of(const RunRow& run) { return run.exit_code ? Json(*run.exit_code) : Json(); }

Json storage_ids(const RunRow& run) {
  const auto only = [](const StorageId& id) { return Json{{"default", id.view()}}; };
  return {{"datasets", only(run.dataset_id)},
          {"keyValueStores", only(run.key_value_store_id)},
          {"requestQueues", only(run.request_queue_id)}};
}

/// Nothing once the attempt has ended: its totals are in the row then.
std::optional<ContainerUsage> live_usage(const Services& services, const RunRow& run) {
  if (!services.usage || run.attempts.empty() || run.attempts.back().ended_at) return std::nullopt;
  return services.usage({run.id, run.attempts.back().epoch});
}

/// As it was when the run began; null: free.
Json pricing_info(const RunRow& run) {
  if (run.pricing_info.empty()) return {};
  auto info = parse_json(run.pricing_info);
  return info ? std::move(*info) : Json();
}

Json metamorphs(const RunRow& run) {
  Json result = Json::array();
  for (const auto& each : run.metamorphs) {
    result.push_back({{"createdAt", to_iso(each.created_at)},
                      {"actorId", each.actor_id.view()},
                      {"buildId", each.build_id.view()},
                      {"inputKey", each.input_key}});
  }
  return result;
}

}  // namespace

std::string container_url(const Services& services, const RunRow& run) {
  return services.live_base_url + engine::ports::live_path(services.secrets, run.id);
}

Json render_meta(const events::Meta& meta, const std::optional<Timestamp>& erased_at) {
  const auto readable = [](const std::string& text) {
    return events::personal_key(text) ? Json() : text_or_null(text);
  };
  Json shown{{"origin", events::to_string(meta.origin)},
             {"clientIp", readable(meta.client_ip)},
             {"userAgent", readable(meta.user_agent)}};
  if (erased_at) shown["personalDataErasedAt"] = to_iso(*erased_at);
  return shown;
}

Json render_run(const Services& services, const RunRow& run) {
  Json shown = render_run(run, services.clock.now(), container_url(services, run),
                          live_usage(services, run));
  shown["meta"] = render_meta(opened(services, run.meta), run.personal_erased_at);
  return shown;
}

Json render_run(const RunRow& run, const Instant& now, const std::string& container_url,
                const std::optional<ContainerUsage>& live) {
  Json final_message;
  if (run.is_status_message_terminal) final_message = *run.is_status_message_terminal;
  Json result{
      {"id", run.id.view()},
      {"actId", run.actor_id.view()},
      {"userId", run.user_id.view()},
      {"actorTaskId", nullptr},
      {"startedAt", to_iso(run.started_at)},
      {"finishedAt", time_or_null(run.finished_at)},
      {"status", run.status},
      {"statusMessage", text_or_null(run.status_message)},
      {"isStatusMessageTerminal", std::move(final_message)},
      {"meta", render_meta(run.meta, run.personal_erased_at)},
      {"stats", stats(run, now, live)},
      {"chargedEventCounts", Json(run.charged_event_counts)},
      {"options", options(run.options)},
      {"buildId", run.build_id.view()},
      {"exitCode", exit_code_of(run)},
      {"generalAccess", "FOLLOW_USER_SETTING"},
      {"defaultKeyValueStoreId", run.key_value_store_id.view()},
      {"defaultDatasetId", run.dataset_id.view()},
      {"defaultRequestQueueId", run.request_queue_id.view()},
      {"storageIds", storage_ids(run)},
      {"buildNumber", run.build_number},
      {"containerUrl", text_or_null(container_url)},
      {"isContainerServerReady", live && live->web_server_ready},
      {"gitBranchName", nullptr},
      {"usage", usage(projections::runs::compute_units(run, now))},
      {"usageTotalUsd", 0},
      {"usageUsd", usage(0)},
      {"metamorphs", metamorphs(run)},
      {"platformUsageBillingModel", "USER"},
  };
  if (auto pricing = pricing_info(run); !pricing.is_null()) {
    result["pricingInfo"] = std::move(pricing);
  }
  return result;
}

Json render_run_short(const Services& services, const RunRow& run) {
  return {
      {"id", run.id.view()},
      {"actId", run.actor_id.view()},
      {"userId", run.user_id.view()},
      {"actorTaskId", nullptr},
      {"status", run.status},
      {"startedAt", to_iso(run.started_at)},
      {"finishedAt", time_or_null(run.finished_at)},
      {"buildId", run.build_id.view()},
      {"buildNumber", run.build_number},
      {"buildNumberInt", projections::builds::build_number_int(run.build_number)},
      {"meta", render_meta(opened(services, run.meta), run.personal_erased_at)},
      {"exitCode", exit_code_of(run)},
      {"usageTotalUsd", 0},
      {"defaultKeyValueStoreId", run.key_value_store_id.view()},
      {"defaultDatasetId", run.dataset_id.view()},
      {"defaultRequestQueueId", run.request_queue_id.view()},
  };
}

}  // namespace actuary::adapters::http::api
