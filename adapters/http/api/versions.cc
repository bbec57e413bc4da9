#include "adapters/http/api/versions.h"

#include <algorithm>

#include "adapters/http/api/fields.h"
#include "adapters/http/api/lookup.h"
#include "adapters/http/api/render.h"

namespace actuary::adapters::http::api {
namespace {

using engine::actor::IfExists;

Answer<std::size_t> check_file(const Json& file) {
  if (!file.is_object()) return refuse(400, "invalid-value", "sourceFiles must hold objects");
  const Json* name = find_field(file, "name");
  if (name == nullptr || !name->is_string() || name->get_ref<const std::string&>().empty()) {
    return refuse(400, "invalid-value", "sourceFiles: every file needs a name");
  }
  TRY(folder, boolean_field(file, "folder"));
  if (folder.value_or(false)) return 0;
  TRY(format, text_field(file, "format"));
  if (format && !format->empty() && *format != "TEXT" && *format != "BASE64") {
    return refuse(400, "invalid-value", "sourceFiles: format must be TEXT or BASE64");
  }
  const Json* content = find_field(file, "content");
  if (content == nullptr) return 0;
  if (!content->is_string()) {
    return refuse(400, "invalid-value", "sourceFiles: content must be a string");
  }
  const std::size_t bytes = content->get_ref<const std::string&>().size();
  return format && *format == "BASE64" ? bytes / 4 * 3 : bytes;
}

Answer<std::string> put_source(const Services& services, const Json& files) {
  if (!files.is_array()) return refuse(400, "invalid-value", "sourceFiles must be an array");
  std::size_t bytes = 0;
  for (const Json& file : files) {
    TRY(size, check_file(file));
    bytes += size;
  }
  if (bytes > kSourceBytesMax) {
    return refuse(400, "versions-size-exceeded",
                  "sourceFiles have " + std::to_string(bytes) + " bytes, more than the " +
                      std::to_string(kSourceBytesMax) + " that a version may have");
  }
  return wire(services.blobs.put(files.dump()));
}

std::string_view url_field(events::SourceType type) {
  switch (type) {
    case events::SourceType::kGitRepo:
      return "gitRepoUrl";
    case events::SourceType::kTarball:
      return "tarballUrl";
    case events::SourceType::kGithubGist:
      return "gitHubGistUrl";
    case events::SourceType::kSourceFiles:
    case events::SourceType::kSourceCode:
      break;
  }
  return {};
}

Answer<void> read_source(const Services& services, const Json& body,
                         events::ActorVersion& version) {
  TRY(type, text_field(body, "sourceType"));
  if (type && !type->empty()) {
    const auto parsed = events::parse_source_type(*type);
    if (!parsed) return refuse(400, "invalid-value", "sourceType: \"" + *type + "\" is unknown");
    if (*parsed != version.source_type) version.source_digest = version.source_url = "";
    version.source_type = *parsed;
  }
  if (const Json* files = find_field(body, "sourceFiles")) {
    TRY(digest, put_source(services, *files));
    version.source_digest = std::move(digest);
  }
  if (const auto field = url_field(version.source_type); !field.empty()) {
    TRY(url, text_field(body, field));
    if (url) version.source_url = std::move(*url);
  }
  return {};
}

WireError spell_version(const Error& error) {
  if (error.code == Code::kNotUnique) return {400, "version-already-exists", error.detail, {}};
  if (error.code == Code::kLimitExceeded) return {400, "too-many-versions", error.detail, {}};
  return wire_error(error);
}

/// Answers with the version from the views.
void answer_version(const Services& services, const ActorId& actor_id, const std::string& number,
                    const Responder& responder, int status) {
  const auto actor = services.views.actors().get(actor_id);
  if (!actor) return responder.fail(actor.error());
  const auto* version = *actor ? projections::actors::find_version(**actor, number) : nullptr;
  if (version == nullptr) return responder.fail(record_not_found("Version"));
  const auto rendered = render_version(services, *version);
  rendered ? responder.send(data_response(*rendered, status)) : responder.fail(rendered.error());
}

void put(const Services& services, const Request& request, const Responder& responder,
         engine::actor::PutVersion command, int status) {
  const auto actor_id = command.actor_id;
  const auto number = command.version.number;
  submit(
      services, engine::actor::Command{std::move(command)}, asker_of(request), responder,
      [&services, actor_id, number, responder, status] {
        answer_version(services, actor_id, number, responder, status);
      },
      spell_version);
}

void create(const Services& services, const Request& request, const Responder& responder) {
  const auto actor = find_actor(services, request, Access::kOwn);
  if (!actor) return responder.fail(actor.error());
  const auto body = body_of(request);
  if (!body) return responder.fail(body.error());
  auto version = read_version(services, *body, new_version());
  if (!version) return responder.fail(version.error());
  put(services, request, responder, {actor->id, std::move(*version), IfExists::kRefuse}, 201);
}

/// Creates it too, as the platform does.
void replace(const Services& services, const Request& request, const Responder& responder) {
  const auto actor = find_actor(services, request, Access::kOwn);
  if (!actor) return responder.fail(actor.error());
  const auto body = body_of(request);
  if (!body) return responder.fail(body.error());
  const auto before = find_version(services, request);
  events::ActorVersion base = before ? before->version : new_version();
  base.number = request.parameter("versionNumber");
  auto version = read_version(services, *body, std::move(base));
  if (!version) return responder.fail(version.error());
  if (version->number != request.parameter("versionNumber")) {
    return responder.fail({400, "invalid-value", "versionNumber must be the one of the path", {}});
  }
  put(services, request, responder, {actor->id, std::move(*version), IfExists::kReplace}, 200);
}

void remove(const Services& services, const Request& request, const Responder& responder) {
  const auto actor = find_actor(services, request, Access::kOwn);
  if (!actor) return responder.fail(actor.error());
  submit(services,
         engine::actor::Command{
             engine::actor::DeleteVersion{actor->id, request.parameter("versionNumber")}},
         asker_of(request), responder, [responder] {
           responder.send({204, {}, {}});
         });
}

Answer<Response> list(const Services& services, const Request& request) {
  TRY(actor, find_actor(services, request, Access::kOwn));
  Json items = Json::array();
  for (const auto& version : actor.versions) {
    TRY(rendered, render_version(services, version));
    items.push_back(std::move(rendered));
  }
  return data_response({{"total", items.size()}, {"items", std::move(items)}});
}

Answer<Response> get_version(const Services& services, const Request& request) {
  TRY(named, find_version(services, request));
  TRY(rendered, render_version(services, named.version));
  return data_response(rendered);
}

}  // namespace

events::ActorVersion new_version() {
  events::ActorVersion version;
  version.build_tag = "latest";
  return version;
}

Answer<events::EnvVar> read_env_var(const Services& services, const Json& body,
                                    const std::vector<events::EnvVar>& before) {
  if (!body.is_object()) return refuse(400, "invalid-value", "envVars must hold objects");
  TRY(name, text_field(body, "name"));
  if (!name || name->empty()) return refuse(400, "invalid-value", "envVars: name is required");
  TRY(value, text_field(body, "value"));
  // A process could not be given them: its environment is texts that end with a zero byte, and a
  // name ends where `=` stands.
  constexpr std::string_view kNoName("=\0", 2);
  if (name->find_first_of(kNoName) != std::string::npos) {
    return refuse(400, "invalid-value", "envVars: a name must not hold \"=\" or a zero byte");
  }
  if (value && value->find('\0') != std::string::npos) {
    return refuse(400, "invalid-value", "envVars: a value must not hold a zero byte");
  }
  TRY(secret, boolean_field(body, "isSecret"));
  const auto old = std::find_if(before.begin(), before.end(),
                                [&](const events::EnvVar& each) { return each.name == *name; });
  const bool known = old != before.end();
  events::EnvVar variable{std::move(*name), {}, secret.value_or(known && old->is_secret)};
  if (value) {
    variable.value = variable.is_secret ? services.secrets.seal(*value) : std::move(*value);
  } else if (known && old->is_secret == variable.is_secret) {
    variable.value = old->value;
  } else if (variable.is_secret) {
    variable.value = services.secrets.seal(known ? old->value : "");
  }
  // A secret stays one: nobody reads it back by asking for less.
  if (known && old->is_secret && !variable.is_secret && !value) variable = *old;
  return variable;
}

Answer<events::ActorVersion> read_version(const Services& services, const Json& body,
                                          events::ActorVersion base) {
  if (!body.is_object()) return refuse(400, "invalid-value", "a version must be an object");
  TRY(number, text_field(body, "versionNumber"));
  if (number && !number->empty()) base.number = std::move(*number);
  if (base.number.empty()) return refuse(400, "invalid-value", "versionNumber is required");
  TRY(tag, text_field(body, "buildTag"));
  if (tag) base.build_tag = std::move(*tag);
  TRY(apply, boolean_field(body, "applyEnvVarsToBuild"));
  if (apply) base.apply_env_vars_to_build = *apply;
  TRY_VOID(read_source(services, body, base));
  const Json* variables = find_field(body, "envVars");
  if (variables == nullptr) return base;
  if (!variables->is_array()) return refuse(400, "invalid-value", "envVars must be an array");
  std::vector<events::EnvVar> env_vars;
  for (const Json& each : *variables) {
    TRY(variable, read_env_var(services, each, base.env_vars));
    env_vars.push_back(std::move(variable));
  }
  base.env_vars = std::move(env_vars);
  return base;
}

Answer<NamedVersion> find_version(const Services& services, const Request& request) {
  TRY(actor, find_actor(services, request, Access::kOwn));
  const auto* facts = services.executor.directory().find_actor(actor.id);
  if (facts == nullptr) return missing("Actor");
  const auto version = facts->versions.find(request.parameter("versionNumber"));
  if (version == facts->versions.end()) return missing("Version");
  return NamedVersion{actor.id, version->second};
}

void add_version_routes(std::vector<Route>& routes, const Services& services) {
  const auto later = [&](void (*act)(const Services&, const Request&, const Responder&)) {
    return [&services, act](const Request& request, const Responder& responder) {
      act(services, request, responder);
    };
  };
  const auto now = [&](Answer<Response> (*act)(const Services&, const Request&)) {
    return at_once([&services, act](const Request& request) { return act(services, request); });
  };
  constexpr std::string_view kOne = "/v2/actors/{actorId}/versions/{versionNumber}";
  routes.push_back({"GET", "/v2/actors/{actorId}/versions", now(list)});
  routes.push_back({"POST", "/v2/actors/{actorId}/versions", later(create)});
  routes.push_back({"GET", kOne, now(get_version)});
  routes.push_back({"PUT", kOne, later(replace)});
  routes.push_back({"POST", kOne, later(replace)});
  routes.push_back({"DELETE", kOne, later(remove)});
}

}  // namespace actuary::adapters::http::api
