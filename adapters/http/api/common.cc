#include "adapters/http/api/common.h"

#include <algorithm>
#include <cmath>

#include "adapters/http/api/command_key.h"
#include "adapters/http/json.h"
#include "journal/base/assert.h"

namespace actuary::adapters::http::api {
namespace {

constexpr double kExactIntegerMax = 9007199254740992.0;

}  // namespace

Handler at_once(std::function<Answer<Response>(const Request&)> handler) {
  return [handler = std::move(handler)](const Request& request, const Responder& responder) {
    Answer<Response> answer = handler(request);
    answer ? responder.send(std::move(*answer)) : responder.fail(answer.error());
  };
}

Asker asker_of(const Request& request) { return {caller_of(request), request.command_id}; }

const Principal& caller_of(const Request& request) {
  ACTUARY_ASSERT(request.principal.has_value());
  return *request.principal;
}

Answer<Paging> paging_of(const Query& query) {
  TRY(offset, wire(query.integer("offset", 0, INT64_MAX)));
  TRY(limit, wire(query.integer("limit", 0, INT64_MAX)));
  TRY(desc, wire(query.boolean_or("desc", false)));
  Paging paging;
  paging.offset = static_cast<std::uint64_t>(offset.value_or(0));
  const auto wanted = static_cast<std::uint64_t>(limit.value_or(0));
  if (wanted != 0) paging.limit = std::min(wanted, projections::rows::kPageRowsMax);
  if (desc) paging.order = projections::rows::Order::kNewestFirst;
  return paging;
}

Response list_response(const Paging& paging, std::uint64_t total, Json items) {
  return data_response({{"total", total},
                        {"offset", paging.offset},
                        {"limit", paging.limit},
                        {"count", items.size()},
                        {"desc", paging.order == projections::rows::Order::kNewestFirst},
                        {"items", std::move(items)}});
}

Answer<Json> body_of(const Request& request) {
  if (request.body.empty()) return Json::object();
  auto body = parse_json_object(request.body);
  if (!body) return refuse(400, "invalid-request", body.error().detail);
  return std::move(*body);
}

Json time_or_null(const std::optional<Timestamp>& at) { return at ? Json(to_iso(*at)) : Json(); }

Json text_or_null(std::string_view text) { return text.empty() ? Json() : Json(text); }

Json number(double value) {
  if (std::trunc(value) == value && std::abs(value) < kExactIntegerMax) {
    return static_cast<std::int64_t>(value);
  }
  return value;
}

void submit(const Services& services, engine::executor::Command command, const Asker& asker,
            const Responder& responder, std::function<void()> done, Spelling spelling) {
  engine::executor::Submission submission;
  submission.command = std::move(command);
  submission.principal = asker.principal;
  submission.command_id = asker.command_id;
  submission.reply = [&services, responder, id = asker.command_id, done = std::move(done),
                      spelling = std::move(spelling)](const Result<Position>& position) {
    if (position) return done();
    responder.fail(is_reused(services, id) ? key_reused() : spelling(position.error()));
  };
  services.executor.submit(std::move(submission));
}

}  // namespace actuary::adapters::http::api
