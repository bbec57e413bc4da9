#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

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

/// What `meta/head` holds: 48 bytes; 16 in a journal that was written before there was a tree.
struct StoredHead {
  Position position = 0;
  std::uint64_t term = 0;
  merkle::Hash root = merkle::empty_root();
};
inline constexpr std::size_t kHeadBytes = 48;
inline constexpr std::size_t kHeadBytesWithoutTree = 16;

[[nodiscard]] inline Bytes number_bytes(std::uint64_t number) {
  Bytes bytes(8, '\0');
  for (int i = 0; i < 8; ++i) bytes[i] = static_cast<char>(number >> (8 * (7 - i)) & 255U);
  return bytes;
}

/// The first 8 of `bytes`, which the caller has measured.
[[nodiscard]] inline std::uint64_t bytes_number(BytesView bytes) {
  std::uint64_t number = 0;
  for (const char c : bytes.substr(0, 8)) number = number << 8U | static_cast<unsigned char>(c);
  return number;
}

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
  return number_bytes(head.position) + number_bytes(head.term) + Bytes(merkle::view(head.root));
}

[[nodiscard]] inline Bytes tile_key(merkle::TileId id) {
  return Bytes(1, static_cast<char>(id.level)) + number_bytes(id.index);
}

}  // namespace actuary::journal::rocks
