#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace actuary::tests::api {

using Json = nlohmann::ordered_json;

/// What clients refuse to do without, by object. A dot goes into a member.
inline const std::vector<std::string_view> kRun{"id",
                                                "actId",
                                                "userId",
                                                "startedAt",
                                                "finishedAt",
                                                "status",
                                                "statusMessage",
                                                "isStatusMessageTerminal",
                                                "meta.origin",
                                                "stats.inputBodyLen",
                                                "stats.migrationCount",
                                                "stats.rebootCount",
                                                "stats.restartCount",
                                                "stats.resurrectCount",
                                                "stats.memAvgBytes",
                                                "stats.memMaxBytes",
                                                "stats.memCurrentBytes",
                                                "stats.cpuAvgUsage",
                                                "stats.cpuMaxUsage",
                                                "stats.cpuCurrentUsage",
                                                "stats.netRxBytes",
                                                "stats.netTxBytes",
                                                "stats.durationMillis",
                                                "stats.runTimeSecs",
                                                "stats.metamorph",
                                                "stats.computeUnits",
                                                "options.build",
                                                "options.timeoutSecs",
                                                "options.memoryMbytes",
                                                "options.diskMbytes",
                                                "buildId",
                                                "buildNumber",
                                                "exitCode",
                                                "generalAccess",
                                                "defaultKeyValueStoreId",
                                                "defaultDatasetId",
                                                "defaultRequestQueueId",
                                                "storageIds.datasets.default",
                                                "storageIds.keyValueStores.default",
                                                "storageIds.requestQueues.default",
                                                "containerUrl",
                                                "usageTotalUsd",
                                                "usage.ACTOR_COMPUTE_UNITS",
                                                "usageUsd.ACTOR_COMPUTE_UNITS",
                                                "metamorphs",
                                                "chargedEventCounts",
                                                "actorTaskId",
                                                "isContainerServerReady",
                                                "platformUsageBillingModel"};
inline const std::vector<std::string_view> kRunShort{"id",
                                                     "actId",
                                                     "status",
                                                     "startedAt",
                                                     "finishedAt",
                                                     "buildId",
                                                     "buildNumber",
                                                     "meta.origin",
                                                     "usageTotalUsd",
                                                     "defaultKeyValueStoreId",
                                                     "defaultDatasetId",
                                                     "defaultRequestQueueId"};
inline const std::vector<std::string_view> kBuild{"id",
                                                  "actId",
                                                  "userId",
                                                  "startedAt",
                                                  "finishedAt",
                                                  "status",
                                                  "meta.origin",
                                                  "buildNumber",
                                                  "options.useCache",
                                                  "options.memoryMbytes",
                                                  "stats.durationMillis",
                                                  "stats.computeUnits",
                                                  "actorDefinition",
                                                  "inputSchema",
                                                  "readme",
                                                  "usageTotalUsd"};
inline const std::vector<std::string_view> kBuildShort{
    "id", "actId", "status", "startedAt", "usageTotalUsd", "buildNumber", "buildNumberInt"};
inline const std::vector<std::string_view> kActor{"id",
                                                  "userId",
                                                  "name",
                                                  "username",
                                                  "isPublic",
                                                  "createdAt",
                                                  "modifiedAt",
                                                  "stats.totalRuns",
                                                  "stats.totalBuilds",
                                                  "versions",
                                                  "defaultRunOptions.build",
                                                  "defaultRunOptions.timeoutSecs",
                                                  "defaultRunOptions.memoryMbytes",
                                                  "taggedBuilds"};
inline const std::vector<std::string_view> kActorShort{"id", "createdAt", "modifiedAt", "name",
                                                       "username"};
inline const std::vector<std::string_view> kVersion{"versionNumber", "sourceType", "envVars",
                                                    "buildTag", "applyEnvVarsToBuild"};
inline const std::vector<std::string_view> kList{"total", "offset", "limit",
                                                 "count", "desc",   "items"};
inline const std::vector<std::string_view> kMe{
    "id",
    "username",
    "email",
    "isPaying",
    "createdAt",
    "proxy.password",
    "profile",
    "plan.availableProxyGroups",
    "effectivePlatformFeatures.ACTORS.isEnabled",
    "effectivePlatformFeatures.STORAGE.disabledReason",
    "effectivePlatformFeatures.SCHEDULER.disabledReasonType",
    "effectivePlatformFeatures.PROXY.isTrial",
    "effectivePlatformFeatures.PROXY_EXTERNAL_ACCESS.trialExpirationAt",
    "effectivePlatformFeatures.PROXY_RESIDENTIAL.isEnabled",
    "effectivePlatformFeatures.PROXY_SERPS.isEnabled",
    "effectivePlatformFeatures.WEBHOOKS.isEnabled",
    "effectivePlatformFeatures.ACTORS_PUBLIC_ALL.isEnabled",
    "effectivePlatformFeatures.ACTORS_PUBLIC_DEVELOPER.isEnabled"};

/// The fields of `wanted` that `shown` lacks.
inline std::string lacking(const Json& shown, const std::vector<std::string_view>& wanted) {
  std::string missing;
  for (std::string_view path : wanted) {
    const std::string whole(path);
    const Json* at = &shown;
    while (at != nullptr && !path.empty()) {
      const auto dot = path.find('.');
      const std::string name(path.substr(0, dot));
      at = at->is_object() && at->contains(name) ? &(*at)[name] : nullptr;
      path.remove_prefix(dot == std::string_view::npos ? path.size() : dot + 1);
    }
    if (at == nullptr) missing += whole + " ";
  }
  return missing;
}

}  // namespace actuary::tests::api
