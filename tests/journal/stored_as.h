#pragma once

#include <xxhash.h>

#include "journal/codec/encode.h"
#include "journal/codec/record_codec.h"
#include "record_generated.h"

namespace actuary::tests {

/// Bytes of a record around a table, as a program of `schema` writes them.
inline Bytes stored_as(BytesView table, std::uint16_t schema,
                       std::uint16_t format = journal::codec::kRecordFormat) {
  Bytes stored(journal::codec::kRecordHeaderBytes, '\0');
  const auto put = [&](std::size_t at, std::uint64_t number, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i) stored[at + i] = static_cast<char>(number >> (8 * i));
  };
  put(8, table.size(), 4);
  put(12, format, 2);
  put(14, schema, 2);
  stored += table;
  put(0, XXH3_64bits(stored.data() + 8, stored.size() - 8), 8);
  return stored;
}

/// The table of `record`, but for the number of its event.
inline Bytes with_event_type(const Record& record, std::uint8_t type) {
  Bytes bytes = journal::codec::encode_table(record);
  const auto* root = journal::schema::GetRecord(bytes.data());
  const auto* place = reinterpret_cast<const flatbuffers::Table*>(root)->GetAddressOf(
      journal::schema::Record::VT_EVENT_TYPE);
  bytes[static_cast<std::size_t>(reinterpret_cast<const char*>(place) - bytes.data())] =
      static_cast<char>(type);
  return bytes;
}

}  // namespace actuary::tests
