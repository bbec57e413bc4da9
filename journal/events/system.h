#pragma once

#include "journal/events/common.h"

namespace actuary::journal::events {

/// The first record of every process that writes: nobody with an older term may append after it.
struct TermClaimed {
  std::uint64_t term = 0;
  std::uint64_t nonce =
      0;  ///< 64 random bits: a restored backup never matches the lost future's terms
  std::uint32_t pid = 0;
  std::string program;
  ACTUARY_FIELDS(TermClaimed, term, nonce, pid, program);
};

}  // namespace actuary::journal::events
