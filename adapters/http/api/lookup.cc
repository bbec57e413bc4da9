#include "adapters/http/api/lookup.h"

#include "adapters/http/api/user_names.h"

namespace actuary::adapters::http::api {
namespace {

using projections::actors::ActorRow;
using projections::builds::BuildRow;
using projections::runs::RunRow;

constexpr std::string_view kActor = "Actor";
constexpr std::string_view kRun = "Actor run";
constexpr std::string_view kBuild = "Actor build";

std::optional<UserId> owner_of(const Services& services, const Request& request,
                               std::string_view text) {
  if (text.empty()) {
    return request.principal ? std::optional(request.principal->user_id) : std::nullopt;
  }
  if (const auto user = find_user(services, text)) return user;
  const auto id = UserId::parse(text);
  return id ? std::optional(*id) : std::nullopt;
}

Result<std::optional<ActorRow>> actor_by_text(const Services& services, const Request& request,
                                              std::string_view text) {
  const auto& actors = services.views.actors();
  const auto separator = text.find_first_of("~/");
  if (separator == std::string_view::npos) {
    const auto id = ActorId::parse(text);
    return id ? actors.get(*id) : std::optional<ActorRow>{};
  }
  const auto owner = owner_of(services, request, text.substr(0, separator));
  if (!owner) return std::optional<ActorRow>{};
  return actors.find(*owner, text.substr(separator + 1));
}

/// Retention explains itself; what its user has deleted is simply gone.
WireError deleted_run(const RunRow& run) {
  WireError error = record_not_found(kRun);
  if (run.deleted->deleted_by != PrincipalKind::kSystem) return error;
  Json exit_code;
  if (run.exit_code) exit_code = *run.exit_code;
  error.data = Json{{"status", run.status},
                    {"startedAt", to_iso(run.started_at)},
                    {"finishedAt", time_or_null(run.finished_at)},
                    {"exitCode", std::move(exit_code)},
                    {"reason", run.deleted->reason},
                    {"deletedAt", to_iso(run.deleted->deleted_at)}};
  return error;
}

}  // namespace

Answer<ActorRow> find_actor(const Services& services, const Request& request, Access access) {
  return find_actor_by(services, request, request.parameter("actorId"), access);
}

Answer<ActorRow> find_actor_by(const Services& services, const Request& request,
                               std::string_view text, Access access) {
  TRY(actor, wire(actor_by_text(services, request, text)));
  if (!actor) return missing(kActor);
  const bool own = request.principal && request.principal->user_id == actor->user_id;
  if (own) return std::move(*actor);
  if (!actor->profile.is_public) return missing(kActor);
  if (access == Access::kRead) return std::move(*actor);
  return refuse(403, "insufficient-permissions", "Insufficient permissions for the Actor.");
}

Answer<RunRow> find_run(const Services& services, const Principal& caller, std::string_view id) {
  const auto run_id = RunId::parse(id);
  if (!run_id) return missing(kRun);
  TRY(run, wire(services.views.runs().get(*run_id)));
  if (!run || run->user_id != caller.user_id) return missing(kRun);
  if (run->deleted) return tl::make_unexpected(deleted_run(*run));
  return std::move(*run);
}

Answer<RunRow> run_by_id(const Services& services, const Request& request) {
  return find_run(services, caller_of(request), request.parameter("runId"));
}

Answer<RunRow> run_of_actor(const Services& services, const Request& request) {
  TRY(actor, find_actor(services, request, Access::kOwn));
  TRY(run, run_by_id(services, request));
  if (run.actor_id != actor.id) return missing(kRun);
  return run;
}

Answer<BuildRow> find_build(const Services& services, const Principal& caller,
                            std::string_view id) {
  const auto build_id = BuildId::parse(id);
  if (!build_id) return missing(kBuild);
  TRY(build, wire(services.views.builds().get(*build_id)));
  if (!build || build->user_id != caller.user_id || build->deleted) return missing(kBuild);
  return std::move(*build);
}

Answer<RunRow> find_last_run(const Services& services, const Request& request) {
  TRY(actor, find_actor(services, request, Access::kOwn));
  projections::runs::LastRunFilter filter;
  if (const auto status = request.query.find("status"); status && !status->empty()) {
    filter.status = std::string(*status);
  }
  if (const auto origin = request.query.find("origin"); origin && !origin->empty()) {
    filter.origin = events::parse_origin(*origin);
    if (!filter.origin) {
      return refuse(400, "invalid-parameter",
                    "origin: \"" + std::string(*origin) + "\" is not an origin");
    }
  }
  TRY(run, wire(services.views.runs().last_of_actor(actor.id, filter)));
  if (!run) return missing(kRun);
  return std::move(*run);
}

}  // namespace actuary::adapters::http::api
