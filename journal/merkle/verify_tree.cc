#include "journal/merkle/verify_tree.h"

#include <algorithm>

namespace actuary::journal::merkle {
namespace {

std::string name_of(TileId id) {
  return "tile " + std::to_string(id.index) + " of level " + std::to_string(id.level);
}

/// Which of the tile's hashes is the first that differs, as people would look for it.
tl::unexpected<Error> mismatch(TileId id, BytesView stored, BytesView made) {
  std::size_t at = 0;
  const std::size_t common = std::min(stored.size(), made.size()) / kHashBytes;
  while (at < common && hash_at(stored, at) == hash_at(made, at)) ++at;
  const std::uint64_t hash = id.index * kTileWidth + at;
  if (id.level == 0) {
    return fail(Code::kCorrupt, "record " + std::to_string(hash + 1) +
                                    " does not have the hash that the Merkle tree holds for it");
  }
  return fail(Code::kCorrupt, name_of(id) + ": its hash " + std::to_string(at) +
                                  " does not fit the records below it");
}

Status compare(const Reader& journal, TileId id, BytesView made) {
  TRY(stored, journal.tile(id));
  // The last tile may have grown since.
  if (BytesView(stored).substr(0, made.size()) == made) return {};
  return mismatch(id, stored, made);
}

/// What the tree says of a record that is not looked at.
class Leaves {
 public:
  explicit Leaves(const Reader& journal) : journal_(journal) {}

  Result<Hash> operator()(Position position) {
    const std::uint64_t index = position - 1;
    if (hashes_.empty() || index % kTileWidth == 0) {
      TRY(tile, journal_.tile({0, index / kTileWidth}));
      hashes_ = std::move(tile);
    }
    const std::size_t at = index % kTileWidth;
    if (hashes_.size() >= (at + 1) * kHashBytes) return hash_at(hashes_, at);
    return fail(Code::kCorrupt, name_of({0, index / kTileWidth}) + " is too short");
  }

 private:
  const Reader& journal_;
  Bytes hashes_;
};

}  // namespace

Status verify_tree(const Reader& journal, const Progress& progress, Position from) {
  const Head head = journal.head();
  Edge edge;
  std::vector<Tile> full;
  Status problem;
  Leaves leaves(journal);
  for (Position at = 1; at < from; ++at) {
    TRY(hash, leaves(at));
    edge.push(hash, full);
    for (const Tile& tile : full) TRY_VOID(compare(journal, tile.id, tile.hashes));
    full.clear();
  }
  TRY_VOID(journal.scan_stored(from, [&](Position position, BytesView stored) {
    if (position > head.position) return false;
    edge.push(leaf_hash(stored), full);
    for (const Tile& tile : full) {
      if (problem) problem = compare(journal, tile.id, tile.hashes);
    }
    full.clear();
    if (problem && progress && position % kProgressEvery == 0 && !progress(position)) {
      problem = fail(Code::kUnavailable, "stopped at record " + std::to_string(position));
    }
    return problem.has_value();
  }));
  TRY_VOID(std::move(problem));
  for (unsigned level = 0; level < kTileLevelsMax; ++level) {
    const BytesView partial = edge.partial(level);
    const std::uint64_t index = head.position >> (kTileHeight * level) >> kTileHeight;
    if (!partial.empty()) TRY_VOID(compare(journal, {level, index}, partial));
  }
  if (edge.size() == head.position && edge.root() == head.root) return {};
  return fail(Code::kCorrupt, "the records' root is not the one that the journal's head says");
}

Prover prover_of(const Reader& journal) {
  return {journal.head().position, [&journal](TileId id) { return journal.tile(id); }};
}

}  // namespace actuary::journal::merkle
