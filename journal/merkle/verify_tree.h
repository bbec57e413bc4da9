#pragma once

#include <functional>

#include "journal/merkle/proof.h"
#include "journal/reader.h"

namespace actuary::journal::merkle {

/// Called every now and then with the position that was reached; false stops.
using Progress = std::function<bool(Position)>;

/// Hashes every record again and compares the tree that comes out with the stored one, tile by tile
/// and at the root. What is appended meanwhile is not looked at.
///
/// Of the records before `from`, which are in archives, the tree's own hashes are taken.
///
/// errors: kCorrupt names the first record whose hash is not the tree's, the first tile that does
///         not fit the records, or the missing position; kUnavailable: stopped
[[nodiscard]] Status verify_tree(const Reader& journal, const Progress& progress = {},
                                 Position from = 1);

/// Roots and proofs of a journal as it is now.
[[nodiscard]] Prover prover_of(const Reader& journal);

inline constexpr Position kProgressEvery = 65'536;

}  // namespace actuary::journal::merkle
