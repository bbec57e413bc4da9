#include "journal/merkle/tree.h"

#include <algorithm>
#include <bit>

#include "journal/base/assert.h"

namespace actuary::journal::merkle {

Hash CompactTree::root() const {
  if (size_ == 0) return empty_root();
  auto level = static_cast<unsigned>(std::countr_zero(size_));
  Hash root = peaks_[level];
  for (++level; level < 64 && size_ >> level != 0; ++level) {
    if ((size_ >> level & 1U) != 0) root = node_hash(peaks_[level], root);
  }
  return root;
}

std::size_t tile_width(TileId id, std::uint64_t size) {
  if (id.level >= kTileLevelsMax) return 0;
  const std::uint64_t hashes = size >> (kTileHeight * id.level);
  if (id.index > hashes >> kTileHeight) return 0;
  return std::min<std::uint64_t>(kTileWidth, hashes - (id.index << kTileHeight));
}

Hash perfect_root(BytesView hashes) {
  std::array<Hash, kTileWidth> row;
  std::size_t width = hashes.size() / kHashBytes;
  ACTUARY_ASSERT(std::has_single_bit(width) && width <= kTileWidth);
  for (std::size_t i = 0; i < width; ++i) row[i] = hash_at(hashes, i);
  for (; width > 1; width /= 2) {
    for (std::size_t i = 0; i < width / 2; ++i) row[i] = node_hash(row[2 * i], row[2 * i + 1]);
  }
  return row[0];
}

Result<Edge> Edge::restore(std::uint64_t size, BytesView leaves, const ReadTile& read) {
  ACTUARY_ASSERT(leaves.size() == size % kTileWidth * kHashBytes);
  Edge edge;
  edge.compact_.size_ = size;
  for (unsigned level = 0; level < kTileLevelsMax; ++level) {
    const std::uint64_t hashes = size >> (kTileHeight * level);
    if (hashes == 0) break;
    Bytes& partial = edge.partial_.emplace_back(level == 0 ? Bytes(leaves) : Bytes());
    for (std::uint64_t i = hashes / kTileWidth * kTileWidth; level > 0 && i < hashes; ++i) {
      TRY(below, read({level - 1, i}));
      if (below.size() != kTileBytes) {
        return fail(Code::kCorrupt, "tile " + std::to_string(i) + " of level " +
                                        std::to_string(level - 1) + " has " +
                                        std::to_string(below.size()) + " bytes");
      }
      partial.append(view(perfect_root(below)));
    }
    std::size_t at = 0;  // the largest perfect subtree stands first
    for (unsigned height = kTileHeight; height-- > 0;) {
      const std::size_t width = std::size_t{1} << height;
      if ((hashes & width) == 0) continue;
      edge.compact_.peaks_[kTileHeight * level + height] =
          perfect_root(BytesView(partial).substr(at * kHashBytes, width * kHashBytes));
      at += width;
    }
  }
  return edge;
}

void Edge::push(const Hash& leaf, std::vector<Tile>& full) {
  const std::uint64_t index = compact_.size();
  compact_.push(leaf, [&](unsigned height, const Hash& hash) {
    if (height % kTileHeight != 0) return;
    const unsigned level = height / kTileHeight;
    if (level >= kTileLevelsMax) return;
    if (partial_.size() <= level) partial_.emplace_back();
    Bytes& partial = partial_[level];
    partial.append(view(hash));
    if (partial.size() < kTileBytes) return;
    full.push_back({{level, index >> (kTileHeight * level) >> kTileHeight}, std::move(partial)});
    partial.clear();
  });
}

BytesView Edge::partial(unsigned level) const {
  return level < partial_.size() ? BytesView(partial_[level]) : BytesView();
}

}  // namespace actuary::journal::merkle
