#pragma once

#include <set>
#include <variant>

#include "journal/events/account.h"
#include "journal/record/record.h"

namespace actuary::engine::account {

struct Absent {
  friend bool operator==(const Absent&, const Absent&) = default;
};

struct Open {
  UserId user_id;
  std::string username;
  std::set<TokenId> tokens;  ///< valid ones

  friend bool operator==(const Open&, const Open&) = default;
};

using State = std::variant<Absent, Open>;

}  // namespace actuary::engine::account
