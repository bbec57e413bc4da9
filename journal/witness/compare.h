#pragma once

#include <string>
#include <vector>

#include "journal/witness/witness.h"

/// What a store says of its end, beside what its witness says.
///
/// source: journal/FORMAT.md, "Preflight"
namespace actuary::journal::witness {

enum class Relation {
  kEqual,       ///< nothing to do
  kStoreAhead,  ///< by the one batch that a crash kept from the witness
  kBehind,      ///< by the one batch that a crash kept from the store: it is adopted
  kLost,        ///< by both batches, one of them acknowledged: adopted, after a copy aside
  kGone,        ///< by more than the witness holds: refused
  kOther,       ///< another history than the one that was witnessed: refused
  kStale,       ///< the witness is older than two batches: refused, for it proves nothing
};

struct Comparison {
  Relation relation = Relation::kEqual;
  std::vector<Testimony> adopt;  ///< the oldest first; each is whole and follows the one before
};

/// `end` is the store's last batch, as the store says; its bytes are not looked at, and `first` is
/// 0 when the store does not know.
[[nodiscard]] Comparison compare(const Testimony& end, const Evidence& evidence);

/// What is wrong and what would help, for the three relations that refuse: `records` names the
/// things that are counted.
[[nodiscard]] Error refusal(Relation relation, const Testimony& end, const Evidence& evidence,
                            const std::string& records);

}  // namespace actuary::journal::witness
