#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "adapters/http/api/services.h"
#include "adapters/http/errors.h"
#include "adapters/http/message.h"
#include "adapters/http/responder.h"
#include "adapters/http/router.h"
#include "projections/rows/page.h"

/// What the handlers share.
namespace actuary::adapters::http::api {

using Json = nlohmann::ordered_json;
using projections::rows::Paging;

/// A value, or the error as the client will see it.
template <class T>
using Answer = Result<T, WireError>;

/// Turns an error of ours into the wire's; `TRY(x, wire(...))`.
template <class T>
[[nodiscard]] Answer<T> wire(Result<T> result) {
  if (!result) return tl::make_unexpected(wire_error(result.error()));
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return std::move(*result);
  }
}
[[nodiscard]] inline tl::unexpected<WireError> refuse(int status, std::string type,
                                                      std::string message) {
  return tl::unexpected<WireError>({status, std::move(type), std::move(message), {}});
}
[[nodiscard]] inline tl::unexpected<WireError> missing(std::string_view what) {
  return tl::unexpected<WireError>(record_not_found(what));
}

/// A handler that knows its answer at once.
[[nodiscard]] Handler at_once(std::function<Answer<Response>(const Request&)> handler);

/// Who gives a command, and under which id when the client may send it again.
struct Asker {
  Principal principal;
  CommandId command_id;
};
[[nodiscard]] Asker asker_of(const Request& request);

/// Who asks: the guard has set it where a token is required.
[[nodiscard]] const Principal& caller_of(const Request& request);

/// `offset`, `limit` (0 is the default, more than the most is cut), `desc`.
[[nodiscard]] Answer<Paging> paging_of(const Query& query);
/// `{total, offset, limit, count, desc, items}`.
[[nodiscard]] Response list_response(const Paging& paging, std::uint64_t total, Json items);

/// The body as a JSON object; an empty one is `{}`.
[[nodiscard]] Answer<Json> body_of(const Request& request);

[[nodiscard]] Json time_or_null(const std::optional<Timestamp>& at);
[[nodiscard]] Json text_or_null(std::string_view text);
/// As JavaScript prints it: whole numbers without a point.
[[nodiscard]] Json number(double value);

using Spelling = std::function<WireError(const Error&)>;

/// Submits the command; `done` runs once it is durable and the views show it; so it does when it
/// was accepted before. An error is answered here, as `spelling` says.
void submit(const Services& services, engine::executor::Command command, const Asker& asker,
            const Responder& responder, std::function<void()> done, Spelling spelling = wire_error);

}  // namespace actuary::adapters::http::api
