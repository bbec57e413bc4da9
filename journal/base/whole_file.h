#pragma once

#include <sys/types.h>

#include <string>

#include "journal/base/bytes.h"

namespace actuary::journal::base {

/// errors: kNotFound: there is none; kTooLarge: more than `bytes_max`; kStorageFailed
[[nodiscard]] Result<Bytes> read_whole_file(const std::string& path, std::size_t bytes_max);

/// Replaces a file in one step: a crash leaves the old one or the new one, whole and synced.
///
/// errors: kStorageFailed, with the system's reason
[[nodiscard]] Status write_whole_file(const std::string& path, BytesView bytes, mode_t mode = 0644);

}  // namespace actuary::journal::base
