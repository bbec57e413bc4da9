#pragma once

#include <filesystem>
#include <string>

#include "engine/ports/blobs.h"
#include "journal/events/actor.h"

namespace actuary::adapters::oci {

/// An Actor's source, unpacked and understood.
struct Source {
  std::filesystem::path context;     ///< what the image is built from
  std::filesystem::path dockerfile;  ///< in it
  std::string actor_path = {};       ///< where the Actor is in the context; empty: at its root
  std::string definition = {};       ///< .actor/actor.json, or empty
  std::string input_schema = {};
  std::string readme = {};
};

inline constexpr std::size_t kSourceFilesMax = 10'000;

/// Unpacks a version's source into `folder`, which is empty.
///
/// shape: SOURCE_FILES: a JSON array of {name, format: TEXT or BASE64, content} and {name, folder:
/// true} errors: kInvalidArgument: the source is at fault; the detail says how
[[nodiscard]] Status unpack_source(const events::ActorVersion& version, engine::ports::Blobs& blobs,
                                   const std::filesystem::path& folder);

/// Finds the definition, the Dockerfile, the input schema and the README.
///
/// errors: kInvalidArgument: no Dockerfile
[[nodiscard]] Result<Source> understand_source(const std::filesystem::path& folder);

}  // namespace actuary::adapters::oci
