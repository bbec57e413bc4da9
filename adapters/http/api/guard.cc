#include "adapters/http/api/guard.h"

namespace actuary::adapters::http::api {
namespace {

std::string_view token_of(const Request& request) {
  constexpr std::string_view kScheme = "Bearer ";
  const std::string_view header = request.headers.get("Authorization");
  if (header.size() > kScheme.size() &&
      equal_without_case(header.substr(0, kScheme.size()), kScheme)) {
    return trim(header.substr(kScheme.size()));
  }
  return request.query.find("token").value_or(std::string_view{});
}

/// The SDK says how a run ended while its process ends: that message may come after it is gone.
bool is_last_message(const Services& services, const Request& request,
                     const engine::ports::ContainerKey& key) {
  const auto& path = request.segments;
  const bool own = request.method == "PUT" && path.size() == 3 && path[0] == "v2" &&
                   path[1] == "actor-runs" && path[2] == key.run_id.view();
  if (!own) return false;
  const auto run = services.views.runs().get(key.run_id);
  return run && *run && !(*run)->deleted && projections::runs::current_epoch(**run) == key.epoch;
}

bool is_present(const Services& services, const Request& request,
                const engine::ports::ContainerKey& key) {
  const auto& aggregates = services.executor.aggregates();
  // What has left memory is over, or unknown: then the views do not have it either.
  if (aggregates.find(stream_of(key.run_id)) == nullptr) {
    return is_last_message(services, request, key);
  }
  const auto& state = aggregates.run(key.run_id);
  if (const auto* attempt = engine::run::attempt_of(state)) return attempt->epoch == key.epoch;
  return std::holds_alternative<engine::run::Finished>(state) &&
         is_last_message(services, request, key);
}

std::optional<Principal> principal_of(const Services& services, const Request& request,
                                      std::string_view token) {
  if (const auto run = services.secrets.read_run_token(token)) {
    if (!is_present(services, request, run->key)) return std::nullopt;
    return Principal{PrincipalKind::kRun, run->user_id, TokenId{}, run->key.run_id, run->key.epoch};
  }
  const auto hash = services.secrets.token_hash(token);
  const auto* facts = services.executor.directory().find_token(hash);
  if (facts == nullptr) return std::nullopt;
  return Principal{PrincipalKind::kUser, facts->user_id, facts->token_id, RunId{}, 0};
}

}  // namespace

Router::Guard make_guard(const Services& services) {
  return [services](Request& request, AuthMode mode) -> std::optional<WireError> {
    if (mode == AuthMode::kNone) return std::nullopt;
    const auto token = token_of(request);
    if (token.empty()) {
      if (request.over_unix_socket) {
        request.principal =
            Principal{PrincipalKind::kUser, services.local_user, TokenId{}, RunId{}, 0};
        return std::nullopt;
      }
      if (mode == AuthMode::kOptional) return std::nullopt;
      return WireError{401, "token-not-provided", "Authentication token was not provided", {}};
    }
    request.principal = principal_of(services, request, token);
    if (request.principal) return std::nullopt;
    return WireError{401,
                     "user-or-token-not-found",
                     "User was not found or authentication token is not valid",
                     {}};
  };
}

}  // namespace actuary::adapters::http::api
