#include "adapters/http/api/storage_common.h"

#include <algorithm>
#include <array>
#include <memory>

#include "adapters/http/api/command_key.h"
#include "adapters/http/api/fields.h"
#include "adapters/http/api/lookup.h"
#include "adapters/http/api/user_names.h"
#include "engine/policy/retention.h"
#include "engine/storage/commands.h"

namespace actuary::adapters::http::api {
namespace {

namespace storage = engine::storage;
using projections::runs::RunRow;

enum class Address : std::uint8_t { kDirect, kOfRun, kOfLastRun };

constexpr std::string_view kDefaultAccess = "FOLLOW_USER_SETTING";
constexpr std::array<std::string_view, 4> kAccesses{"RESTRICTED", "ANYONE_WITH_ID_CAN_READ",
                                                    "ANYONE_WITH_NAME_CAN_READ", kDefaultAccess};

/// A row that is there, of the right kind, and the caller's; all else looks the same from outside.
Answer<StorageRow> own(Result<std::optional<StorageRow>> row, const StorageApi& api,
                       const UserId& caller) {
  if (!row) return tl::unexpected<WireError>(wire_error(row.error()));
  if (!*row || (*row)->kind != api.kind || (*row)->user_id != caller) return missing(api.name);
  return **row;
}

/// Retention explains itself, from the journal: no row is left of what it has deleted. What its
/// user has deleted is simply gone.
WireError deleted_storage(const Services& services, const StorageApi& api, const UserId& caller,
                          const StorageId& id) {
  WireError error = record_not_found(api.name);
  const auto records = services.journal.read_stream(stream_of(id));
  if (!records || records->empty()) return error;
  const Record& last = records->back();
  const auto* created = std::get_if<events::StorageCreated>(&records->front().event);
  const auto* deleted = std::get_if<events::StorageDeleted>(&last.event);
  const bool by_retention = deleted != nullptr && last.principal.kind == PrincipalKind::kSystem;
  if (!by_retention || created == nullptr || created->user_id != caller ||
      created->kind != api.kind) {
    return error;
  }
  error.data = Json{{"createdAt", to_iso(records->front().recorded_at.utc)},
                    {"reason", deleted->reason},
                    {"deletedAt", to_iso(last.recorded_at.utc)}};
  return error;
}

/// So that retention knows what is in use; not each time, see StorageUsed.
void note_use(const Services& services, const Principal& caller, const StorageRow& row) {
  if (!row.name.empty() || !row.run_id.nil()) return;
  const auto every = engine::policy::use_recorded_every(services.executor.settings().retention);
  if (services.clock.now().utc - row.used_at < every) return;
  services.executor.submit({storage::Command(storage::Use{row.id}), caller, CommandId{}, 0, {}});
}

/// By id, `username~name`, or `~name` for one's own.
Answer<StorageRow> find_direct(const Services& services, const StorageApi& api,
                               const UserId& caller, std::string_view text) {
  const auto& storages = services.views.storages();
  const auto tilde = text.find('~');
  if (tilde == std::string_view::npos) {
    const auto id = StorageId::parse(text);
    if (!id) return missing(api.name);
    auto row = storages.get(*id);
    if (row && !*row) return tl::make_unexpected(deleted_storage(services, api, caller, *id));
    return own(std::move(row), api, caller);
  }
  UserId owner = caller;
  if (tilde > 0) {
    const auto user = find_user(services, text.substr(0, tilde));
    if (!user) return missing(api.name);
    owner = *user;
  }
  return own(storages.find(owner, api.kind, text.substr(tilde + 1)), api, caller);
}

StorageId default_storage(const RunRow& run, events::StorageKind kind) {
  switch (kind) {
    case events::StorageKind::kKeyValueStore:
      return run.key_value_store_id;
    case events::StorageKind::kDataset:
      return run.dataset_id;
    case events::StorageKind::kRequestQueue:
      return run.request_queue_id;
  }
  return {};
}

Answer<StorageRow> find_storage(const Services& services, const StorageApi& api, Address address,
                                const Request& request) {
  const Principal& caller = caller_of(request);
  if (address == Address::kDirect) {
    return find_direct(services, api, caller.user_id, request.parameter("storageId"));
  }
  TRY(run, address == Address::kOfRun ? find_run(services, caller, request.parameter("runId"))
                                      : find_last_run(services, request));
  return own(services.views.storages().get(default_storage(run, api.kind)), api, caller.user_id);
}

Json show(const Services& services, const StorageApi& api, const StorageRow& row,
          const StorageStats& stats) {
  const auto modified_at = std::max(row.modified_at, stats.modified_at);
  Json shown;
  shown["id"] = row.id.str();
  shown["name"] = text_or_null(row.name);
  shown["title"] = text_or_null(row.title);
  shown["userId"] = row.user_id.str();
  shown["username"] = username_of(services, row.user_id);
  shown["createdAt"] = to_iso(row.created_at);
  shown["modifiedAt"] = to_iso(modified_at);
  // Reads are counted, and dated by the day.
  shown["accessedAt"] = to_iso(std::max(row.used_at, modified_at));
  shown["actId"] = text_or_null(row.actor_id.view());
  shown["actRunId"] = text_or_null(row.run_id.view());
  api.describe(shown, services, row, stats);
  shown["consoleUrl"] = services.public_base_url + std::string(api.console) + row.id.str();
  shown["generalAccess"] =
      row.general_access.empty() ? std::string(kDefaultAccess) : row.general_access;
  return shown;
}

/// In a list: clients want a name of every dataset and every queue there, so an unnamed one has its
/// id as its name.
Json show_listed(const Services& services, const StorageApi& api, const StorageRow& row,
                 const StorageStats& stats) {
  Json shown = show(services, api, row, stats);
  const bool may_lack_it = api.kind == events::StorageKind::kKeyValueStore;
  if (row.name.empty() && !may_lack_it) shown["name"] = row.id.str();
  return shown;
}

void answer_shown(const Services& services, const StorageApi& api, const StorageRow& row,
                  int status, const Responder& responder) {
  services.storages.stats(
      row.id, [&services, &api, row, status, responder](const Result<StorageStats>& stats) {
        if (!stats) return responder.fail(storage_error(stats.error()));
        auto response = data_response(show(services, api, row, *stats), status);
        if (status == 201) {
          response.headers.add("Location", storage_url(services, api.collection, row.id));
        }
        responder.send(std::move(response));
      });
}

/// After a command: the row as the command left it.
void answer_fresh(const Services& services, const StorageApi& api, const StorageId& id, int status,
                  const UserId& caller, const Responder& responder) {
  const auto row = own(services.views.storages().get(id), api, caller);
  if (!row) return responder.fail(row.error());
  answer_shown(services, api, *row, status, responder);
}

void get_or_create(const Services& services, const StorageApi& api, const Request& request,
                   const Responder& responder) {
  const UserId caller = caller_of(request).user_id;
  const std::string name(request.query.find("name").value_or(""));
  const auto body = body_of(request);
  if (!body) return responder.fail(body.error());
  const auto title = text_field(*body, "title");
  if (!title) return responder.fail(title.error());
  auto existing = services.views.storages().find(caller, api.kind, name);
  if (!existing) return responder.fail(existing.error());
  if (*existing) {
    const int status = was_accepted(services, request) ? 201 : 200;
    return answer_shown(services, api, **existing, status, responder);
  }

  const auto id = draw<StorageId>(services, request, "storage");
  const auto reply = [&services, &api, id, name, caller, responder](const Result<Position>& done) {
    if (done) return answer_fresh(services, api, id, 201, caller, responder);
    if (done.error().code != Code::kNotUnique) return responder.fail(done.error());
    // Somebody else made it while this command waited.
    const auto row = services.views.storages().find(caller, api.kind, name);
    if (!row || !*row) return responder.fail(done.error());
    answer_shown(services, api, **row, 200, responder);
  };
  storage::Create create{id, api.kind, caller, name, title->value_or("")};
  services.executor.submit(
      {storage::Command(std::move(create)), caller_of(request), request.command_id, 0, reply});
}

Answer<storage::Change> read_change(const StorageId& id, const Json& body) {
  storage::Change change{id, {}, {}, {}};
  TRY(name, text_field(body, "name"));
  TRY(title, text_field(body, "title"));
  TRY(access, text_field(body, "generalAccess"));
  const auto known = [&](std::string_view each) { return access == std::string(each); };
  if (access && std::none_of(kAccesses.begin(), kAccesses.end(), known)) {
    return refuse(400, "param-not-one-of", "Field \"generalAccess\" is not a known access.");
  }
  change.name = std::move(name);
  change.title = std::move(title);
  change.general_access = std::move(access);
  return change;
}

void change(const Services& services, const StorageApi& api, const Request& request,
            const Responder& responder, const StorageRow& row) {
  const auto body = body_of(request);
  if (!body) return responder.fail(body.error());
  auto command = read_change(row.id, *body);
  if (!command) return responder.fail(command.error());
  const UserId caller = caller_of(request).user_id;
  submit(services, storage::Command(std::move(*command)), asker_of(request), responder,
         [&services, &api, id = row.id, caller, responder] {
           answer_fresh(services, api, id, 200, caller, responder);
         });
}

void remove(const Services& services, const StorageApi& api, const Request& request,
            const Responder& responder, const StorageRow& row) {
  // When somebody else deleted it first the answer is the same as it would be a moment later.
  const auto spelling = [&api](const Error& error) {
    return error.code == Code::kNotFound ? record_not_found(api.name) : wire_error(error);
  };
  submit(
      services, storage::Command(storage::Delete{row.id, "deleted by its user"}), asker_of(request),
      responder,
      [responder] {
        responder.send({204, {}, {}});
      },
      spelling);
}

/// Renders the rows of a page one after the other, because each one's counts come from the port.
class Listing : public std::enable_shared_from_this<Listing> {
 public:
  Listing(const Services& services, const StorageApi& api, Responder responder, Paging paging,
          projections::rows::Page<StorageRow> page)
      : services_(services),
        api_(api),
        responder_(std::move(responder)),
        paging_(paging),
        page_(std::move(page)) {}

