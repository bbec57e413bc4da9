#include "journal/codec/record_codec.h"

#include <xxhash.h>

#include "journal/codec/decode.h"
#include "journal/codec/encode.h"
#include "journal/journal.h"

namespace actuary::journal::codec {
namespace {

constexpr std::size_t kChecksumBytes = 8;

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

Result<Record> decode_record(BytesView stored, Position position) {
  Result<Record> record;
  if (Status read = decode_record_into(stored, position, *record); !read) {
    return tl::make_unexpected(std::move(read).error());
  }
  return record;
}

Status decode_record_into(BytesView stored, Position position, Record& record) {
  if (stored.size() < kRecordHeaderBytes)
    return bad(position, Code::kCorrupt, "shorter than its header");
  if (get<std::uint64_t>(stored, 0) != checksum(stored)) {
    return bad(position, Code::kCorrupt, "the checksum does not match its bytes");
  }
  const auto format = get<std::uint16_t>(stored, 12);
  const auto schema = get<std::uint16_t>(stored, 14);
  if (format != kRecordFormat || schema > kSchema) {
    const Code code = format < kRecordFormat ? Code::kCorrupt : Code::kNewerVersion;
    return bad(position, code,
               "format " + std::to_string(format) + ", schema " + std::to_string(schema) +
                   "; this program knows " + std::to_string(kRecordFormat) + ", " +
                   std::to_string(kSchema));
  }
  const BytesView payload = stored.substr(kRecordHeaderBytes);
  if (get<std::uint32_t>(stored, 8) != payload.size()) {
    return bad(position, Code::kCorrupt, "its length is not the length of its bytes");
  }
  if (const Status read = decode_table_into(payload, record); !read) {
    return bad(position, read.error().code, read.error().detail);
  }
  if (record.position != position) {
    return bad(position, Code::kCorrupt, "is record " + std::to_string(record.position));
  }
  return {};
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
