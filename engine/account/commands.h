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

/// Nobody shall read any more what the user and the account's tokens are called.
struct ErasePersonal {
  UserId user_id;
  std::string reason;
  ACTUARY_FIELDS(ErasePersonal, user_id, reason);
};

/// What the account may hold at once. Absent: as much as the host gives to each; 0: no limit.
struct SetLimits {
  UserId user_id;
  std::optional<std::uint64_t> memory_mbytes;
  std::optional<std::uint32_t> runs;
  std::string reason;
  ACTUARY_FIELDS(SetLimits, user_id, memory_mbytes, runs, reason);
};

using Command = std::variant<CreateUser, CreateToken, RevokeToken, ErasePersonal, SetLimits>;

}  // namespace actuary::engine::account
