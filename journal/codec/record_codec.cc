#include "journal/codec/record_codec.h"

#include <xxhash.h>

#include "journal/codec/decode.h"
#include "journal/codec/encode.h"
#include "journal/codec/to_json.h"
#include "journal/journal.h"
#include "journal/upcast/upcast.h"

namespace actuary::journal::codec {
namespace {

constexpr std::size_t kChecksumBytes = 8;
constexpr std::string_view kCure =
    "use the program that wrote it or a newer one, or restore a backup from before";

template <class Number>
void put(Bytes& bytes, std::size_t at, Number number) {
  for (std::size_t i = 0; i < sizeof(Number); ++i) {
    bytes[at + i] = static_cast<char>(static_cast<unsigned char>(number >> (8 * i)));
  }
}

template <class Number>
Number get(BytesView bytes, std::size_t at) {
  Number number = 0;
  for (std::size_t i = 0; i < sizeof(Number); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[at + i]);
    number = static_cast<Number>(number | (static_cast<Number>(byte) << (8 * i)));
  }
  return number;
}

std::uint64_t checksum(BytesView stored) {
  return XXH3_64bits(stored.data() + kChecksumBytes, stored.size() - kChecksumBytes);
}

tl::unexpected<Error> bad(Position position, Code code, std::string_view why) {
  return fail(code, "record " + std::to_string(position) + ": " + std::string(why));
}

}  // namespace

Result<Bytes> encode_record(const Record& record) {
  Builder builder(1024);
  builder.Finish(flatbuffers::Offset<void>(write_table(builder, record)));
  const std::size_t length = builder.GetSize();
  if (length > kTableBytesMax) {
    return bad(record.position, Code::kTooLarge, std::to_string(length) + " bytes");
  }
  Bytes stored(kRecordHeaderBytes + length, '\0');
  std::memcpy(stored.data() + kRecordHeaderBytes, builder.GetBufferPointer(), length);
  put(stored, 8, static_cast<std::uint32_t>(length));
  put(stored, 12, kRecordFormat);
  put(stored, 14, kSchema);
  put(stored, 0, checksum(stored));
  return stored;
}

Result<Record> decode_record(BytesView stored, Position position,
                             std::span<const upcast::Upcaster> upcasters) {
  Result<Record> record;
  if (Status read = decode_record_into(stored, position, *record, upcasters); !read) {
    return tl::make_unexpected(std::move(read).error());
  }
  return record;
}

namespace {

struct Payload {
  BytesView bytes;
  std::uint16_t schema = 0;
};

/// What stands before the table is checked before the table is read.
Result<Payload> payload_of(BytesView stored, Position position) {
  if (stored.size() < kRecordHeaderBytes)
    return bad(position, Code::kCorrupt, "shorter than its header");
  if (get<std::uint64_t>(stored, 0) != checksum(stored)) {
    return bad(position, Code::kCorrupt, "the checksum does not match its bytes");
  }
  const auto format = get<std::uint16_t>(stored, 12);
  const auto schema = get<std::uint16_t>(stored, 14);
  if (format != kRecordFormat) {
    const Code code = format < kRecordFormat ? Code::kCorrupt : Code::kNewerVersion;
    return bad(position, code,
               "is of record format " + std::to_string(format) + "; this program knows format " +
                   std::to_string(kRecordFormat) + ": " + std::string(kCure));
  }
  const BytesView payload = stored.substr(kRecordHeaderBytes);
  if (get<std::uint32_t>(stored, 8) != payload.size()) {
    return bad(position, Code::kCorrupt, "its length is not the length of its bytes");
  }
  return Payload{payload, schema};
}

tl::unexpected<Error> unread(Position position, const Error& error, std::uint16_t schema) {
  if (error.code != Code::kNewerVersion) return bad(position, error.code, error.detail);
  return bad(position, error.code,
             error.detail + " (its schema is " + std::to_string(schema) + ", this program knows " +
                 std::to_string(kSchema) + "): " + std::string(kCure));
}

/// Whether this program may read what that writer writes.
Status check_reader(const Record& record) {
  const auto* claim = std::get_if<events::TermClaimed>(&record.event);
  if (claim == nullptr || claim->min_reader <= kSchema) return {};
  return bad(record.position, Code::kNewerVersion,
             "whoever wrote term " + std::to_string(claim->term) + " (" + claim->program +
                 ") says that a reader must know schema " + std::to_string(claim->min_reader) +
                 "; this program knows " + std::to_string(kSchema) + ": " + std::string(kCure));
}

}  // namespace

