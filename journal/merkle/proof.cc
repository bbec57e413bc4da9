#include "journal/merkle/proof.h"

#include <algorithm>
#include <bit>

#include "journal/base/assert.h"

namespace actuary::journal::merkle {
namespace {

/// Where RFC 6962 splits `count` > 1 leaves: the largest power of two below it.
std::uint64_t split_of(std::uint64_t count) { return std::bit_floor(count - 1); }

Status within(std::uint64_t size, std::uint64_t tree) {
  if (size <= tree) return {};
  return fail(Code::kInvalidArgument,
              "the journal has " + std::to_string(tree) + " records, not " + std::to_string(size));
}

}  // namespace

Result<Hash> Prover::root(std::uint64_t size) {
  TRY_VOID(within(size, size_));
  return size == 0 ? empty_root() : range(0, size);
}

Result<std::vector<Hash>> Prover::inclusion(std::uint64_t index, std::uint64_t size) {
  TRY_VOID(within(size, size_));
  if (index >= size) {
    return fail(Code::kInvalidArgument, "record " + std::to_string(index + 1) +
                                            " is not among the first " + std::to_string(size));
  }
  std::vector<std::pair<std::uint64_t, std::uint64_t>> siblings;
  for (std::uint64_t begin = 0, end = size; end - begin > 1;) {
    const std::uint64_t middle = begin + split_of(end - begin);
    if (index < middle) {
      siblings.emplace_back(middle, std::exchange(end, middle));
    } else {
      siblings.emplace_back(std::exchange(begin, middle), middle);
    }
  }
  return ranges(siblings);
}

Result<std::vector<Hash>> Prover::consistency(std::uint64_t old_size, std::uint64_t size) {
  TRY_VOID(within(size, size_));
  TRY_VOID(within(old_size, size));
  std::vector<std::pair<std::uint64_t, std::uint64_t>> wanted;
  if (old_size == 0 || old_size == size) return std::vector<Hash>{};
  std::uint64_t begin = 0;
  std::uint64_t end = size;
  while (end != old_size) {
    const std::uint64_t middle = begin + split_of(end - begin);
    if (old_size <= middle) {
      wanted.emplace_back(middle, std::exchange(end, middle));
    } else {
      wanted.emplace_back(std::exchange(begin, middle), middle);
    }
  }
  if (begin != 0) wanted.emplace_back(begin, end);  // else the verifier has it: the old root
  return ranges(wanted);
}

Result<std::vector<Hash>> Prover::ranges(
    const std::vector<std::pair<std::uint64_t, std::uint64_t>>& wanted) {
  std::vector<Hash> hashes;
  for (auto each = wanted.rbegin(); each != wanted.rend(); ++each) {
    TRY(hash, range(each->first, each->second));
    hashes.push_back(hash);
  }
  return hashes;
}

Result<Hash> Prover::range(std::uint64_t begin, std::uint64_t end) {
  std::vector<Hash> perfect;  // the largest first
  while (begin < end) {
    const auto level = static_cast<unsigned>(std::bit_width(end - begin) - 1);
    TRY(hash, subtree(level, begin >> level));
    perfect.push_back(hash);
    begin += std::uint64_t{1} << level;
  }
  Hash root = perfect.back();
  for (std::size_t i = perfect.size() - 1; i-- > 0;) root = node_hash(perfect[i], root);
  return root;
}

Result<Hash> Prover::subtree(unsigned level, std::uint64_t index) {
  const unsigned height = level % kTileHeight;
  const std::uint64_t first = index << height;  // among the hashes of the tile's level
  const TileId id{level / kTileHeight, first / kTileWidth};
  TRY(hashes, tile(id));
  const std::size_t at = first % kTileWidth * kHashBytes;
  const std::size_t bytes = kHashBytes << height;
  if (hashes.size() < at + bytes) {
    return fail(Code::kCorrupt, "tile " + std::to_string(id.index) + " of level " +
                                    std::to_string(id.level) + " is too short");
  }
  return perfect_root(hashes.substr(at, bytes));
}

Result<BytesView> Prover::tile(TileId id) {
  if (const auto kept = kept_.find(id); kept != kept_.end()) return BytesView(kept->second);
  TRY(hashes, read_(id));
  if (kept_.size() >= kKeptTilesMax) kept_.clear();
  return BytesView(kept_.emplace(id, std::move(hashes)).first->second);
}

bool verify_inclusion(const Hash& leaf, std::uint64_t index, std::uint64_t size,
                      const std::vector<Hash>& proof, const Hash& root) {
  if (index >= size) return false;
  std::uint64_t at = index;
  std::uint64_t last = size - 1;
  Hash hash = leaf;
  for (const Hash& each : proof) {
    if (last == 0) return false;
    if ((at & 1U) != 0 || at == last) {
      hash = node_hash(each, hash);
      for (; (at & 1U) == 0 && at != 0; last >>= 1U) at >>= 1U;
    } else {
      hash = node_hash(hash, each);
    }
    at >>= 1U;
    last >>= 1U;
  }
  return last == 0 && hash == root;
}

bool verify_consistency(const Root& earlier, const Root& later, const std::vector<Hash>& proof) {
  if (earlier.size > later.size) return false;
  if (earlier.size == later.size) return proof.empty() && earlier.hash == later.hash;
  if (earlier.size == 0) return proof.empty() && earlier.hash == empty_root();
  auto next = proof.begin();
  const bool given = std::has_single_bit(earlier.size);  // then its root is the first hash
  if (!given && next == proof.end()) return false;
  Hash old_hash = given ? earlier.hash : *next++;
  Hash new_hash = old_hash;
  std::uint64_t at = earlier.size - 1;
  std::uint64_t last = later.size - 1;
  for (; (at & 1U) != 0; last >>= 1U) at >>= 1U;
  for (; next != proof.end(); ++next) {
    if (last == 0) return false;
    if ((at & 1U) != 0 || at == last) {
      old_hash = node_hash(*next, old_hash);
      new_hash = node_hash(*next, new_hash);
      for (; (at & 1U) == 0 && at != 0; last >>= 1U) at >>= 1U;
    } else {
      new_hash = node_hash(new_hash, *next);
    }
    at >>= 1U;
    last >>= 1U;
  }
  return last == 0 && old_hash == earlier.hash && new_hash == later.hash;
}

/// Subtrees of the shorter journal, from its largest down: those that agree are passed over.
Result<std::uint64_t> common_prefix(Prover& left, std::uint64_t left_size, Prover& right,
                                    std::uint64_t right_size) {
  const std::uint64_t size = std::min(left_size, right_size);
  std::uint64_t same = 0;
  unsigned level = 64;
  while (same < size && level > 0) {
    --level;
    const std::uint64_t span = std::uint64_t{1} << level;
    if (size - same < span) continue;
    TRY(ours, left.subtree(level, same >> level));
    TRY(theirs, right.subtree(level, same >> level));
    if (ours == theirs) same += span;
  }
  return same;
}

}  // namespace actuary::journal::merkle
