#pragma once

#include <bit>
#include <vector>

#include "journal/merkle/hash.h"

namespace actuary::tests {

/// RFC 6962's definition of a tree's hash, word for word: what the quick one must agree with.
inline journal::merkle::Hash naive_root(const std::vector<Bytes>& entries, std::size_t begin,
                                        std::size_t end) {
  if (begin == end) return journal::merkle::empty_root();
  if (end - begin == 1) return journal::merkle::leaf_hash(entries[begin]);
  const std::size_t split = begin + std::bit_ceil(end - begin) / 2;
  return journal::merkle::node_hash(naive_root(entries, begin, split),
                                    naive_root(entries, split, end));
}

inline journal::merkle::Hash naive_root(const std::vector<Bytes>& entries) {
  return naive_root(entries, 0, entries.size());
}

}  // namespace actuary::tests
