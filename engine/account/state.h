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
  std::set<TokenId> tokens;                  ///< valid ones
  std::vector<std::uint64_t> personal_keys;  ///< that the names of tokens are sealed under
  ACTUARY_FIELDS(Open, user_id, username, tokens, personal_keys);
};

using State = std::variant<Absent, Open>;

}  // namespace actuary::engine::account
