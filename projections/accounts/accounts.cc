#include "projections/accounts/accounts.h"

#include "projections/rows/fold.h"
#include "projections/rows/listing.h"

namespace actuary::projections::accounts {

using rows::make_key;
using rows::Table;

Result<std::optional<UserRow>> Accounts::get(const UserId& id) const {
  return rows::load<UserRow>(store_, make_key(Table::kUser, id));
}

Result<std::optional<UserRow>> Accounts::find(std::string_view username) const {
  const Bytes key = make_key(Table::kUserByName, username);
  TRY(id, rows::load<UserId>(store_, key));
  if (!id) return std::nullopt;
  return get(*id);
}

Result<rows::Page<UserRow>> Accounts::users(const rows::Paging& paging) const {
  rows::Page<UserRow> page;
  const std::uint64_t limit = std::min(paging.limit, rows::kPageRowsMax);
  Status problem;
  const auto visit = [&](BytesView key, BytesView value) {
    const std::uint64_t index = page.total++;
    if (index < paging.offset || page.rows.size() >= limit) return true;
    const auto id = rows::decode<UserId>(key, value);
    auto row = id ? get(*id) : tl::make_unexpected(id.error());
    if (!row) problem = tl::make_unexpected(row.error());
    if (row && *row) page.rows.push_back(**row);
    return row.has_value();
  };
  const rows::KeyRange range = rows::prefix_range(make_key(Table::kUserByName));
  TRY_VOID(store_.scan(range, paging.order, visit));
  TRY_VOID(problem);
  return page;
}

Result<std::optional<TokenRow>> Accounts::token(const TokenId& id) const {
  return rows::load<TokenRow>(store_, make_key(Table::kToken, id));
}

Result<rows::Page<TokenRow>> Accounts::tokens(const rows::Paging& paging) const {
  const rows::KeyRange range = rows::prefix_range(make_key(Table::kTokenByUser));
  return rows::list<TokenRow>(store_, Table::kToken, range, paging, rows::kAny);
}

Result<rows::Page<TokenRow>> Accounts::tokens_of(const UserId& user,
                                                 const rows::Paging& paging) const {
  const rows::KeyRange range = rows::prefix_range(make_key(Table::kTokenByUser, user));
  return rows::list<TokenRow>(store_, Table::kToken, range, paging, rows::kAny);
}

static rows::Entries entries_of(const UserRow& user) {
  rows::Entries entries;
  rows::add_entry(entries, make_key(Table::kUser, user.id), user);
  rows::add_entry(entries, make_key(Table::kUserByName, user.username), user.id);
  return entries;
}

static rows::Entries entries_of(const TokenRow& token) {
  rows::Entries entries;
  rows::add_entry(entries, make_key(Table::kToken, token.id), token);
  rows::add_entry(entries, make_key(Table::kTokenByUser, token.user_id, token.created_at, token.id),
                  rows::Nothing{});
  return entries;
}

Status AccountModel::apply(const Record& record, rows::RowWriter& writer) const {
  const Timestamp now = record.recorded_at.utc;
  if (const auto* user = std::get_if<events::UserCreated>(&record.event)) {
    rows::insert(writer, UserRow{user->user_id, user->username, now});
  } else if (const auto* token = std::get_if<events::TokenCreated>(&record.event)) {
    TRY(owner, UserId::parse(record.stream.id.view()));
    rows::insert(writer, TokenRow{token->token_id, owner, token->name, now, std::nullopt});
  } else if (const auto* revoked = std::get_if<events::TokenRevoked>(&record.event)) {
    const Bytes key = make_key(Table::kToken, revoked->token_id);
    return rows::update_existing<TokenRow>(writer, key, record,
                                           [&](TokenRow& row) { row.revoked_at = now; });
  }
  return {};
}

}  // namespace actuary::projections::accounts
