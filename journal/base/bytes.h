#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "journal/base/result.h"

namespace actuary::journal::base {

/// Owned bytes. `std::string`, because every library here speaks it; never text by itself.
using Bytes = std::string;
using BytesView = std::string_view;

[[nodiscard]] std::string to_hex(BytesView bytes);

/// SHA-256, 32 raw bytes.
[[nodiscard]] Bytes sha256(BytesView bytes);
[[nodiscard]] std::string sha256_hex(BytesView bytes);

}  // namespace actuary::journal::base
