#pragma once

#include <filesystem>

#include "journal/merkle/checkpoint.h"
#include "journal/reader.h"

namespace actuary::journal::merkle {

/// `tile/0/x001/x234/067` or, of a tile that is not full, `tile/0/x001/x234/067.p/112`.
///
/// shape:  `kind` is a level or `entries`
/// source: C2SP tlog-tiles
[[nodiscard]] std::string tile_path(std::string_view kind, std::uint64_t index, std::size_t width);

enum class Entries : std::uint8_t { kLeftOut, kWritten };

/// What was written; tiles never change, so those that are there already are left.
struct Exported {
  std::uint64_t written = 0;
  std::uint64_t present = 0;
};

/// Writes the log as static files, for other people's tools: the tiles, then the checkpoint that
/// needs them. May be repeated into the same folder as the journal grows.
///
/// errors: kInvalidArgument: the checkpoint is not this journal's; kTooLarge: a record that no
/// entry
///         bundle can hold; kStorageFailed
[[nodiscard]] Result<Exported> export_tiles(const Reader& journal, const Checkpoint& checkpoint,
                                            BytesView note, const std::filesystem::path& folder,
                                            Entries entries);

inline constexpr std::size_t kEntryBytesMax = 65'535;

}  // namespace actuary::journal::merkle
