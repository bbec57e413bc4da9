#include "tools/actuary/commands.h"
#include "tools/actuary/console.h"
#include "tools/actuary/engine_access.h"
#include "tools/actuary/exit_codes.h"

namespace actuary::tools {
namespace {

using adapters::client::at;
using adapters::client::Json;
using adapters::client::text_at;

/// One call to the engine's administration, and its answer to `show`.
int ask(const TokenArguments& arguments, std::string_view method, const std::string& path,
        const Json& body, const std::function<void(const Json&)>& show) {
  auto access = EngineAccess::open(data_folder(arguments.data));
  if (!access) {
    console::error(access.error().detail);
    return exit_code_of(access.error());
  }
  const auto answer = access->client().data(method, path, body.is_null() ? "" : body.dump());
  if (!answer) {
    console::error(answer.error().detail);
    return answer.error().code == Code::kInvalidArgument ? kUsage : kFailed;
  }
  show(*answer);
  return kSucceeded;
}

}  // namespace

int token_create_command(const TokenArguments& arguments) {
  Json body = Json::object();
  if (!arguments.user.empty()) body["user"] = arguments.user;
  // What is not UTF-8 makes no JSON.
  if (Json::parse(body.dump(-1, ' ', false, Json::error_handler_t::replace)) != body) {
    console::error("--user is not UTF-8");
    return kUsage;
  }
  return ask(arguments, "POST", "/actuary/v1/tokens", body, [&](const Json& made) {
    console::out(arguments.json ? made.dump(2) + "\n" : text_at(made, {"token"}) + "\n");
  });
}

int token_list_command(const TokenArguments& arguments) {
  return ask(arguments, "GET", "/actuary/v1/tokens", nullptr, [&](const Json& list) {
    const Json* items = at(list, {"items"});
    if (arguments.json || items == nullptr) return console::out(list.dump(2) + "\n");
    for (const Json& token : *items) {
      const std::string revoked = text_at(token, {"revokedAt"});
      console::out(text_at(token, {"id"}) + "  " + text_at(token, {"username"}) + "  " +
                   text_at(token, {"createdAt"}) + "  " + text_at(token, {"name"}) +
                   (revoked.empty() ? "" : "  revoked " + revoked) + "\n");
    }
  });
}

int token_revoke_command(const TokenArguments& arguments) {
  return ask(arguments, "DELETE",
             "/actuary/v1/tokens/" + adapters::client::percent_encode(arguments.token), nullptr,
             [&](const Json&) { console::note("revoked " + arguments.token); });
}

}  // namespace actuary::tools
