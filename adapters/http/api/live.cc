#include "adapters/http/api/live.h"

#include "adapters/http/errors.h"
#include "projections/runs/row.h"

namespace actuary::adapters::http::api {
namespace {

constexpr std::string_view kPrefix = "/live/";

BodyPlan not_now(int status, const char* type, const char* message) {
  return {.refusal = to_response({status, type, message, {}})};
}

/// In a time that says nothing about where they differ.
bool equal(std::string_view left, std::string_view right) {
  if (left.size() != right.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < left.size(); ++i) {
    difference |= static_cast<unsigned char>(left[i]) ^ static_cast<unsigned char>(right[i]);
  }
  return difference == 0;
}

std::optional<engine::ports::WebServer> find_server(const Services& services, const RunId& id) {
  const auto run = services.views.runs().get(id);
  if (!run || !*run || !services.web_server) return std::nullopt;
  const auto& attempts = (*run)->attempts;
  if (attempts.empty() || attempts.back().ended_at) return std::nullopt;
  return services.web_server({id, attempts.back().epoch});
}

}  // namespace

std::optional<BodyPlan> plan_live(const Services& services, const Request& request) {
  const std::string_view target = request.target;
  if (!target.starts_with(kPrefix)) return std::nullopt;
  const std::size_t end = std::min(target.find_first_of("/?", kPrefix.size()), target.size());
  const std::string_view prefix = target.substr(0, end);
  const auto id = RunId::parse(prefix.substr(kPrefix.size()).substr(0, kIdLength));
  if (!id || !equal(prefix, engine::ports::live_path(services.secrets, *id))) {
    return not_now(404, "page-not-found", "There is no run's web server at this address.");
  }
  const auto server = find_server(services, *id);
  if (!server) return not_now(502, "bad-gateway", "The run is not running.");
  const std::string_view rest = target.substr(end);
  const std::string slash = rest.starts_with('/') ? "" : "/";
  return BodyPlan{.upstream = Upstream{server->host, server->port, slash + std::string(rest),
                                       std::string(prefix)}};
}

}  // namespace actuary::adapters::http::api
