#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "journal/rocks/rocks_reader.h"

namespace actuary::journal::verify {

/// The first thing that is wrong: everything before `position` is as it was written.
struct Fault {
  Position position = 0;
  std::string what;
};

struct Report {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;  ///< of the records as stored
  std::uint64_t streams = 0;
  std::uint64_t terms = 0;
  Position first = 1;          ///< what is before it is in archives that could not be read
  std::uint64_t unknown = 0;   ///< records whose events a newer program wrote: their content was
                               ///< not looked at, all else was
  Position first_unknown = 0;  ///< the first of them
  std::string why_unknown;
  std::optional<Fault> fault;
};

/// Called now and then with the records walked so far, and how many there are.
using Progress = std::function<void(std::uint64_t done, std::uint64_t all)>;

/// Walks the whole journal: every record's checksum, structure and position, causes and epochs that
/// lie before it, terms that are claimed upwards and by nobody else used, and that the index of
/// streams has exactly the log's records, their versions without a gap and in the order of the log.
/// Memory does not depend on the journal's size. Archives are walked too; what is in one that
/// cannot be read is left out.
///
/// errors: kStorageFailed: the disk did not answer; kNewerVersion: a writer asks for a newer
/// reader;
///         damage is a fault, not an error
/// source: journal/FORMAT.md
[[nodiscard]] Result<Report> verify(const rocks::RocksReader& journal, const Progress& progress);

}  // namespace actuary::journal::verify
