#pragma once

#include <map>
#include <utility>
#include <vector>

#include "journal/merkle/tree.h"

namespace actuary::journal::merkle {

/// Makes roots and proofs from tiles alone: no record is read. Not for several threads.
class Prover {
 public:
  /// `size` records are in the tree; `read` answers for every tile that it has, full or partial.
  Prover(std::uint64_t size, ReadTile read) : size_(size), read_(std::move(read)) {}

  /// The root of the first `size` records.
  ///
  /// errors: kInvalidArgument beyond the tree; kCorrupt: a tile is shorter than it must be; those
  /// of
  ///         `read`
  [[nodiscard]] Result<Hash> root(std::uint64_t size);
  /// That leaf `index` is in the tree of the first `size` records.
  ///
  /// source: RFC 6962 section 2.1.1
  [[nodiscard]] Result<std::vector<Hash>> inclusion(std::uint64_t index, std::uint64_t size);
  /// That the first `size` records begin with the first `old_size` ones.
  ///
  /// source: RFC 6962 section 2.1.2
  [[nodiscard]] Result<std::vector<Hash>> consistency(std::uint64_t old_size, std::uint64_t size);
  /// The root of the perfect subtree of 2^level leaves that begins at leaf index * 2^level.
  [[nodiscard]] Result<Hash> subtree(unsigned level, std::uint64_t index);

 private:
  /// The root over the leaves begin..end, where `begin` is a multiple of the power of two below.
  [[nodiscard]] Result<Hash> range(std::uint64_t begin, std::uint64_t end);
  [[nodiscard]] Result<std::vector<Hash>> ranges(
      const std::vector<std::pair<std::uint64_t, std::uint64_t>>& wanted);
  [[nodiscard]] Result<BytesView> tile(TileId id);

  const std::uint64_t size_;
  const ReadTile read_;
  std::map<TileId, Bytes> kept_;  ///< tiles that were read; forgotten when there are too many
};

inline constexpr std::size_t kKeptTilesMax = 512;  ///< 4 MiB
/// Longer proofs belong to no tree of at most 2^64 leaves.
inline constexpr std::size_t kProofHashesMax = 65;

/// Whether `proof` shows that `leaf` is number `index` of the `size` leaves below `root`.
///
/// source: RFC 9162 section 2.1.3.2
[[nodiscard]] bool verify_inclusion(const Hash& leaf, std::uint64_t index, std::uint64_t size,
                                    const std::vector<Hash>& proof, const Hash& root);

/// A tree's size and root.
struct Root {
  std::uint64_t size = 0;
  Hash hash{};
  friend bool operator==(const Root&, const Root&) = default;
};

/// Whether `proof` shows that the tree `later` begins with the tree `earlier`.
///
/// source: RFC 9162 section 2.1.4.2; the empty tree is the beginning of every other
[[nodiscard]] bool verify_consistency(const Root& earlier, const Root& later,
                                      const std::vector<Hash>& proof);

/// How many of their first records two journals share.
///
/// errors: those of their tiles
[[nodiscard]] Result<std::uint64_t> common_prefix(Prover& left, std::uint64_t left_size,
                                                  Prover& right, std::uint64_t right_size);

}  // namespace actuary::journal::merkle
