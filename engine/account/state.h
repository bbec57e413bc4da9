#pragma once

#include <set>
#include <variant>

#include "journal/events/account.h"
#include "journal/record/record.h"

namespace actuary::engine::account {

struct Absent {
  ACTUARY_FIELDS(Absent);
};

struct Open {
  UserId user_id;
  std::string username;
  std::set<TokenId> tokens;  ///< valid ones
  ACTUARY_FIELDS(Open, user_id, username, tokens);
};

using State = std::variant<Absent, Open>;

}  // namespace actuary::engine::account
