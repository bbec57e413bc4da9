#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/http/message.h"

namespace actuary::adapters::http {

enum class Framing : std::uint8_t { kLength, kChunked, kUntilClose, kNone };

[[nodiscard]] std::string_view reason_phrase(int status);

/// The status line and header fields, with the blank line. A header whose text could break out of
/// its line is left out.
[[nodiscard]] std::string response_head(int status, const Headers& headers, Framing framing,
                                        std::size_t length, bool keep_alive);

}  // namespace actuary::adapters::http
