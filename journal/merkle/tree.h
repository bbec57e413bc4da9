#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "journal/merkle/hash.h"

namespace actuary::journal::merkle {

/// The tree while it grows: its size and the roots of its perfect subtrees, one for each bit of the
/// size. Everything that must be kept to compute the next root.
class CompactTree {
 public:
  CompactTree() = default;

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] Hash root() const;

  /// `on_node(level, hash)` sees every perfect subtree that the leaf completes, from level 0, the
  /// leaf itself, upwards.
  template <class OnNode>
  void push(const Hash& leaf, const OnNode& on_node) {
    Hash node = leaf;
    on_node(0U, node);
    unsigned level = 0;
    for (std::uint64_t bits = size_; (bits & 1U) != 0; bits >>= 1U) {
      node = node_hash(peaks_[level], node);
      on_node(++level, node);
    }
    peaks_[level] = node;
    ++size_;
  }
  void push(const Hash& leaf) {
    push(leaf, [](unsigned, const Hash&) {});
  }

 private:
  friend class Edge;

  std::uint64_t size_ = 0;
  std::array<Hash, 64> peaks_{};  ///< by level; those of the size's set bits count
};

inline constexpr unsigned kTileHeight = 8;
inline constexpr std::size_t kTileWidth = 256;
inline constexpr std::size_t kTileBytes = kTileWidth * kHashBytes;
inline constexpr unsigned kTileLevelsMax = 8;  ///< 2^64 records

/// Where a tile stands: its hash i is the root of the perfect subtree of 256^level leaves that
/// begins at leaf (256 * index + i) * 256^level.
///
/// source: C2SP tlog-tiles
struct TileId {
  unsigned level = 0;
  std::uint64_t index = 0;
  friend auto operator<=>(const TileId&, const TileId&) = default;
};

struct Tile {
  TileId id;
  Bytes hashes;
};

/// How many hashes a tree of `size` has in that tile: 0 to 256.
[[nodiscard]] std::size_t tile_width(TileId id, std::uint64_t size);
/// The root of a perfect subtree, from its 2^n leaves.
[[nodiscard]] Hash perfect_root(BytesView hashes);

/// Reads a full tile, 8192 bytes.
using ReadTile = std::function<Result<Bytes>(TileId)>;

/// The right edge of the tree: the tiles that are not full yet, and the root.
class Edge {
 public:
  Edge() = default;

  /// The edge of a tree whose full tiles are stored.
  ///
  /// shape:  `leaves` are the hashes of its last size % 256 records; reads at most 255 tiles for
  ///         each level
  /// errors: those of `read`; kCorrupt: a tile of another length
  [[nodiscard]] static Result<Edge> restore(std::uint64_t size, BytesView leaves,
                                            const ReadTile& read);

  [[nodiscard]] std::uint64_t size() const { return compact_.size(); }
  [[nodiscard]] Hash root() const { return compact_.root(); }
  /// Adds the next leaf; tiles that it fills are moved to `full`.
  void push(const Hash& leaf, std::vector<Tile>& full);
  /// The hashes so far of the level's last tile, which is not full; perhaps none.
  [[nodiscard]] BytesView partial(unsigned level) const;

 private:
  CompactTree compact_;
  std::vector<Bytes> partial_;  ///< by tile level
};

}  // namespace actuary::journal::merkle
