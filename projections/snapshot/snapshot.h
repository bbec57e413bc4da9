#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "engine/executor/folded.h"
#include "journal/reader.h"

/// The engine's state at a position, in one file, so that a start folds only what came later.
/// Derived: without it the start is slower, and its result is the same byte for byte.
///
/// source: projections/SNAPSHOT.md
namespace actuary::projections::snapshot {

/// The file of `image`, which a fold of `journal` made.
///
/// errors: those of Reader::read; kTooLarge
[[nodiscard]] Result<Bytes> make(const engine::executor::Folded::Image& image,
                                 const journal::Reader& journal);

/// Writes it beside its place, syncs it, and renames it there; a crash leaves the old one or this
/// one. Blocks: call it on a worker.
///
/// errors: kStorageFailed, with the system's reason
[[nodiscard]] Status write(const std::filesystem::path& file, const Bytes& bytes);

struct Loaded {
  std::optional<engine::executor::Folded::Image> image;
  std::string note;  ///< why there is no image, for people; empty when there is no file either
};
/// Reads the file and believes it only if it is whole and of exactly this journal, this program's
/// folds and this rule; anything else is left where it is, and the next snapshot replaces it.
[[nodiscard]] Loaded load(const std::filesystem::path& file, const journal::Reader& journal,
                          engine::executor::Residency rule);

/// SHA-256 over the image's bytes: equal for equal states, on any machine.
[[nodiscard]] std::string digest(const engine::executor::Folded::Image& image);

/// Below `views/`, so that deleting what is derived deletes it too.
inline constexpr const char* kFileName = "engine.snapshot";
inline constexpr std::size_t kSnapshotBytesMax = std::size_t{1} << 30U;

}  // namespace actuary::projections::snapshot
