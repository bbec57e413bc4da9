#include "projections/runs/runs.h"

#include <algorithm>

#include "projections/rows/listing.h"
#include "projections/runs/entries.h"

namespace actuary::projections::runs {
namespace {

using rows::KeyRange;
using rows::make_key;
using rows::Table;

KeyRange started_range(const Bytes& prefix, const RunFilter& filter) {
  KeyRange range = rows::prefix_range(prefix);
  if (filter.started_after) {
    range.from = prefix;
    rows::append_part(range.from, *filter.started_after);
  }
  if (filter.started_before) {
    range.to = prefix;
    rows::append_part(range.to, *filter.started_before + Microseconds{1});
  }
  return range;
}

Result<rows::Page<RunRow>> list(const rows::Store& store, const Bytes& prefix,
                                const RunFilter& filter, const rows::Paging& paging) {
  const KeyRange range = started_range(prefix, filter);
  if (range.from >= range.to) return rows::Page<RunRow>{};
  if (filter.statuses.empty())
    return rows::list<RunRow>(store, Table::kRun, range, paging, rows::kAny);
  const auto accept = [&](BytesView key, BytesView value) -> Result<bool> {
    TRY(entry, rows::decode<RunEntry>(key, value));
    return std::ranges::find(filter.statuses, entry.status) != filter.statuses.end();
  };
  return rows::list<RunRow>(store, Table::kRun, range, paging, accept);
}

}  // namespace

Result<std::optional<RunRow>> Runs::get(const RunId& id) const {
  return rows::load<RunRow>(store_, make_key(Table::kRun, id));
}

Result<rows::Page<RunRow>> Runs::list_of_user(const UserId& user, const RunFilter& filter,
                                              const rows::Paging& paging) const {
  return list(store_, make_key(Table::kRunByUser, user), filter, paging);
}

Result<rows::Page<RunRow>> Runs::list_of_actor(const ActorId& actor, const RunFilter& filter,
                                               const rows::Paging& paging) const {
  return list(store_, make_key(Table::kRunByActor, actor), filter, paging);
}

Result<std::optional<RunRow>> Runs::last_of_actor(const ActorId& actor,
                                                  const LastRunFilter& filter) const {
  Result<std::optional<RunRow>> last;
  const auto visit = [&](BytesView key, BytesView value) {
    const auto entry = rows::decode<RunEntry>(key, value);
    if (!entry) {
      last = tl::make_unexpected(entry.error());
      return false;
    }
    if (filter.status && *filter.status != entry->status) return true;
    if (filter.origin && *filter.origin != entry->origin) return true;
    last = rows::load<RunRow>(store_, rows::row_key(Table::kRun, key));
    return last && !*last;
  };
  const KeyRange range = rows::prefix_range(make_key(Table::kRunByActor, actor));
  TRY_VOID(store_.scan(range, rows::Order::kNewestFirst, visit));
  return last;
}

}  // namespace actuary::projections::runs
