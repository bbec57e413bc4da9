#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/http/api/common.h"

/// What the routes of key-value stores, datasets and request queues have in common.
namespace actuary::adapters::http::api {

using engine::ports::StorageStats;
using projections::storages::StorageRow;

/// One thing that every storage of a kind has, under its three addresses. The parameters are
/// `{storageId}`, `{runId}` and `{actorId}`.
struct StoragePaths {
  std::string_view direct;       ///< `/v2/datasets/{storageId}/items`
  std::string_view of_run;       ///< `/v2/actor-runs/{runId}/dataset/items`
  std::string_view of_last_run;  ///< `/v2/actors/{actorId}/runs/last/dataset/items`
};

/// What the kinds differ in where their metadata is served.
struct StorageApi {
  events::StorageKind kind;
  std::string_view name;        ///< `Key-value store`: begins a sentence
  std::string_view collection;  ///< `/v2/key-value-stores`
  std::string_view console;     ///< `/storage/key-value-stores/`
  StoragePaths paths;
  /// Adds what only this kind shows.
  void (*describe)(Json& shown, const Services& services, const StorageRow& row,
                   const StorageStats& stats);
};

/// Gets a storage that exists and belongs to the caller.
using StorageHandler = std::function<void(Request, Responder, StorageRow)>;

struct BodyRule {
  BodyMode mode = BodyMode::kDecoded;
  std::size_t bytes_max = kBodyBytesMax;
};

/// The three routes of one thing. Who is not the owner is told that it was not found.
void add_storage_routes(std::vector<Route>& routes, const Services& services, const StorageApi& api,
                        std::string_view method, const StoragePaths& paths, StorageHandler handler,
                        BodyRule body = {});

/// Get-or-create, list, get, change and delete.
void add_metadata_routes(std::vector<Route>& routes, const Services& services,
                         const StorageApi& api);

/// The attempt that asks, when it does so with its run's token.
[[nodiscard]] std::optional<engine::ports::Writer> writer_of(const Request& request);

/// An error of the storages port in the wire's words.
[[nodiscard]] WireError storage_error(const Error& error);

/// `https://host/v2/datasets/ID`.
[[nodiscard]] std::string storage_url(const Services& services, std::string_view collection,
                                      const StorageId& id);

}  // namespace actuary::adapters::http::api
