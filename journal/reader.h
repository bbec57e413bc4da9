#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "journal/base/bytes.h"
#include "journal/merkle/tree.h"
#include "journal/record/record.h"

namespace actuary::journal {

/// Where a journal stands. `id` names it for ever; `format` is what its bytes are written in.
struct Head {
  Position position = 0;
  std::uint64_t term = 0;
  std::string id;
  std::uint32_t format = 0;
  merkle::Hash root{};  ///< of the Merkle tree over all records up to `position`
  Position first = 1;   ///< what is before it was moved to archives; read from there while they are
};

/// What can be asked of a journal: by the engine that writes it, and by tools that only look.
class Reader {
 public:
  /// Returns false to stop.
  using Visit = std::function<bool(const Record&)>;
  using VisitStored = std::function<bool(Position, BytesView)>;

  virtual ~Reader() = default;

  [[nodiscard]] virtual Head head() const = 0;
  [[nodiscard]] virtual Version version_of(const StreamId& stream) const = 0;

  /// Visits records from `from` on, in order, each one verified.
  ///
  /// errors: kCorrupt and kNewerVersion name the position; kUnavailable names the archive that a
  ///         record was moved to and that is not there; so do all that read records
  [[nodiscard]] virtual Status scan(Position from, const Visit& visit) const = 0;
  /// As `scan`, but the bytes as they are stored and hashed, not verified and not decoded.
  ///
  /// errors: kCorrupt: a position is missing, named
  [[nodiscard]] virtual Status scan_stored(Position from, const VisitStored& visit) const = 0;
  /// errors: kNotFound: beyond the head; kCorrupt and kNewerVersion
  [[nodiscard]] virtual Result<Record> read(Position position) const = 0;
  [[nodiscard]] virtual Result<std::vector<Record>> read_stream(const StreamId& stream) const = 0;
  /// The hashes of one tile of the Merkle tree, as many as the head gives it: 32 to 8192 bytes.
  ///
  /// errors: kNotFound: the tree has no such tile yet; kCorrupt, kStorageFailed
  /// source: journal/FORMAT.md, "Tree"
  [[nodiscard]] virtual Result<Bytes> tile(merkle::TileId id) const = 0;
};

}  // namespace actuary::journal
