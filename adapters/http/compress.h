#pragma once

#include <string_view>

#include "adapters/http/message.h"

namespace actuary::adapters::http {

inline constexpr std::size_t kCompressBytesMin = 1024;
/// Above this the loop's thread would be held too long; the body goes out as it is.
inline constexpr std::size_t kCompressBytesMax = 4 * 1024 * 1024;

/// Compresses the body when the client asks for it and it is text that gets smaller by it.
void compress_response(std::string_view accept_encoding, Response& response);

}  // namespace actuary::adapters::http
