#include "journal/base/assert.h"
#include "journal/rocks/store.h"
#include "journal/rocks/store_options.h"
#include "journal/rocks/store_status.h"

/// The Merkle tree beside the log: full tiles are stored, the right edge is made again from them.
namespace actuary::journal::rocks {
namespace {

std::string name_of(merkle::TileId id) {
  return "tile " + std::to_string(id.index) + " of level " + std::to_string(id.level);
}

}  // namespace

/// Reads at most 255 records and 255 tiles for each level, whatever the log's size.
Status Store::load_tree() {
  if (!has_tree_) return make_tree();
  const std::uint64_t size = head_.position;
  Bytes leaves;
  const Position first = size - size % merkle::kTileWidth + 1;
  if (first <= size) {
    TRY_VOID(scan_stored(first, size, [&](Position, BytesView stored) {
      leaves.append(merkle::view(merkle::leaf_hash(stored)));
      return true;
    }));
  }
  TRY(edge, merkle::Edge::restore(size, leaves, [this](auto id) { return full_tile(id); }));
  edge_ = std::move(edge);
  if (edge_.root() == head_.root) return {};
  TRY_VOID(scan(first, size, [](const Record&) { return true; }));  // names it, if it is a record
  return fail(Code::kCorrupt, "the Merkle tree's root does not match the head's: a record from " +
                                  std::to_string(first) + " on, a tile, or the head was changed");
}

/// For a journal that was written before there was a tree: from all its records.
Status Store::make_tree() {
  std::vector<merkle::Tile> full;
  Status saved;
  TRY_VOID(scan_stored(1, head_.position, [&](Position, BytesView stored) {
    edge_.push(merkle::leaf_hash(stored), full);
    for (merkle::Tile& tile : full) made_.emplace(tile.id, std::move(tile.hashes));
    full.clear();
    if (made_.size() > kMadeTilesMax) saved = save_made_tiles();
    return saved.has_value();
  }));
  TRY_VOID(std::move(saved));
  head_.root = edge_.root();
  if (!writable_) return {};
  // The head comes last: until it says that there is a tree, the tiles are made again.
  TRY_VOID(save_made_tiles());
  rocksdb::WriteBatch writes(0, 0, kProtectionBytes, 0);
  TRY_VOID(checked(writes.Put(family(Family::kMeta), slice(kMetaHead), head_bytes(head_))));
  has_tree_ = true;
  return write_synced(writes);
}

Status Store::save_made_tiles() {
  if (!writable_) {
    return fail(Code::kUnavailable,
                "the journal has no Merkle tree yet; start the engine once, which makes it");
  }
  rocksdb::WriteBatch writes(0, 0, kProtectionBytes, 0);
  for (const auto& [id, hashes] : made_) {
    TRY_VOID(checked(writes.Put(family(Family::kTree), tile_key(id), hashes)));
  }
  made_.clear();
  return write_synced(writes);
}

Result<Bytes> Store::full_tile(merkle::TileId id) const {
  if (const auto made = made_.find(id); made != made_.end()) return made->second;
  std::string hashes;
  const auto read = database_->Get(read_options(), family(Family::kTree), tile_key(id), &hashes);
  if (!read.ok()) return fail(Code::kCorrupt, name_of(id) + ": " + read.ToString());
  if (hashes.size() != merkle::kTileBytes) {
    return fail(Code::kCorrupt, name_of(id) + " has " + std::to_string(hashes.size()) + " bytes");
  }
  return hashes;
}

Result<Bytes> Store::tile(merkle::TileId id, const merkle::Edge& edge) const {
  TRY_VOID(Status(tree_problem_));
  const std::size_t width = merkle::tile_width(id, edge.size());
  if (width == 0) return fail(Code::kNotFound, "the tree has no " + name_of(id) + " yet");
  if (width == merkle::kTileWidth) return full_tile(id);
  return Bytes(edge.partial(id.level));
}

}  // namespace actuary::journal::rocks
