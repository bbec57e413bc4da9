#pragma once

#include <variant>

#include "journal/events/account.h"

namespace actuary::engine::account {

struct CreateUser {
  UserId user_id;
  std::string username;
  ACTUARY_FIELDS(CreateUser, user_id, username);
};

/// Only the token's keyed hash is known here.
struct CreateToken {
  UserId user_id;
  TokenId token_id;
  std::string name;
  std::string hash;
  ACTUARY_FIELDS(CreateToken, user_id, token_id, name, hash);
};

struct RevokeToken {
  UserId user_id;
  TokenId token_id;
  ACTUARY_FIELDS(RevokeToken, user_id, token_id);
};

using Command = std::variant<CreateUser, CreateToken, RevokeToken>;

}  // namespace actuary::engine::account