  void go_on() {
    if (items_.size() == page_.rows.size()) return finish();
    const auto& row = page_.rows[items_.size()];
    const auto self = shared_from_this();
    services_.storages.stats(row.id, [self](const Result<StorageStats>& stats) {
      if (!stats) return self->responder_.fail(storage_error(stats.error()));
      const auto& row = self->page_.rows[self->items_.size()];
      self->items_.push_back(show_listed(self->services_, self->api_, row, *stats));
      self->go_on();
    });
  }

 private:
  void finish() { responder_.send(list_response(paging_, page_.total, std::move(items_))); }

  const Services& services_;
  const StorageApi& api_;
  const Responder responder_;
  const Paging paging_;
  const projections::rows::Page<StorageRow> page_;
  Json items_ = Json::array();
};

Answer<void> list(const Services& services, const StorageApi& api, const Request& request,
                  const Responder& responder) {
  using projections::storages::Naming;
  TRY(paging, paging_of(request.query));
  TRY(unnamed, wire(request.query.boolean_or("unnamed", false)));
  projections::rows::Page<StorageRow> page;
  // Nothing is shared between users yet.
  if (request.query.find("ownership").value_or("") != "sharedWithMe") {
    const auto naming = unnamed ? Naming::kAlsoUnnamed : Naming::kNamedOnly;
    TRY(mine, wire(services.views.storages().list({caller_of(request).user_id, api.kind, naming},
                                                  paging)));
    page = std::move(mine);
  }
  std::make_shared<Listing>(services, api, responder, paging, std::move(page))->go_on();
  return {};
}

}  // namespace

void add_storage_routes(std::vector<Route>& routes, const Services& services, const StorageApi& api,
                        std::string_view method, const StoragePaths& paths, StorageHandler handler,
                        BodyRule body) {
  const auto add = [&](std::string_view pattern, Address address) {
    Route route{method, pattern, {}, body.mode, AuthMode::kRequired, body.bytes_max};
    route.handler = [&services, &api, address, handler](Request request, Responder responder) {
      auto row = find_storage(services, api, address, request);
      if (!row) return responder.fail(row.error());
      note_use(services, caller_of(request), *row);
      handler(std::move(request), std::move(responder), std::move(*row));
    };
    routes.push_back(std::move(route));
  };
  add(paths.direct, Address::kDirect);
  add(paths.of_run, Address::kOfRun);
  add(paths.of_last_run, Address::kOfLastRun);
}

void add_metadata_routes(std::vector<Route>& routes, const Services& services,
                         const StorageApi& api) {
  routes.push_back(
      {"POST", api.collection, [&](const Request& request, const Responder& responder) {
         get_or_create(services, api, request, responder);
       }});
  routes.push_back({"GET", api.collection, [&](const Request& request, const Responder& responder) {
                      const auto begun = list(services, api, request, responder);
                      if (!begun) responder.fail(begun.error());
                    }});
  const auto add = [&](std::string_view method, StorageHandler handler) {
    add_storage_routes(routes, services, api, method, api.paths, std::move(handler));
  };
  add("GET", [&](const Request&, const Responder& responder, const StorageRow& row) {
    answer_shown(services, api, row, 200, responder);
  });
  add("PUT", [&](const Request& request, const Responder& responder, const StorageRow& row) {
    change(services, api, request, responder, row);
  });
  add("DELETE", [&](const Request& request, const Responder& responder, const StorageRow& row) {
    remove(services, api, request, responder, row);
  });
}

std::optional<engine::ports::Writer> writer_of(const Request& request) {
  const Principal& caller = caller_of(request);
  if (caller.kind != PrincipalKind::kRun) return std::nullopt;
  return engine::ports::Writer{caller.run_id, caller.epoch};
}

WireError storage_error(const Error& error) {
  if (error.code != Code::kFenced) return wire_error(error);
  return {403,
          "insufficient-permissions",
          "This token belongs to an attempt of its run that is over: it may no longer write.",
          {}};
}

std::string storage_url(const Services& services, std::string_view collection,
                        const StorageId& id) {
  return services.public_base_url + std::string(collection) + "/" + id.str();
}

}  // namespace actuary::adapters::http::api
