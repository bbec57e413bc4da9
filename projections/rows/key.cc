#include "projections/rows/key.h"

#include "journal/base/assert.h"

namespace actuary::projections::rows {

void append_part(Bytes& key, Timestamp at) {
  constexpr std::uint64_t kSign = 1ULL << 63U;
  const auto ordered = static_cast<std::uint64_t>(at.time_since_epoch().count()) ^ kSign;
  for (int shift = 56; shift >= 0; shift -= 8) {
    key.push_back(static_cast<char>((ordered >> static_cast<unsigned>(shift)) & 0xFFU));
  }
}

void append_part(Bytes& key, events::StorageKind kind) {
  key.push_back(static_cast<char>('0' + static_cast<int>(kind)));
}

void append_part(Bytes& key, std::string_view text) { key.append(text); }

Bytes row_key(Table table, BytesView index_key) {
  ACTUARY_ASSERT(index_key.size() > kIdLength);
  Bytes key(1, static_cast<char>(table));
  key.append(index_key.substr(index_key.size() - kIdLength));
  return key;
}

KeyRange prefix_range(const Bytes& prefix) {
  Bytes end = prefix;
  while (!end.empty() && static_cast<unsigned char>(end.back()) == 0xFFU) end.pop_back();
  ACTUARY_ASSERT(!end.empty());
  end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1U);
  return {prefix, end};
}

}  // namespace actuary::projections::rows
