#pragma once

#include "journal/events/common.h"

namespace actuary::journal::events {

struct UserCreated {
  UserId user_id;
  std::string username;
  ACTUARY_FIELDS(UserCreated, user_id, username);
};

struct TokenCreated {
  TokenId token_id;
  std::string name;  ///< personal, see common.h
  std::string hash;  ///< HMAC-SHA-256 of the token under the installation's pepper, hex; the token
                     ///< itself is never stored
  ACTUARY_FIELDS(TokenCreated, token_id, name, hash);
};

struct TokenRevoked {
  TokenId token_id;
  ACTUARY_FIELDS(TokenRevoked, token_id);
};

/// What one account may hold at once, from here on. Absent: as much as the host gives to each; 0:
/// without a limit.
struct AccountLimitsSet {
  std::optional<std::uint64_t> memory_mbytes;  ///< of its runs and builds together
  std::optional<std::uint32_t> runs;
  std::string reason;
  ACTUARY_FIELDS(AccountLimitsSet, memory_mbytes, runs, reason);
};

}  // namespace actuary::journal::events
