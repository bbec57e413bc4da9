#pragma once

#include <memory>
#include <string>
#include <vector>

#include "journal/base/id.h"
#include "journal/witness/compare.h"

namespace actuary::journal::rocks {

class Store;

/// What an open must do before anything is appended, found out without changing a byte.
struct Plan {
  std::uint32_t format = 0;  ///< that of the store, at most kFormat
  witness::Relation relation = witness::Relation::kEqual;
  Position end = 0;                         ///< where the store ends as it was found
  std::vector<witness::Testimony> adopt;    ///< batches to append again, the oldest first
  std::vector<witness::Testimony> carried;  ///< what the next witness says, the newest first
  witness::Owner owner;                     ///< whose it shall be: a term above all before it
};

[[nodiscard]] std::string witness_path(const std::string& directory);

/// Compares a journal with its witness.
///
/// errors: kCorrupt: something acknowledged is missing, and it says what; kNewerVersion;
///         kStorageFailed
/// source: journal/FORMAT.md, "Preflight"
[[nodiscard]] Result<Plan> preflight(const std::string& directory);

/// A copy aside of a journal that lost what it had acknowledged, `aside-END-SEEN`.
///
/// errors: kStorageFailed
[[nodiscard]] Status keep_as_found(const Plan& plan, const std::string& directory);

/// Does what the plan says, the witness last. May be interrupted anywhere: the next preflight goes
/// on from there.
///
/// errors: kStorageFailed
[[nodiscard]] Result<std::unique_ptr<witness::Witness>> carry_out(const Plan& plan,
                                                                  const std::string& directory,
                                                                  Store& store);

}  // namespace actuary::journal::rocks