Status decode_record_into(BytesView stored, Position position, Record& record,
                          std::span<const upcast::Upcaster> upcasters) {
  TRY(payload, payload_of(stored, position));
  if (const Status read = decode_table_into(payload.bytes, record); !read) {
    return unread(position, read.error(), payload.schema);
  }
  if (record.position != position) {
    return bad(position, Code::kCorrupt, "is record " + std::to_string(record.position));
  }
  upcast::raise(upcasters, payload.schema, record);
  return check_reader(record);
}

static_assert(std::is_same_v<std::variant_alternative_t<0, events::AnyEvent>, events::TermClaimed>);

Result<Outline> decode_outline(BytesView stored, Position position) {
  TRY(payload, payload_of(stored, position));
  const AlignedBytes aligned(payload.bytes);
  Reading in(aligned.data(), aligned.size());
  Outline outline;
  outline.schema = payload.schema;
  outline.record.event = events::CommandNoted{};
  const auto member = [&]<class M>(const Table& table, std::uint16_t slot,
                                   const Field<Record, M>& each) {
    if constexpr (AnyVariant<M>) {
      const flatbuffers::voffset_t type = field_offset(slot);
      if (!table.VerifyField<std::uint8_t>(in.verifier, type, 1)) return false;
      outline.type = table.GetField<std::uint8_t>(type, 0);
      return outline.type != 0;
    } else {
      return read_member(in, table, slot, outline.record.*each.member, each.name);
    }
  };
  const flatbuffers::uoffset_t root = in.verifier.VerifyOffset(0);
  const auto* table = reinterpret_cast<const Table*>(aligned.data() + root);
  const bool read = payload.bytes.size() <= kTableBytesMax && root != 0 &&
                    table->VerifyTableStart(in.verifier) &&
                    all_fields<Record>([&](std::uint16_t slot, const auto& each) {
                      return member(*table, slot, each);
                    });
  if (!read) {
    const Error missing{Code::kCorrupt, "not a table of Record"};
    return unread(position, in.refusal.value_or(missing), payload.schema);
  }
  if (outline.record.position != position) {
    return bad(position, Code::kCorrupt, "is record " + std::to_string(outline.record.position));
  }
  return outline;
}

std::string to_json(const Outline& outline, BytesView stored) {
  JsonWriter out;
  out.open('{');
  all_fields<Record>([&]<class M>(std::uint16_t, const Field<Record, M>& each) {
    out.key(each.name);
    if constexpr (AnyVariant<M>) {
      out.open('{');
      out.key("type");
      out.text("unknown");
      out.key("number");
      out.unsigned_integer(outline.type);
      out.key("schema");
      out.unsigned_integer(outline.schema);
      out.close('}');
    } else if constexpr (std::is_same_v<M, std::string>) {
      out.text(is_blob<Record>(each.name) ? to_hex(outline.record.*each.member)
                                          : outline.record.*each.member);
    } else {
      write_json_value(out, outline.record.*each.member);
    }
    return true;
  });
  out.key("stored");
  out.text(to_hex(stored));
  out.close('}');
  return std::move(out).take();
}

std::uint16_t schema_of(BytesView stored) {
  return stored.size() < kRecordHeaderBytes ? std::uint16_t{0} : get<std::uint16_t>(stored, 14);
}

Result<std::vector<BytesView>> split_records(BytesView stored) {
  std::vector<BytesView> records;
  while (!stored.empty()) {
    const bool whole = stored.size() >= kRecordHeaderBytes &&
                       stored.size() - kRecordHeaderBytes >= get<std::uint32_t>(stored, 8);
    if (!whole) return fail(Code::kCorrupt, "the last of these records is cut short");
    const std::size_t size = kRecordHeaderBytes + get<std::uint32_t>(stored, 8);
    records.push_back(stored.substr(0, size));
    stored.remove_prefix(size);
  }
  return records;
}

}  // namespace actuary::journal::codec
