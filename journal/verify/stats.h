#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string_view>

#include "journal/reader.h"

namespace actuary::journal::verify {

struct Share {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;  ///< as stored
};

/// What a journal consists of.
struct Stats {
  Share all;
  std::map<std::string_view, Share> by_event;  ///< `RunCreated`, …; `unknown`: of a newer program
  std::map<std::string_view, Share> by_stream;  ///< `run`, `storage`, …
  std::uint64_t streams = 0;                    ///< counted by their first versions
  std::uint64_t terms = 0;                      ///< claimed
  std::uint64_t commands = 0;                   ///< records that carry one
  Timestamp earliest{};
  Timestamp latest{};
};

/// Counts every record. `progress` is called now and then with how many there were.
///
/// errors: those of `Reader::scan`
[[nodiscard]] Result<Stats> count(const Reader& journal,
                                  const std::function<void(std::uint64_t)>& progress);

}  // namespace actuary::journal::verify
