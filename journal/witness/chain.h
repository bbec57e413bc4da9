#pragma once

#include <vector>

#include "journal/witness/slot.h"

namespace actuary::journal::witness {

/// The root of a store that has no Merkle tree, after one more batch:
/// SHA-256(before || position || XXH3-128(batch)), the batch in pieces. It tells histories apart
/// that damage or a copy mixed up, not ones that somebody forged; a hash of every byte would cost
/// more than the write.
[[nodiscard]] Root chained(const Root& before, std::uint64_t position,
                           const std::vector<BytesView>& batch);

/// Of a store without any batch.
[[nodiscard]] Root chain_start();

}  // namespace actuary::journal::witness
