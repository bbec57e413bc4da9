#pragma once

#include <optional>
#include <string>
#include <tuple>

#include "journal/base/id.h"
#include "journal/base/time.h"

namespace actuary::projections::accounts {

struct UserRow {
  UserId id;
  std::string username;
  Timestamp created_at{};

  static constexpr auto members() {
    return std::make_tuple(&UserRow::id, &UserRow::username, &UserRow::created_at);
  }
  friend bool operator==(const UserRow&, const UserRow&) = default;
};

/// A token as it is listed: neither its text nor its hash.
struct TokenRow {
  TokenId id;
  UserId user_id;
  std::string name;
  Timestamp created_at{};
  std::optional<Timestamp> revoked_at;

  static constexpr auto members() {
    using Row = TokenRow;
    return std::make_tuple(&Row::id, &Row::user_id, &Row::name, &Row::created_at, &Row::revoked_at);
  }
  friend bool operator==(const TokenRow&, const TokenRow&) = default;
};

}  // namespace actuary::projections::accounts
