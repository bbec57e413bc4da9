#include "adapters/http/api/admin.h"

#include <unistd.h>

#include "adapters/http/api/admin_host.h"
#include "adapters/http/api/command_key.h"
#include "adapters/http/api/erasure.h"
#include "adapters/http/api/fields.h"
#include "adapters/http/api/history.h"
#include "adapters/http/api/personal.h"
#include "adapters/http/api/user_names.h"
#include "journal/codec/to_json.h"

namespace actuary::adapters::http::api {
namespace {

constexpr std::string_view kProgramVersion = "0.1.0";

Principal administrator(const Services& services) {
  return {PrincipalKind::kUser, services.local_user, TokenId{}, RunId{}, 0};
}

Answer<Response> status(const Services& services, const Request&) {
  const auto head = services.journal.head();
  Json shown{{"pid", ::getpid()},
             {"version", kProgramVersion},
             {"publicBaseUrl", services.public_base_url},
             {"isolation", services.isolation},
             {"journalId", head.id},
             {"format", head.format},
             {"term", services.executor.term()},
             {"position", services.executor.durable()},
             {"localUserId", services.local_user.view()}};
  if (services.read_only != nullptr) shown["readOnly"] = services.read_only->why;
  return data_response(shown);
}

Answer<Response> history(const Services& services, const Request& request) {
  const auto stream = find_stream(services, request.parameter("id"));
  if (!stream) return missing("Record");
  TRY(records, wire(services.journal.read_stream(*stream)));
  // Spliced as text: positions and nonces are exact 64-bit numbers there.
  std::string body = R"({"data":{"total":)" + std::to_string(records.size()) + R"(,"items":[)";
  for (const Record& record : records) {
    if (&record != &records.front()) body.push_back(',');
    body.append(journal::codec::to_json(record));
  }
  body.append("]}}");
  return Response{200, {{"Content-Type", "application/json; charset=utf-8"}}, std::move(body)};
}

/// So that it can be kept where whoever changes this host cannot change it.
Answer<Response> checkpoint(const Services& services, const Request&) {
  return Response{200, {{"Content-Type", "text/plain; charset=utf-8"}}, services.checkpoint()};
}

Answer<Response> list_tokens(const Services& services, const Request& request) {
  TRY(paging, paging_of(request.query));
  TRY(page, wire(services.views.accounts().tokens(paging)));
  Json items = Json::array();
  for (const auto& token : page.rows) {
    items.push_back({{"id", token.id.view()},
                     {"userId", token.user_id.view()},
                     {"username", username_of(services, token.user_id)},
                     {"name", personal_or_null(services, token.name)},
                     {"createdAt", to_iso(token.created_at)},
                     {"revokedAt", time_or_null(token.revoked_at)}});
  }
  return list_response(paging, page.total, std::move(items));
}

struct TokenWish {
  std::string username;
  std::string name;
};

Answer<TokenWish> wish_of(const Services& services, const Request& request) {
  TRY(body, body_of(request));
  TRY(username, text_field(body, "user"));
  TRY(name, text_field(body, "name"));
  TokenWish wish{username.value_or(std::string{}), name.value_or(std::string{})};
  if (wish.username.empty()) wish.username = username_of(services, services.local_user);
  if (wish.name.empty()) wish.name = "API token";
  return wish;
}

void make_token(const Services& services, const Request& request, const UserId& user_id,
                const TokenWish& wish, const Responder& responder) {
  const std::string token = services.secrets.new_token();
  const auto id = draw<TokenId>(services, request, "token");
  const auto name = wire(services.secrets.seal_personal({wish.name}, std::nullopt));
  if (!name) return responder.fail(name.error());
  const Json shown{{"token", token},
                   {"id", id.view()},
                   {"userId", user_id.view()},
                   {"username", wish.username},
                   {"name", wish.name}};
  submit(services,
         engine::account::Command{engine::account::CreateToken{user_id, id, name->front(),
                                                               services.secrets.token_hash(token)}},
         {administrator(services), request.command_id}, responder,
         [responder, shown] { responder.send(data_response(shown, 201)); });
}

void create_token(const Services& services, const Request& request, const Responder& responder) {
  if (was_accepted(services, request)) {
    return responder.fail({409,
                           "token-shown-once",
                           "This token was made already, and it is shown only once. Revoke it and "
                           "make another with a new key.",
                           {}});
  }
  const auto wish = wish_of(services, request);
  if (!wish) return responder.fail(wish.error());
  if (const auto known = find_user(services, wish->username)) {
    return make_token(services, request, *known, *wish, responder);
  }
  // Sent again, the user is there: only the token's command carries the key.
  create_user(services, wish->username, {administrator(services), CommandId{}}, responder,
              [&services, request, wish = *wish, responder](const UserId& id) {
                make_token(services, request, id, wish, responder);
              });
}

void revoke_token(const Services& services, const Request& request, const Responder& responder) {
  const auto id = TokenId::parse(request.parameter("tokenId"));
  if (!id) return responder.fail(record_not_found("Token"));
  const auto token = services.views.accounts().token(*id);
  if (!token) return responder.fail(token.error());
  if (!*token) return responder.fail(record_not_found("Token"));
  submit(services, engine::account::Command{engine::account::RevokeToken{(*token)->user_id, *id}},
         {administrator(services), request.command_id}, responder, [responder] {
           responder.send({204, {}, {}});
         });
}

void erase(const Services& services, const Request& request, const Responder& responder) {
  erase_personal(services, request, {administrator(services), request.command_id}, responder);
}

}  // namespace

Route local_only(std::string_view method, std::string_view pattern, Handler handler) {
  return {.method = method,
          .pattern = pattern,
          .handler =
              [handler = std::move(handler)](Request request, Responder responder) {
                if (!request.over_unix_socket) return responder.fail(page_not_found());
                handler(std::move(request), std::move(responder));
              },
          .auth = AuthMode::kNone};
}

void add_admin_routes(std::vector<Route>& routes, const Services& services) {
  const auto later = [&](void (*act)(const Services&, const Request&, const Responder&)) {
    return [&services, act](const Request& request, const Responder& responder) {
      act(services, request, responder);
    };
  };
  const auto now = [&](Answer<Response> (*act)(const Services&, const Request&)) {
    return at_once([&services, act](const Request& request) { return act(services, request); });
  };
  routes.push_back(local_only("GET", "/actuary/v1/status", now(status)));
  routes.push_back(local_only("GET", "/actuary/v1/history/{id}", now(history)));
  routes.push_back(local_only("GET", "/actuary/v1/audit/checkpoint", now(checkpoint)));
  routes.push_back(local_only("POST", "/actuary/v1/erasures/{id}", later(erase)));
  add_history_routes(routes, services);
  add_host_routes(routes, services);
  routes.push_back(local_only("GET", "/actuary/v1/tokens", now(list_tokens)));
  routes.push_back(local_only("POST", "/actuary/v1/tokens", later(create_token)));
  routes.push_back(local_only("DELETE", "/actuary/v1/tokens/{tokenId}", later(revoke_token)));
}

}  // namespace actuary::adapters::http::api
