#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "journal/archive/tar.h"
#include "journal/reader.h"

namespace actuary::journal::archive {

/// What a backup says about itself. Its first entry is the head alone, so that a reader knows what
/// comes; its last one is everything, so that a reader knows that it has all.
///
///     BACKUP.json  journal.records  …  MANIFEST.json  MANIFEST.sha256
struct Manifest {
  std::string kind;  ///< `data`: a whole DATA folder; `journal`: nothing else;
                     ///< `archive`: a prefix that was moved out
  std::uint32_t format = 1;
  std::string journal_id;
  std::uint32_t journal_format = 0;
  Position first = 1;     ///< the first record in it
  Position position = 0;  ///< the last one
  std::uint64_t term = 0;
  std::string created_at;
  std::vector<Entry> entries;  ///< those before the manifest itself; empty in the head
};

inline constexpr std::uint32_t kBackupFormat = 1;
inline constexpr std::string_view kHeadName = "BACKUP.json";
inline constexpr std::string_view kManifestName = "MANIFEST.json";
inline constexpr std::string_view kDigestName = "MANIFEST.sha256";
inline constexpr std::string_view kRecordsName = "journal.records";
/// In an archive only: where each record begins in `journal.records`, 8 bytes each, big-endian.
inline constexpr std::string_view kOffsetsName = "journal.offsets";
inline constexpr std::size_t kManifestBytesMax = std::size_t{256} << 20U;

[[nodiscard]] Bytes to_json(const Manifest& manifest);
/// errors: kCorrupt; kNewerVersion, both formats named
[[nodiscard]] Result<Manifest> parse_manifest(BytesView json);

/// Whether what was read is what was written.
///
/// errors: kCorrupt names the first file that differs
[[nodiscard]] Status compare(const std::vector<Entry>& wanted, const std::vector<Entry>& seen);

}  // namespace actuary::journal::archive
