#pragma once

#include <string>

#include "journal/witness/preflight.h"

namespace actuary::journal::rocks {

[[nodiscard]] std::string witness_path(const std::string& directory);
[[nodiscard]] witness::Place place_of(const std::string& directory);

/// Compares a journal with its witness; changes nothing.
///
/// errors: kCorrupt: something acknowledged is missing, and it says what; kNewerVersion;
///         kStorageFailed
/// source: journal/FORMAT.md, "Preflight"
[[nodiscard]] Result<witness::Plan> preflight(const std::string& directory);

}  // namespace actuary::journal::rocks
