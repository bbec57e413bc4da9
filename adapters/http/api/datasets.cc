#include "adapters/http/api/datasets.h"

#include "adapters/http/api/dataset_formats/export.h"
#include "adapters/http/api/dataset_formats/split.h"
#include "adapters/http/api/storage_common.h"
#include "engine/policy/charging.h"

namespace actuary::adapters::http::api {
namespace {

void describe(Json& shown, const Services& services, const StorageRow& row,
              const StorageStats& stats) {
  shown["itemCount"] = stats.item_count;
  // Nobody counts the empty ones: to know would mean to read them all.
  shown["cleanItemCount"] = stats.item_count;
  shown["fields"] = nullptr;
  shown["schema"] = nullptr;
  shown["itemsPublicUrl"] = storage_url(services, "/v2/datasets", row.id) + "/items";
  shown["stats"] = {{"readCount", stats.read_count},
                    {"writeCount", stats.write_count},
                    {"storageBytes", stats.bytes},
                    {"inflatedBytes", stats.bytes}};
}

constexpr StorageApi kApi{events::StorageKind::kDataset,
                          "Dataset",
                          "/v2/datasets",
                          "/storage/datasets/",
                          {"/v2/datasets/{storageId}", "/v2/actor-runs/{runId}/dataset",
                           "/v2/actors/{actorId}/runs/last/dataset"},
                          describe};
constexpr StoragePaths kItems{"/v2/datasets/{storageId}/items",
                              "/v2/actor-runs/{runId}/dataset/items",
                              "/v2/actors/{actorId}/runs/last/dataset/items"};

/// Where each item is paid for, nobody is told that it is there before it is charged. What the
/// engine cannot count now it counts at the latest at the run's end.
void charge_items(const Services& services, const StorageRow& row, std::function<void()> done) {
  if (row.run_id.nil()) return done();  // no run's
  const auto& run = services.executor.aggregates().run(row.run_id);
  const auto* facts = engine::run::facts_of(run);
  const bool paid = facts != nullptr && facts->dataset_id == row.id &&
                    engine::policy::item_price(facts->charges.pricing) != nullptr;
  if (!paid) return done();
  services.storages.stats(row.id, [&services, id = row.run_id,
                                   done = std::move(done)](const Result<StorageStats>& stats) {
    if (!stats) return done();
    services.executor.submit({engine::run::Command{engine::run::ReportItems{id, stats->item_count}},
                              Principal{}, CommandId{}, 0,
                              [done](const Result<Position>&) { done(); }});
  });
}

void push_items(const Services& services, const Request& request, const Responder& responder,
                const StorageRow& row) {
  auto items = dataset_formats::split_items(request.body);
  if (!items) {
    return responder.fail(WireError{400, "invalid-request", items.error().detail, {}});
  }
  const auto created = [responder, url = storage_url(services, kApi.collection, row.id)] {
    auto response = json_response(Json::object(), 201);
    response.headers.add("Location", url + "/items");
    responder.send(std::move(response));
  };
  if (items->empty()) return created();
  services.storages.push_items(row.id, std::move(*items), writer_of(request),
                               [&services, row, responder, created](const Status& done) {
                                 if (done) return charge_items(services, row, created);
                                 responder.fail(storage_error(done.error()));
                               });
}

void get_items(const Services& services, const Request& request, const Responder& responder,
               const StorageRow& row) {
  auto options = dataset_formats::read_options(request.query);
  if (!options) return responder.fail(options.error());
  using dataset_formats::Export;
  const auto part = request.method == "HEAD" ? Export::Part::kHeadersOnly : Export::Part::kAll;
  std::make_shared<Export>(services, row.id, std::move(*options), responder, part)->start();
}

}  // namespace

void add_dataset_routes(std::vector<Route>& routes, const Services& services) {
  add_metadata_routes(routes, services, kApi);
  const auto add = [&](std::string_view method, auto handler) {
    add_storage_routes(routes, services, kApi, method, kItems,
                       [&services, handler](const Request& request, const Responder& responder,
                                            const StorageRow& row) {
                         handler(services, request, responder, row);
                       });
  };
  add("POST", push_items);
  add("GET", get_items);
}

}  // namespace actuary::adapters::http::api
