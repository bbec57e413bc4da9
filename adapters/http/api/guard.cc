#include "adapters/http/api/guard.h"

#include <algorithm>

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

/// `/v2/actor-runs/{its own id}`, or one step below.
bool is_own(const Request& request, std::string_view method, const engine::ports::ContainerKey& key,
            std::string_view below = {}) {
  const auto& path = request.segments;
  const std::size_t length = below.empty() ? 3 : 4;
  return request.method == method && path.size() == length && path[0] == "v2" &&
         path[1] == "actor-runs" && path[2] == key.run_id.view() &&
         (below.empty() || path[3] == below);
}

/// The SDK says how a run ended while its process ends: that message may come after it is gone.
bool is_last_message(const Services& services, const Request& request,
                     const engine::ports::ContainerKey& key) {
  if (!is_own(request, "PUT", key)) return false;
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
  if (const auto* attempt = engine::run::attempt_of(state)) {
    // Who is being replaced may ask again for the same, and read; what it writes is nobody's.
    const bool may = !engine::run::is_being_replaced(state) || request.method == "GET" ||
                     is_own(request, "POST", key, "reboot");
    return may && attempt->epoch == key.epoch;
  }
  return std::holds_alternative<engine::run::Finished>(state) &&
         is_last_message(services, request, key);
}

/// A container is told "not now", whatever it asks: it may be one that only the newer program
/// knows, and must not take what is shown here for an answer.
std::optional<WireError> refuse_while_read_only(const Services& services, const Request& request) {
  if (services.read_only == nullptr) return std::nullopt;
  const bool only_looks = request.method == "GET" || request.method == "HEAD";
  if (only_looks && !services.secrets.read_run_token(token_of(request))) return std::nullopt;
  return wire_error({Code::kUnavailable, services.read_only->why});
}

bool is_revoked_since(const Services& services, const TokenId& id) {
  if (services.read_only == nullptr) return false;
  const auto& revoked = services.read_only->revoked_since;
  return std::find(revoked.begin(), revoked.end(), id) != revoked.end();
}

std::optional<Principal> principal_of(const Services& services, const Request& request,
                                      std::string_view token) {
  if (const auto run = services.secrets.read_run_token(token)) {
    if (!is_present(services, request, run->key)) return std::nullopt;
    return Principal{PrincipalKind::kRun, run->user_id, TokenId{}, run->key.run_id, run->key.epoch};
  }
  const auto hash = services.secrets.token_hash(token);
  const auto* facts = services.executor.directory().find_token(hash);
  if (facts == nullptr || is_revoked_since(services, facts->token_id)) return std::nullopt;
  return Principal{PrincipalKind::kUser, facts->user_id, facts->token_id, RunId{}, 0};
}

}  // namespace

Router::Guard make_guard(const Services& services) {
  return [services](Request& request, AuthMode mode) -> std::optional<WireError> {
    if (auto refused = refuse_while_read_only(services, request)) return refused;
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
