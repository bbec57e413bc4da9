#pragma once

#include <filesystem>
#include <string>

#include "journal/base/result.h"

namespace actuary::adapters::client {

/// An Actor's source, read from a folder on this machine.
struct Folder {
  std::string name;     ///< of `.actor/actor.json`, else the folder's, made fit for an Actor
  std::string version;  ///< MAJOR.MINOR of `.actor/actor.json`, else 0.1
  std::string title;
  std::string source_files;  ///< the API's `sourceFiles`, JSON
};

/// Everything in the folder but `.git`, `node_modules`, `storage` and `apify_storage`.
///
/// errors: kNotFound: no such folder, or no Dockerfile in it; kInvalidArgument: a damaged
/// actor.json;
///         kTooLarge: more than kFolderBytesMax
[[nodiscard]] Result<Folder> read_folder(const std::filesystem::path& folder);

inline constexpr std::size_t kFolderBytesMax = std::size_t{3} << 20U;

}  // namespace actuary::adapters::client
