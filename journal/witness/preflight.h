#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "journal/witness/compare.h"
#include "journal/witness/witnessed.h"

/// What every store with a witness goes through before it is opened for writing.
///
/// source: journal/FORMAT.md, "Preflight"
namespace actuary::journal::witness {

/// What an open must do before anything is appended, found out without changing a byte.
struct Plan {
  std::uint32_t format = 0;  ///< that of the store
  Relation relation = Relation::kEqual;
  std::uint64_t end = 0;           ///< where the store ends as it was found
  std::vector<Testimony> adopt;    ///< batches to append again, the oldest first
  std::vector<Testimony> carried;  ///< what the next witness says, the newest first
  Owner owner;                     ///< whose it shall be: a term above all before it
};

/// Compares a store that was opened read-only with its witness.
///
/// errors: kCorrupt: something acknowledged is missing, and it says what
[[nodiscard]] Result<Plan> compare_with_witness(const Place& place,
                                                const std::optional<Evidence>& evidence,
                                                const Witnessed& store);

/// So that the loss is named even when the store cannot be read at all.
[[nodiscard]] Error with_what_was_seen(Error error, const Place& place,
                                       const std::optional<Evidence>& evidence);

/// A copy aside of a store that lost what it had acknowledged, `aside-END-SEEN`; nothing otherwise.
///
/// errors: kStorageFailed
[[nodiscard]] Status keep_as_found(const Plan& plan, const Place& place);

/// Does what the plan says, the witness last. May be interrupted anywhere: the next preflight goes
/// on from there.
///
/// errors: kStorageFailed
[[nodiscard]] Result<std::unique_ptr<Witness>> carry_out(const Plan& plan, const Place& place,
                                                         Witnessed& store);

/// 128 random bits in 32 hex digits.
///
/// errors: kUnavailable
[[nodiscard]] Result<std::string> new_store_id();

}  // namespace actuary::journal::witness
