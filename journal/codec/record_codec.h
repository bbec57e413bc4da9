#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "journal/record/record.h"
#include "journal/upcast/upcast.h"

namespace actuary::journal::codec {

/// What this program's schema/record.fbs is. Grows by one with every release that adds to the
/// schema.
inline constexpr std::uint16_t kSchema = 4;
/// What a program must know at least to read rightly what this one writes: grows to `kSchema` when
/// something that older programs know gets another meaning. 3: personal texts are sealed; 4: so are
/// the names of users.
inline constexpr std::uint16_t kMinReader = 4;
inline constexpr std::size_t kRecordHeaderBytes = 16;
/// How a record's bytes are laid out; a journal's format may change without it.
inline constexpr std::uint16_t kRecordFormat = 1;

/// A record as it lies in the log: checksum, length, format, schema, then a FlatBuffers table.
///
/// units:  bytes; 16 + payload
/// errors: kTooLarge past kTableBytesMax
/// source: journal/FORMAT.md, "Record"
[[nodiscard]] Result<Bytes> encode_record(const Record& record);

/// Reads the record that must stand at `position`; every byte of it is covered by the checksum. One
/// of a newer schema is read as long as it says nothing that this program does not know; members
/// that are new are passed over. One of an older schema is raised to what this program means.
///
/// errors: kCorrupt; kNewerVersion: another format, an event or an enumerator that nothing here
///         knows, or a writer who asks for a newer reader; all name the position
[[nodiscard]] Result<Record> decode_record(
    BytesView stored, Position position,
    std::span<const upcast::Upcaster> upcasters = upcast::upcasters());
/// The same, over `record`, whose strings keep their room. After an error it holds anything.
[[nodiscard]] Status decode_record_into(
    BytesView stored, Position position, Record& record,
    std::span<const upcast::Upcaster> upcasters = upcast::upcasters());

/// What can be said of a record whose event may be unknown: all but the event.
struct Outline {
  Record record;  ///< its `event` says nothing
  std::uint16_t schema = 0;
  std::uint8_t type = 0;  ///< the event's number in that schema
  /// A TermClaimed: one that cannot be read is no unknown event but a refusal.
  [[nodiscard]] bool is_claim() const { return type == 1; }
};

/// Reads a record but for its event, and whoever wrote it.
///
/// errors: as decode_record, but for the event
[[nodiscard]] Result<Outline> decode_outline(BytesView stored, Position position);
/// One line of JSON: the members of the record, `event` as
/// `{"type":"unknown","number":N,"schema":S}`, and all its bytes as hex in `stored`.
[[nodiscard]] std::string to_json(const Outline& outline, BytesView stored);
/// The schema that the record's header names; 0: there is no whole header.
[[nodiscard]] std::uint16_t schema_of(BytesView stored);

/// Records that stand one after another, in pieces; what is in the pieces is not looked at.
///
/// errors: kCorrupt: the last one is cut short
[[nodiscard]] Result<std::vector<BytesView>> split_records(BytesView stored);

}  // namespace actuary::journal::codec
