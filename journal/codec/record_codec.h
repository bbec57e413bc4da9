#pragma once

#include <cstdint>
#include <vector>

#include "journal/record/record.h"

namespace actuary::journal::codec {

/// What this program's schema/record.fbs is. Grows by one with every release that adds to the
/// schema.
inline constexpr std::uint16_t kSchema = 2;
inline constexpr std::size_t kRecordHeaderBytes = 16;
/// How a record's bytes are laid out; a journal's format may change without it.
inline constexpr std::uint16_t kRecordFormat = 1;

/// A record as it lies in the log: checksum, length, format, schema, then a FlatBuffers table.
///
/// units:  bytes; 16 + payload
/// errors: kTooLarge past kTableBytesMax
/// source: journal/FORMAT.md, "Record"
[[nodiscard]] Result<Bytes> encode_record(const Record& record);

/// Reads the record that must stand at `position`; every byte of it is covered by the checksum.
///
/// errors: kCorrupt, kNewerVersion; both name the position
[[nodiscard]] Result<Record> decode_record(BytesView stored, Position position);
/// The same, over `record`, whose strings keep their room. After an error it holds anything.
[[nodiscard]] Status decode_record_into(BytesView stored, Position position, Record& record);

/// Records that stand one after another, in pieces; what is in the pieces is not looked at.
///
/// errors: kCorrupt: the last one is cut short
[[nodiscard]] Result<std::vector<BytesView>> split_records(BytesView stored);

}  // namespace actuary::journal::codec
