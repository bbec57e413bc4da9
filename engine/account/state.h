#pragma once

#include <set>
#include <variant>
#include <vector>

#include "journal/events/account.h"
#include "journal/record/record.h"

namespace actuary::engine::account {

struct Absent {
  ACTUARY_FIELDS(Absent);
};

struct Open {
  UserId user_id;
  std::string username;
  std::set<TokenId> tokens;                        ///< valid ones
  std::vector<std::uint64_t> personal_keys;        ///< that the names of tokens are sealed under
  std::optional<std::uint64_t> memory_mbytes_max;  ///< absent: as the host gives to each
  std::optional<std::uint32_t> runs_max;
  ACTUARY_FIELDS(Open, user_id, username, tokens, personal_keys, memory_mbytes_max, runs_max);
};

using State = std::variant<Absent, Open>;

}  // namespace actuary::engine::account
