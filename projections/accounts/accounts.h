#pragma once

#include "projections/accounts/row.h"
#include "projections/rows/page.h"
#include "projections/rows/read_model.h"

namespace actuary::projections::accounts {

/// Queries over users and tokens, for showing. Who a token belongs to is decided by the engine.
///
/// errors: kCorrupt, a row does not match its checksum; kStorageFailed
class Accounts {
 public:
  explicit Accounts(const rows::Store& store) : store_(store) {}

  [[nodiscard]] Result<std::optional<UserRow>> get(const UserId& id) const;
  [[nodiscard]] Result<std::optional<UserRow>> find(std::string_view username) const;
  /// Ordered by name.
  [[nodiscard]] Result<rows::Page<UserRow>> users(const rows::Paging& paging = {}) const;
  [[nodiscard]] Result<std::optional<TokenRow>> token(const TokenId& id) const;
  /// Ordered by user, then `created_at`; revoked ones too.
  [[nodiscard]] Result<rows::Page<TokenRow>> tokens(const rows::Paging& paging = {}) const;
  [[nodiscard]] Result<rows::Page<TokenRow>> tokens_of(const UserId& user,
                                                       const rows::Paging& paging = {}) const;

 private:
  const rows::Store& store_;
};

class AccountModel final : public rows::ReadModel {
 public:
  [[nodiscard]] Status apply(const Record& record, rows::RowWriter& writer) const override;
};

}  // namespace actuary::projections::accounts
