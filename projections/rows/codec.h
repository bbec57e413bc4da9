#pragma once

#include <cereal/archives/portable_binary.hpp>
#include <cereal/types/map.hpp>
#include <cereal/types/optional.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/vector.hpp>
#include <exception>
#include <optional>
#include <sstream>
#include <tuple>

#include "journal/base/bytes.h"
#include "journal/base/fields.h"
#include "journal/base/id.h"
#include "journal/base/result.h"
#include "journal/base/time.h"

/// How rows become bytes: cereal's portable binary behind a checksum. Only `.cc` files of this
/// floor include it.
namespace actuary::projections::rows {

/// A row: an aggregate that lists pointers to its members.
template <class T>
concept RowLike = requires {
  T::members();
};

/// Puts a checksum in front: XXH3 of the payload, seeded with XXH3 of the key, so that a value
/// under another row's key is found out too.
[[nodiscard]] Bytes seal(BytesView key, BytesView payload);
/// errors: kCorrupt, before a single byte was interpreted: cereal trusts the lengths that it reads
[[nodiscard]] Result<BytesView> unseal(BytesView key, BytesView value);
[[nodiscard]] std::string printable(BytesView key);

template <class Row>
[[nodiscard]] Bytes encode(const Row& row) {
  std::ostringstream out;
  {
    cereal::PortableBinaryOutputArchive archive(out);
    archive(row);
  }
  return out.str();
}

template <class Row>
[[nodiscard]] Result<Row> decode(BytesView key, BytesView value) {
  TRY(payload, unseal(key, value));
  try {
    std::istringstream in{std::string(payload)};
    cereal::PortableBinaryInputArchive archive(in);
    Row row;
    archive(row);
    return row;
  } catch (const std::exception& problem) {
    return fail(Code::kCorrupt, "views: row " + printable(key) + ": " + problem.what());
  }
}

/// From the store, or through a writer, which sees the changes of its own batch.
template <class Row, class Source>
[[nodiscard]] Result<std::optional<Row>> load(const Source& source, BytesView key) {
  TRY(value, source.get(key));
  if (!value) return std::nullopt;
  TRY(row, decode<Row>(key, *value));
  return row;
}

}  // namespace actuary::projections::rows

namespace cereal {

template <class Archive, actuary::projections::rows::RowLike Row>
void serialize(Archive& archive, Row& row) {
  (void)row;  // unused when the row has no members
  std::apply([&](auto... member) { (archive(row.*member), ...); }, Row::members());
}

template <class Archive, actuary::journal::base::Described Value>
void serialize(Archive& archive, Value& value) {
  actuary::journal::base::for_each_field<Value>(
      [&](const auto& field) { archive(value.*(field.member)); });
}

template <class Archive>
void serialize(Archive& archive, actuary::Instant& at) {
  archive(at.utc, at.boot, at.boot_id);
}

template <class Archive, class Tag>
std::string save_minimal(const Archive&, const actuary::journal::base::Id<Tag>& id) {
  return id.str();
}
template <class Archive, class Tag>
void load_minimal(const Archive&, actuary::journal::base::Id<Tag>& id, const std::string& text) {
  id = actuary::journal::base::Id<Tag>::parse(text).value_or(actuary::journal::base::Id<Tag>{});
}

template <class Archive>
std::int64_t save_minimal(const Archive&, const actuary::Timestamp& at) {
  return at.time_since_epoch().count();
}
template <class Archive>
void load_minimal(const Archive&, actuary::Timestamp& at, const std::int64_t& micros) {
  at = actuary::Timestamp(actuary::Microseconds(micros));
}

template <class Archive>
std::int64_t save_minimal(const Archive&, const actuary::Microseconds& span) {
  return span.count();
}
template <class Archive>
void load_minimal(const Archive&, actuary::Microseconds& span, const std::int64_t& micros) {
  span = actuary::Microseconds(micros);
}

}  // namespace cereal
