#include "adapters/http/target.h"

#include <algorithm>
#include <array>

namespace actuary::adapters::http {
namespace {

/// `/path?query` of a target that may be written as a whole URL.
std::string_view without_authority(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!equal_without_case(target.substr(0, scheme.size()), scheme)) continue;
    const auto rest = target.substr(scheme.size());
    const auto path = rest.find_first_of("/?");
    return path == std::string_view::npos ? std::string_view("/") : rest.substr(path);
  }
  return target;
}

/// Browsers' forms and some proxies can only GET and POST, so those two may name another method.
void override_method(Request& request) {
  constexpr std::array<std::string_view, 4> kMethods{"GET", "POST", "PUT", "DELETE"};
  if (request.method != "GET" && request.method != "POST") return;
  const auto wanted = request.query.find("method").value_or("");
  for (const auto method : kMethods) {
    if (equal_without_case(wanted, method)) request.method = method;
  }
}

/// The path's segments; `/v2/acts` is the older spelling of `/v2/actors`, escaped or not.
void split_path(Request& request) {
  const std::string_view path = request.path;
  std::string_view second;  // as it stands in the path
  for (std::size_t at = 0; at < path.size();) {
    const auto segment = path.substr(at, path.find('/', at) - at);
    at += segment.size() + 1;
    if (segment.empty()) continue;
    request.segments.push_back(percent_decode(segment));
    if (request.segments.size() == 2) second = segment;
  }
  const bool old =
      request.segments.size() >= 2 && request.segments[0] == "v2" && request.segments[1] == "acts";
  if (!old) return;
  request.segments[1] = "actors";
  const auto at = static_cast<std::size_t>(second.data() - path.data());
  request.path.replace(at, second.size(), "actors");
}

}  // namespace

Status read_target(Request& request) {
  const auto target = without_authority(request.target);
  if (target.empty() || (target[0] != '/' && target[0] != '?' && target != "*")) {
    return fail(Code::kInvalidArgument, "The request's target is not a path.");
  }
  const auto without_fragment = target.substr(0, target.find('#'));
  const auto question = without_fragment.find('?');
  request.path = without_fragment.substr(0, question);
  if (question != std::string_view::npos) {
    TRY(query, Query::parse(without_fragment.substr(question + 1)));
    request.query = std::move(query);
  }
  override_method(request);

  split_path(request);
  return {};
}

}  // namespace actuary::adapters::http
