#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "journal/base/numbers.h"
#include "journal/merkle/tree.h"
#include "journal/record/record.h"

/// Keys and values of the store, big-endian so that bytes sort as numbers do.
///
/// source: journal/FORMAT.md, "Store"
namespace actuary::journal::rocks {

enum class Family : std::uint8_t { kDefault, kLog, kStreams, kTree, kMeta };
inline constexpr std::array<std::string_view, 5> kFamilyNames = {"default", "log", "streams",
                                                                 "tree", "meta"};

inline constexpr std::string_view kMetaId = "id";
inline constexpr std::string_view kMetaFormat = "format";
inline constexpr std::string_view kMetaHead = "head";
inline constexpr std::string_view kMetaArchives = "archives";

/// What `meta/head` holds: 88 bytes; 16 in a journal that was written before there was a tree, 48
/// before there was a witness.
struct StoredHead {
  Position position = 0;
  std::uint64_t term = 0;
  merkle::Hash root = merkle::empty_root();
  Position first = 1;                          ///< of the last batch; 0: not known
  merkle::Hash before = merkle::empty_root();  ///< the root up to `first` - 1; zeros: not known
};
inline constexpr std::size_t kHeadBytes = 88;
inline constexpr std::size_t kHeadBytesWithoutBatch = 48;
inline constexpr std::size_t kHeadBytesWithoutTree = 16;

using base::bytes_number;
using base::number_bytes;

/// kind, id (a nil id is zeros): what all keys of one stream begin with. 18 bytes.
[[nodiscard]] inline Bytes stream_prefix(const StreamId& stream) {
  Bytes key(1, static_cast<char>(stream.kind));
  key += stream.id.view();
  key.resize(1 + kIdLength, '\0');
  return key;
}

[[nodiscard]] inline Bytes stream_key(const StreamId& stream, Version version) {
  return stream_prefix(stream) + number_bytes(version);
}

[[nodiscard]] inline Bytes head_bytes(const StoredHead& head) {
  Bytes bytes = number_bytes(head.position) + number_bytes(head.term);
  bytes.append(merkle::view(head.root));
  return bytes.append(number_bytes(head.first)).append(merkle::view(head.before));
}

/// shape: `bytes` has kHeadBytes
[[nodiscard]] inline StoredHead parse_head(BytesView bytes) {
  return {bytes_number(bytes), bytes_number(bytes.substr(8)), merkle::hash_at(bytes.substr(16)),
          bytes_number(bytes.substr(48)), merkle::hash_at(bytes.substr(56))};
}

[[nodiscard]] inline Bytes tile_key(merkle::TileId id) {
  return Bytes(1, static_cast<char>(id.level)) + number_bytes(id.index);
}

}  // namespace actuary::journal::rocks
