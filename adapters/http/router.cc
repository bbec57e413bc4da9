#include "adapters/http/router.h"

#include <algorithm>

#include "journal/base/assert.h"

namespace actuary::adapters::http {
namespace {

bool is_parameter(std::string_view segment) { return !segment.empty() && segment.front() == '{'; }

std::vector<std::string> split(std::string_view pattern) {
  std::vector<std::string> segments;
  ACTUARY_ASSERT(!pattern.empty() && pattern.front() == '/');
  while (!pattern.empty()) {
    pattern.remove_prefix(1);
    const auto slash = pattern.find('/');
    segments.emplace_back(pattern.substr(0, slash));
    pattern.remove_prefix(std::min(slash, pattern.size()));
  }
  return segments;
}

bool fits(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
  return std::equal(pattern.begin(), pattern.end(), path.begin(), path.end(),
                    [](const std::string& expected, const std::string& actual) {
                      return is_parameter(expected) || expected == actual;
                    });
}

/// Whether `left` has a literal where `right` first has a parameter instead.
bool more_literal(const std::vector<std::string>& left, const std::vector<std::string>& right) {
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (is_parameter(left[i]) != is_parameter(right[i])) return is_parameter(right[i]);
  }
  return false;
}

Response preflight(const Request& request, std::string allowed) {
  const auto wanted = request.headers.get("Access-Control-Request-Headers");
  return {204,
          {{"Allow", allowed},
           {"Access-Control-Allow-Methods", allowed},
           {"Access-Control-Allow-Headers", wanted.empty() ? "*" : std::string(wanted)},
           {"Access-Control-Max-Age", "86400"}},
          {}};
}

}  // namespace

Router::Router(std::vector<Route> routes, Guard guard, Elsewhere elsewhere)
    : guard_(std::move(guard)), elsewhere_(std::move(elsewhere)) {
  for (auto& route : routes) {
    auto segments = split(route.pattern);
    entries_.push_back({std::move(route), std::move(segments)});
  }
}

const Router::Entry* Router::find(const std::vector<std::string>& path,
                                  std::string_view method) const {
  const Entry* best = nullptr;
  for (const auto& entry : entries_) {
    if (!method.empty() && entry.route.method != method) continue;
    if (!fits(entry.segments, path)) continue;
    if (best == nullptr || more_literal(entry.segments, best->segments)) best = &entry;
  }
  return best;
}

const Router::Entry* Router::find_for(const Request& request) const {
  const Entry* entry = find(request.segments, request.method);
  if (entry == nullptr && request.method == "HEAD") entry = find(request.segments, "GET");
  // `/builds/{id}` must not catch `DELETE /builds/default` when only GET names `default`.
  const Entry* any = find(request.segments, {});
  if (entry != nullptr && more_literal(any->segments, entry->segments)) return nullptr;
  return entry;
}

std::string Router::allowed_methods(const std::vector<std::string>& path) const {
  const Entry* best = find(path, {});
  std::string methods = "OPTIONS";
  for (const auto& entry : entries_) {
    if (best == nullptr || !fits(entry.segments, path)) continue;
    if (more_literal(best->segments, entry.segments)) continue;
    methods.append(",").append(entry.route.method);
  }
  return methods;
}

std::optional<Response> Router::refusal(const Request& request) const {
  const Entry* any = find(request.segments, {});
  if (request.method == "OPTIONS") {
    // `OPTIONS *` and unknown paths too: a preflight says nothing about what exists.
    const std::string every = "OPTIONS,GET,HEAD,POST,PUT,DELETE";
    return preflight(request, any == nullptr ? every : allowed_methods(request.segments));
  }
  if (any == nullptr) return to_response(page_not_found());
  if (find_for(request) != nullptr) return std::nullopt;
  const auto allowed = allowed_methods(request.segments);
  auto response = to_response(
      {405,
       "method-not-allowed",
       "This API end-point can only be accessed using the following HTTP methods: " + allowed,
       {}});
  response.headers.add("Allow", allowed);
  return response;
}

BodyPlan Router::plan(Request& request) {
  if (elsewhere_) {
    if (auto plan = elsewhere_(request)) return std::move(*plan);
  }
  if (auto refused = refusal(request)) return {BodyMode::kDecoded, 0, std::move(refused)};
  const Entry* entry = find_for(request);
  ACTUARY_ASSERT(entry != nullptr);
  for (std::size_t i = 0; i < entry->segments.size(); ++i) {
    const std::string_view segment = entry->segments[i];
    if (!is_parameter(segment)) continue;
    request.parameters.emplace_back(segment.substr(1, segment.size() - 2), request.segments[i]);
  }
  const auto& route = entry->route;
  if (guard_) {
    if (const auto error = guard_(request, route.auth)) {
      return {route.body_mode, route.body_bytes_max, to_response(*error)};
    }
  }
  return {route.body_mode, route.body_bytes_max, {}};
}

void Router::handle(Request request, Responder responder) {
  const Entry* entry = find_for(request);
  ACTUARY_ASSERT(entry != nullptr);
  entry->route.handler(std::move(request), std::move(responder));
}

}  // namespace actuary::adapters::http
