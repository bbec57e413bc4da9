#pragma once

#include <memory>
#include <optional>
#include <string>

#include "journal/rocks/rocks_reader.h"
#include "journal/verify/verify.h"

namespace actuary::journal::verify {

/// A journal beside its witness.
struct Acknowledged {
  std::unique_ptr<rocks::RocksReader> journal;  ///< none: it cannot be read at all
  Position witnessed = 0;      ///< the last record that the witness saw; 0: there is no witness yet
  std::optional<Fault> fault;  ///< the first record that was acknowledged and is not there
};

/// Opens the journal in `path` to look at it, and says what of all that was acknowledged it has
/// not. An engine may be writing: what it adds meanwhile is no fault.
///
/// errors: kNotFound; kNewerVersion; kStorageFailed; damage is a fault
[[nodiscard]] Result<Acknowledged> open_beside_witness(const std::string& path);

}  // namespace actuary::journal::verify
