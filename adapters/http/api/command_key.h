#pragma once

#include "adapters/http/api/services.h"
#include "adapters/http/router.h"

/// `Idempotency-Key`: a request that changes something can be sent again, in parallel, after a lost
/// reply or after a "perhaps", and happens once.
///
/// The key, who asks, the method and the path give the first letters of the command's id, all under
/// the server's key; with what is asked for they give the last ones, and every id that it draws.
/// The engine remembers the ids of accepted commands, see engine/directory/command_keys.h.
namespace actuary::adapters::http::api {

inline constexpr std::size_t kIdempotencyKeyBytesMax = 255;

/// Reads the header before `handler` runs.
///
/// errors: 400 `invalid-idempotency-key`: more than one, none but blanks, too long, or not visible
///         ASCII; 409 `idempotency-key-reused`: with another query or body than before
[[nodiscard]] Handler with_command_key(const Services& services, Handler handler);

/// The command of this request was accepted before: its checks are over, its answer is due.
[[nodiscard]] bool was_accepted(const Services& services, const Request& request);

/// Whether the id's key was accepted with another request.
[[nodiscard]] bool is_reused(const Services& services, const CommandId& id);
[[nodiscard]] WireError key_reused();

/// `length` letters and digits for `purpose`: fresh ones, or those that the request's key gives.
[[nodiscard]] std::string draw_text(const Services& services, const Request& request,
                                    std::string_view purpose, std::size_t length);

/// An id; `purpose` tells two of one kind apart.
template <class AnyId>
[[nodiscard]] AnyId draw(const Services& services, const Request& request,
                         std::string_view purpose) {
  return AnyId::parse(draw_text(services, request, purpose, journal::base::kIdLength)).value();
}

}  // namespace actuary::adapters::http::api
