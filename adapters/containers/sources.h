#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <string>

#include "engine/ports/blobs.h"
#include "journal/events/actor.h"

namespace actuary::adapters::containers {

/// An Actor's source, unpacked and understood.
struct Source {
  std::filesystem::path context;  ///< what the image is built from
  std::string dockerfile;         ///< its text
  std::string actor_path = {};    ///< where the Actor is in the context; empty: at its root
  std::string definition =
      {};  ///< .actor/actor.json, its schemas in place of their paths; or empty
  std::string input_schema = {};
  std::string readme = {};
};

/// A program that runs for us; 0 once it has ended.
using OnProcess = std::function<void(pid_t)>;

inline constexpr std::size_t kSourceFilesMax = 10'000;
/// Of each text that becomes part of the build's record; a longer README is cut.
inline constexpr std::size_t kDescriptionBytesMax = std::size_t{512} << 10U;

/// Unpacks a version's source into `folder`, which is empty.
///
/// shape: SOURCE_FILES: a JSON array of {name, format: TEXT or BASE64, content} and {name, folder:
/// true} errors: kInvalidArgument: the source is at fault; the detail says how
[[nodiscard]] Status unpack_source(const events::ActorVersion& version, engine::ports::Blobs& blobs,
                                   const std::filesystem::path& folder,
                                   const OnProcess& on_process);

/// Finds the definition, the Dockerfile, the input schema and the README.
///
/// errors: kInvalidArgument: no Dockerfile; a file that the definition names is not there; not JSON
[[nodiscard]] Result<Source> understand_source(const std::filesystem::path& folder);

}  // namespace actuary::adapters::containers
