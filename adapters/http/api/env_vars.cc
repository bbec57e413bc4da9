#include "adapters/http/api/env_vars.h"

#include <algorithm>

#include "adapters/http/api/command_key.h"
#include "adapters/http/api/fields.h"
#include "adapters/http/api/render.h"
#include "adapters/http/api/versions.h"

namespace actuary::adapters::http::api {
namespace {

using EnvVars = std::vector<events::EnvVar>;

constexpr std::string_view kWhat = "Environment variable";

EnvVars::iterator find_variable(EnvVars& variables, std::string_view name) {
  return std::find_if(variables.begin(), variables.end(),
                      [&](const events::EnvVar& each) { return each.name == name; });
}

/// One variable is a part of its version: changing it replaces the version.
void put(const Services& services, const Request& request, const Responder& responder,
         NamedVersion named, std::function<void()> done) {
  engine::actor::PutVersion command{named.actor_id, std::move(named.version),
                                    engine::actor::IfExists::kReplace};
  submit(services, engine::actor::Command{std::move(command)}, asker_of(request), responder,
         std::move(done));
}

void put_one(const Services& services, const Request& request, const Responder& responder,
             NamedVersion named, const events::EnvVar& variable, int status) {
  const auto answer = [responder, shown = render_env_var(variable), status] {
    responder.send(data_response(shown, status));
  };
  const auto slot = find_variable(named.version.env_vars, variable.name);
  if (slot == named.version.env_vars.end()) {
    named.version.env_vars.push_back(variable);
  } else {
    *slot = variable;
  }
  put(services, request, responder, std::move(named), answer);
}

Answer<events::EnvVar> variable_of(const Services& services, const Request& request,
                                   const NamedVersion& named, std::string_view name_of_path) {
  TRY(body, body_of(request));
  if (!name_of_path.empty() && find_field(body, "name") == nullptr) body["name"] = name_of_path;
  TRY(variable, read_env_var(services, body, named.version.env_vars));
  if (!name_of_path.empty() && variable.name != name_of_path) {
    return refuse(400, "cannot-rename-env-var", "An environment variable cannot be renamed.");
  }
  return variable;
}

void create(const Services& services, const Request& request, const Responder& responder) {
  auto named = find_version(services, request);
  if (!named) return responder.fail(named.error());
  const auto variable = variable_of(services, request, *named, {});
  if (!variable) return responder.fail(variable.error());
  if (find_variable(named->version.env_vars, variable->name) != named->version.env_vars.end() &&
      !was_accepted(services, request)) {
    return responder.fail({400,
                           "env-var-already-exists",
                           "Environment variable \"" + variable->name + "\" already exists.",
                           {}});
  }
  put_one(services, request, responder, std::move(*named), *variable, 201);
}

void replace(const Services& services, const Request& request, const Responder& responder) {
  auto named = find_version(services, request);
  if (!named) return responder.fail(named.error());
  const auto& name = request.parameter("envVarName");
  if (find_variable(named->version.env_vars, name) == named->version.env_vars.end()) {
    return responder.fail(record_not_found(kWhat));
  }
  const auto variable = variable_of(services, request, *named, name);
  if (!variable) return responder.fail(variable.error());
  put_one(services, request, responder, std::move(*named), *variable, 200);
}

void remove(const Services& services, const Request& request, const Responder& responder) {
  auto named = find_version(services, request);
  if (!named) return responder.fail(named.error());
  const auto slot = find_variable(named->version.env_vars, request.parameter("envVarName"));
  if (slot == named->version.env_vars.end()) return responder.fail(record_not_found(kWhat));
  named->version.env_vars.erase(slot);
  put(services, request, responder, std::move(*named), [responder] {
    responder.send({204, {}, {}});
  });
}

Answer<Response> list(const Services& services, const Request& request) {
  TRY(named, find_version(services, request));
  Json items = Json::array();
  for (const auto& variable : named.version.env_vars) items.push_back(render_env_var(variable));
  return data_response({{"total", items.size()}, {"items", std::move(items)}});
}

Answer<Response> get(const Services& services, const Request& request) {
  TRY(named, find_version(services, request));
  const auto found = find_variable(named.version.env_vars, request.parameter("envVarName"));
  if (found == named.version.env_vars.end()) return missing(kWhat);
  return data_response(render_env_var(*found));
}

}  // namespace

void add_env_var_routes(std::vector<Route>& routes, const Services& services) {
  const auto later = [&](void (*act)(const Services&, const Request&, const Responder&)) {
    return [&services, act](const Request& request, const Responder& responder) {
      act(services, request, responder);
    };
  };
  const auto now = [&](Answer<Response> (*act)(const Services&, const Request&)) {
    return at_once([&services, act](const Request& request) { return act(services, request); });
  };
  constexpr std::string_view kAll = "/v2/actors/{actorId}/versions/{versionNumber}/env-vars";
  constexpr std::string_view kOne =
      "/v2/actors/{actorId}/versions/{versionNumber}/env-vars/{envVarName}";
  routes.push_back({"GET", kAll, now(list)});
  routes.push_back({"POST", kAll, later(create)});
  routes.push_back({"GET", kOne, now(get)});
  routes.push_back({"PUT", kOne, later(replace)});
  routes.push_back({"POST", kOne, later(replace)});
  routes.push_back({"DELETE", kOne, later(remove)});
}

}  // namespace actuary::adapters::http::api
