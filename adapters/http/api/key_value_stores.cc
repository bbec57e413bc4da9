#include "adapters/http/api/key_value_stores.h"

#include <algorithm>

#include "adapters/http/api/storage_common.h"
#include "adapters/http/body_decoder.h"

namespace actuary::adapters::http::api {
namespace {

using engine::ports::KeyPage;
using engine::ports::KeyValueRecord;

/// A record is held in memory while it is received, so this is less than what a store can hold.
constexpr std::size_t kRecordBytesMax = std::size_t{256} << 20U;
/// Decoding holds up everybody else; what is larger goes out as it is stored.
constexpr std::size_t kDecodedBytesMax = std::size_t{32} << 20U;
constexpr std::size_t kKeyBytesMax = 256;
constexpr std::int64_t kKeysPerPageMax = 1000;

void describe(Json& shown, const Services& services, const StorageRow& row,
              const StorageStats& stats) {
  const auto url = storage_url(services, "/v2/key-value-stores", row.id);
  shown["keysPublicUrl"] = url + "/keys";
  shown["recordsPublicUrl"] = url + "/records";
  shown["stats"] = {{"readCount", stats.read_count},     {"writeCount", stats.write_count},
                    {"deleteCount", stats.delete_count}, {"listCount", stats.list_count},
                    {"s3StorageBytes", stats.bytes},     {"storageBytes", stats.bytes}};
}

constexpr StorageApi kApi{
    events::StorageKind::kKeyValueStore,
    "Key-value store",
    "/v2/key-value-stores",
    "/storage/key-value-stores/",
    {"/v2/key-value-stores/{storageId}", "/v2/actor-runs/{runId}/key-value-store",
     "/v2/actors/{actorId}/runs/last/key-value-store"},
    describe};
constexpr StoragePaths kKeys{"/v2/key-value-stores/{storageId}/keys",
                             "/v2/actor-runs/{runId}/key-value-store/keys",
                             "/v2/actors/{actorId}/runs/last/key-value-store/keys"};
constexpr StoragePaths kRecord{
    "/v2/key-value-stores/{storageId}/records/{recordKey}",
    "/v2/actor-runs/{runId}/key-value-store/records/{recordKey}",
    "/v2/actors/{actorId}/runs/last/key-value-store/records/{recordKey}"};

bool valid_key(std::string_view key) {
  constexpr std::string_view kMarks = "!-_.'()";
  const auto allowed = [&](char c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return letter || (c >= '0' && c <= '9') || kMarks.find(c) != std::string_view::npos;
  };
  return !key.empty() && key.size() <= kKeyBytesMax && std::all_of(key.begin(), key.end(), allowed);
}

WireError invalid_key() {
  return {400,
          "invalid-record-key",
          "The record key must have 1 to 256 characters out of a-zA-Z0-9!-_.'()",
          {}};
}

std::string record_url(const Services& services, const StorageRow& row, const std::string& key) {
  return storage_url(services, kApi.collection, row.id) + "/records/" + key;
}

void put_record(const Services& services, Request request, const Responder& responder,
                const StorageRow& row) {
  const std::string key = request.parameter("recordKey");
  if (!valid_key(key)) return responder.fail(invalid_key());
  std::string encoding(trim(request.headers.get("Content-Encoding")));
  if (equal_without_case(encoding, "identity")) encoding.clear();
  // What nobody could undo later is refused now.
  if (BodyDecoder::make(encoding) == nullptr) {
    return responder.fail(unsupported_content_encoding(encoding));
  }
  std::string type(request.headers.get("Content-Type"));
  if (type.empty()) type = "application/octet-stream";
  const auto writer = writer_of(request);
  services.storages.put_record(
      row.id, key, {std::move(type), std::move(encoding), std::move(request.body)}, writer,
      [responder, url = record_url(services, row, key)](const Status& done) {
        if (done) {
          auto response = json_response(Json::object(), 201);
          response.headers.add("Location", url);
          return responder.send(std::move(response));
        }
        auto error = storage_error(done.error());
        if (error.status == 413) error.type = "record-too-large";
        responder.fail(error);
      });
}

/// Whether `Accept-Encoding` lets a stored encoding through as it is.
bool accepts(const Headers& headers, std::string_view encoding) {
  for (const auto& [name, value] : headers.fields()) {
    if (!equal_without_case(name, "Accept-Encoding")) continue;
    for (const std::string_view item : split_list(value)) {
      const auto semicolon = item.find(';');
      const auto coding = trim(item.substr(0, semicolon));
      if (!equal_without_case(coding, encoding) && coding != "*") continue;
      if (semicolon == std::string_view::npos) return true;
      // `q=0`, `q=0.0`: named to be refused.
      const auto weight = item.substr(semicolon + 1);
      return weight.find_first_of("123456789") != std::string_view::npos;
    }
  }
  return false;
}

/// The value as text that needs no decoding; nothing when it does not decode, or to too much.
std::optional<std::string> decoded(const KeyValueRecord& record) {
  const auto decoder = BodyDecoder::make(record.content_encoding);
  std::string plain;
  const bool fine =
      decoder != nullptr &&
      decoder->feed(record.value, kDecodedBytesMax, plain) == BodyDecoder::Outcome::kFine &&
      decoder->complete();
  if (!fine) return std::nullopt;
  return plain;
}

Response show_record(const Request& request, KeyValueRecord record, const std::string& key,
                     bool attachment) {
  Response response{200, {{"Content-Type", record.content_type}}, {}};
  // What an Actor stored must not act in the name of this server.
  response.headers.add("Content-Security-Policy", "sandbox");
  response.headers.add("Vary", "Accept-Encoding");
  if (attachment) {
    response.headers.add("Content-Disposition", "attachment; filename=\"" + key + "\"");
  }
  const bool encoded = !record.content_encoding.empty();
  if (encoded && !accepts(request.headers, record.content_encoding)) {
    if (auto plain = decoded(record)) {
      response.body = std::move(*plain);
      return response;
    }
  }
  if (encoded) response.headers.add("Content-Encoding", record.content_encoding);
  response.body = std::move(record.value);
  return response;
}

void get_record(const Services& services, Request request, const Responder& responder,
                const StorageRow& row) {
  const std::string key = request.parameter("recordKey");
  if (!valid_key(key)) return responder.fail(invalid_key());
  const auto attachment = request.query.boolean_or("attachment", false);
  if (!attachment) return responder.fail(attachment.error());
  services.storages.get_record(
      row.id, key, {},
      [request = std::move(request), responder, key,
       attachment = *attachment](Result<KeyValueRecord> record) {
        if (record) {
          return responder.send(show_record(request, std::move(*record), key, attachment));
        }
        if (record.error().code == Code::kNotFound) {
          return responder.fail(record_not_found("Record"));
        }
        responder.fail(storage_error(record.error()));
      });
}

void delete_record(const Services& services, const Request& request, const Responder& responder,
                   const StorageRow& row) {
  const auto& key = request.parameter("recordKey");
  if (!valid_key(key)) return responder.fail(invalid_key());
  services.storages.delete_record(row.id, key, writer_of(request), [responder](const Status& done) {
    const bool gone = done || done.error().code == Code::kNotFound;
    if (gone) return responder.send({204, {}, {}});
    responder.fail(storage_error(done.error()));
  });
}

struct KeysQuery {
  std::string after;
  std::string prefix;
  std::size_t limit = kKeysPerPageMax;
};

Result<KeysQuery> read_keys_query(const Query& query) {
  TRY(limit, query.integer("limit", 0, INT64_MAX));
  const auto wanted = limit.value_or(0) == 0 ? kKeysPerPageMax : *limit;
  return KeysQuery{std::string(query.find("exclusiveStartKey").value_or("")),
                   std::string(query.find("prefix").value_or("")),
                   static_cast<std::size_t>(std::min(wanted, kKeysPerPageMax))};
}

Json show_keys(const Services& services, const StorageRow& row, const KeysQuery& query,
               const KeyPage& page) {
  Json items = Json::array();
  for (const auto& [key, bytes] : page.keys) {
    items.push_back(
        {{"key", key}, {"size", bytes}, {"recordPublicUrl", record_url(services, row, key)}});
  }
  Json shown;
  shown["count"] = items.size();
  shown["items"] = std::move(items);
  shown["limit"] = query.limit;
  shown["exclusiveStartKey"] = query.after.empty() ? Json(nullptr) : Json(query.after);
  shown["isTruncated"] = page.truncated;
  // Clients go on until this is null.
  shown["nextExclusiveStartKey"] =
      page.truncated && !page.keys.empty() ? Json(page.keys.back().key) : Json(nullptr);
  return shown;
}

void list_keys(const Services& services, const Request& request, const Responder& responder,
               const StorageRow& row) {
  const auto query = read_keys_query(request.query);
  if (!query) return responder.fail(query.error());
  if (!request.query.find("collection").value_or("").empty()) {
    return responder.fail(
        WireError{400, "invalid-collection", "The store has no schema with collections.", {}});
  }
  services.storages.list_keys(
      row.id, query->after, query->prefix, query->limit,
      [&services, responder, row, query = *query](const Result<KeyPage>& page) {
        if (!page) return responder.fail(storage_error(page.error()));
        responder.send(data_response(show_keys(services, row, query, *page)));
      });
}

}  // namespace

void add_key_value_store_routes(std::vector<Route>& routes, const Services& services) {
  add_metadata_routes(routes, services, kApi);
  const auto add = [&](std::string_view method, const StoragePaths& paths, auto handler,
                       BodyRule body = {}) {
    add_storage_routes(
        routes, services, kApi, method, paths,
        [&services, handler](Request request, const Responder& responder, const StorageRow& row) {
          handler(services, std::move(request), responder, row);
        },
        body);
  };
  add("GET", kKeys, list_keys);
  add("GET", kRecord, get_record);
  add("PUT", kRecord, put_record, {BodyMode::kAsSent, kRecordBytesMax});
  add("POST", kRecord, put_record, {BodyMode::kAsSent, kRecordBytesMax});
  add("DELETE", kRecord, delete_record);
}

}  // namespace actuary::adapters::http::api
