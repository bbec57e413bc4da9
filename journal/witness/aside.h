#pragma once

#include <filesystem>
#include <string>

#include "journal/base/result.h"

namespace actuary::journal::witness {

/// Keeps a store as it was found, before anything is repaired: `to` gets hard links to its tables,
/// which never change, and copies of its other files, synced. `to` is there whole or not at all;
/// one that is there already is kept, so that a repair that was interrupted may begin again.
///
/// errors: kStorageFailed
[[nodiscard]] Status copy_aside(const std::filesystem::path& store,
                                const std::filesystem::path& witness,
                                const std::filesystem::path& to);

}  // namespace actuary::journal::witness
