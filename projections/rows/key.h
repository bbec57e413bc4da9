#pragma once

#include <cstdint>
#include <string_view>

#include "journal/base/bytes.h"
#include "journal/base/id.h"
#include "journal/base/time.h"
#include "journal/events/common.h"

namespace actuary::projections::rows {

/// The first byte of every key. Rows are upper case, the indexes that lead to them lower case.
enum class Table : char {
  kCheckpoint = '!',
  kActor = 'A',
  kBuild = 'B',
  kDeadline = 'D',
  kRun = 'R',
  kStorage = 'S',
  kToken = 'T',
  kUser = 'U',
  kActorByOwner = 'a',
  kActorByName = 'b',
  kBuildByUser = 'c',
  kBuildByActor = 'd',
  kDeadlineByDue = 'e',
  kRunByUser = 'f',
  kRunByActor = 'g',
  kStorageByUser = 'h',
  kStorageNamed = 'i',
  kStorageByName = 'j',
  kStorageByRun = 'k',
  kUserByName = 'l',
  kTokenByUser = 'm',
};

/// Fixed width, so that ids can be cut out of index keys; a nil id is zeros.
template <class Tag>
void append_part(Bytes& key, const Id<Tag>& id) {
  key.append(id.view());
  key.append(kIdLength - id.view().size(), '\0');
}
/// Big-endian with the sign turned over: byte order is time order.
void append_part(Bytes& key, Timestamp at);
void append_part(Bytes& key, events::StorageKind kind);
/// Only as the last part: it has no end mark.
void append_part(Bytes& key, std::string_view text);

template <class... Parts>
[[nodiscard]] Bytes make_key(Table table, const Parts&... parts) {
  Bytes key(1, static_cast<char>(table));
  (append_part(key, parts), ...);
  return key;
}

/// Index keys end with the id of the row that they lead to.
[[nodiscard]] Bytes row_key(Table table, BytesView index_key);

/// Keys from `from` up to, not including, `to`.
struct KeyRange {
  Bytes from;
  Bytes to;
};
[[nodiscard]] KeyRange prefix_range(const Bytes& prefix);

}  // namespace actuary::projections::rows
