#include "adapters/http/api/request_queues.h"

#include "adapters/http/api/storage_common.h"

namespace actuary::adapters::http::api {
namespace {

void describe(Json& shown, const Services&, const StorageRow&, const StorageStats& stats) {
  shown["totalRequestCount"] = stats.item_count;
  shown["handledRequestCount"] = 0;
  shown["pendingRequestCount"] = stats.item_count;
  shown["hadMultipleClients"] = false;
  shown["stats"] = {{"readCount", stats.read_count},
                    {"writeCount", stats.write_count},
                    {"deleteCount", stats.delete_count},
                    {"headItemReadCount", 0},
                    {"storageBytes", stats.bytes}};
}

constexpr StorageApi kApi{events::StorageKind::kRequestQueue,
                          "Request queue",
                          "/v2/request-queues",
                          "/storage/request-queues/",
                          {"/v2/request-queues/{storageId}", "/v2/actor-runs/{runId}/request-queue",
                           "/v2/actors/{actorId}/runs/last/request-queue"},
                          describe};

}  // namespace

void add_request_queue_routes(std::vector<Route>& routes, const Services& services) {
  add_metadata_routes(routes, services, kApi);
}

}  // namespace actuary::adapters::http::api
