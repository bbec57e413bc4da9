#pragma once

#include "journal/base/bytes.h"

namespace actuary::journal::merkle {

/// RFC 4648 section 4, with padding.
[[nodiscard]] std::string to_base64(BytesView bytes);
/// errors: kInvalidArgument: anything but the one spelling that `to_base64` writes
[[nodiscard]] Result<Bytes> from_base64(std::string_view text);

}  // namespace actuary::journal::merkle
