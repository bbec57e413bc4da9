#pragma once

#include <array>
#include <cstddef>

#include "journal/base/bytes.h"

/// The tree over the journal's records: leaf i is the stored bytes of record i + 1.
///
/// source: RFC 6962 section 2.1; journal/merkle/AUDIT.md
namespace actuary::journal::merkle {

inline constexpr std::size_t kHashBytes = 32;
using Hash = std::array<unsigned char, kHashBytes>;

/// SHA-256(0x00 || record).
[[nodiscard]] Hash leaf_hash(BytesView record);
/// SHA-256(0x01 || left || right).
[[nodiscard]] Hash node_hash(const Hash& left, const Hash& right);
/// SHA-256 of nothing: the root of the tree without leaves.
[[nodiscard]] Hash empty_root();

[[nodiscard]] inline BytesView view(const Hash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

/// The hash number `at` of hashes that stand one after another.
///
/// shape: `hashes` has at least 32 * (at + 1) bytes
[[nodiscard]] Hash hash_at(BytesView hashes, std::size_t at = 0);

}  // namespace actuary::journal::merkle
