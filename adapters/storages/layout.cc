#include "adapters/storages/layout.h"

namespace actuary::adapters::storages {
namespace {

template <class Unsigned>
void append_number(std::string& out, Unsigned value) {
  for (int shift = (static_cast<int>(sizeof(Unsigned)) - 1) * 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>((value >> static_cast<unsigned>(shift)) & 0xffU));
  }
}

void append_text(std::string& out, std::string_view text) {
  append_number(out, static_cast<std::uint32_t>(text.size()));
  out.append(text);
}

/// Takes a row apart. Past the end it remembers the failure and yields zeros, so that a row is
/// checked once.
class RowReader {
 public:
  explicit RowReader(std::string_view rest) : rest_(rest) {}

  template <class Unsigned>
  Unsigned number() {
    const std::string_view bytes = take(sizeof(Unsigned));
    Unsigned value = 0;
    for (const char c : bytes) {
      value = static_cast<Unsigned>((value << 8U) | static_cast<unsigned char>(c));
    }
    return value;
  }
  std::string text() { return std::string(take(number<std::uint32_t>())); }

  [[nodiscard]] bool complete() const { return !failed_ && rest_.empty(); }
  [[nodiscard]] bool empty() const { return failed_ || rest_.empty(); }

  template <class T>
  Result<T> finish(T value) const {
    if (!complete()) return fail(Code::kCorrupt, "a storage's row has a wrong length");
    return value;
  }

 private:
  std::string_view take(std::size_t count) {
    if (failed_ || rest_.size() < count) {
      failed_ = true;
      return {};
    }
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace

Status check_record_key(std::string_view key) {
  if (key.empty() || key.size() > kRecordKeyBytesMax || key.find('\0') != std::string_view::npos) {
    return fail(Code::kInvalidArgument, "key: 1 to 256 bytes, none of them zero");
  }
  return {};
}

std::string touch_key(const RunId& run_id, const StorageId& id) {
  return run_id.str().append(id.view());
}

std::string stats_key(const StorageId& id) { return id.str() + 's'; }

std::string boundaries_key(const StorageId& id) { return id.str() + 'b'; }

std::string items_key(const StorageId& id) { return id.str() + 'n'; }

std::string record_prefix(const StorageId& id, std::string_view key) {
  std::string row_key = id.str();
  row_key.append(key).push_back('\0');
  return row_key;
}

std::string record_key(const StorageId& id, std::string_view key, std::uint64_t sequence) {
  std::string row_key = record_prefix(id, key);
  append_number(row_key, ~sequence);
  return row_key;
}

std::string chunk_key(const StorageId& id, std::string_view key, std::uint64_t sequence,
                      std::uint32_t number) {
  std::string row_key = record_key(id, key, sequence);
  append_number(row_key, number);
  return row_key;
}

std::string item_key(const StorageId& id, std::uint64_t index) {
  std::string row_key = id.str();
  append_number(row_key, index);
  return row_key;
}

// The last character is a letter or a digit, so counting it up does not carry.
std::string storage_end(const StorageId& id) {
  std::string end = id.str();
  ++end.back();
  return end;
}

Result<RecordKey> parse_record_key(std::string_view row_key) {
  constexpr std::size_t kTail = 1 + sizeof(std::uint64_t);
  if (row_key.size() <= kIdLength + kTail || row_key[row_key.size() - kTail] != '\0') {
    return fail(Code::kCorrupt, "not the key of a record");
  }
  RowReader tail(row_key.substr(row_key.size() - sizeof(std::uint64_t)));
  return RecordKey{row_key.substr(kIdLength, row_key.size() - kIdLength - kTail),
                   ~tail.number<std::uint64_t>()};
}

std::string encode(std::uint32_t value) {
  std::string bytes;
  append_number(bytes, value);
  return bytes;
}

std::string encode(std::uint64_t value) {
  std::string bytes;
  append_number(bytes, value);
  return bytes;
}

std::string encode(const RecordRow& row) {
  std::string bytes;
  append_number(bytes, static_cast<std::uint8_t>(row.kind));
  append_number(bytes, row.bytes);
  append_text(bytes, row.content_type);
  append_text(bytes, row.content_encoding);
  return bytes;
}

std::string encode(const FenceRow& row) {
  std::string bytes;
  append_number(bytes, row.epoch);
  append_number(bytes, row.sequence);
  return bytes;
}

std::string encode(const ItemRow& row) {
  std::string bytes;
  bytes.reserve(sizeof(row.sequence) + row.text.size());
  append_number(bytes, row.sequence);
  bytes.append(row.text);
  return bytes;
}

std::string encode(const engine::ports::StorageStats& stats) {
  std::string bytes;
  for (const std::uint64_t count :
       {stats.item_count, stats.bytes, stats.read_count, stats.write_count, stats.delete_count,
        stats.list_count, stats.fenced_count}) {
    append_number(bytes, count);
  }
  append_number(bytes, static_cast<std::uint64_t>(stats.modified_at.time_since_epoch().count()));
  return bytes;
}

std::string encode(const Boundaries& boundaries) {
  std::string bytes;
  for (const Boundary& each : boundaries.all()) {
    append_number(bytes, each.fence);
    append_number(bytes, each.cut);
  }
  return bytes;
}

Result<std::uint32_t> decode_u32(std::string_view bytes) {
  RowReader row(bytes);
  const auto value = row.number<std::uint32_t>();
  return row.finish(value);
}

Result<std::uint64_t> decode_u64(std::string_view bytes) {
  RowReader row(bytes);
  const auto value = row.number<std::uint64_t>();
  return row.finish(value);
}

Result<RecordRow> decode_record(std::string_view bytes) {
  RowReader row(bytes);
  RecordRow record;
  const auto kind = row.number<std::uint8_t>();
  if (kind > static_cast<std::uint8_t>(RecordKind::kDeleted)) {
    return fail(Code::kCorrupt, "a record of an unknown kind");
  }
  record.kind = static_cast<RecordKind>(kind);
  record.bytes = row.number<std::uint64_t>();
  record.content_type = row.text();
  record.content_encoding = row.text();
  return row.finish(std::move(record));
}

Result<FenceRow> decode_fence(std::string_view bytes) {
  RowReader row(bytes);
  FenceRow fence;
  fence.epoch = row.number<std::uint64_t>();
  fence.sequence = row.number<std::uint64_t>();
  return row.finish(fence);
}

Result<ItemRow> decode_item(std::string_view bytes) {
  if (bytes.size() < sizeof(std::uint64_t))
    return fail(Code::kCorrupt, "an item without a sequence");
  RowReader row(bytes);
  const auto sequence = row.number<std::uint64_t>();
  return ItemRow{sequence, bytes.substr(sizeof(std::uint64_t))};
}

Result<engine::ports::StorageStats> decode_stats(std::string_view bytes) {
  RowReader row(bytes);
  engine::ports::StorageStats stats;
  for (std::uint64_t* const count :
       {&stats.item_count, &stats.bytes, &stats.read_count, &stats.write_count, &stats.delete_count,
        &stats.list_count, &stats.fenced_count}) {
    *count = row.number<std::uint64_t>();
  }
  stats.modified_at =
      Timestamp{Microseconds{static_cast<std::int64_t>(row.number<std::uint64_t>())}};
  return row.finish(stats);
}

Result<Boundaries> decode_boundaries(std::string_view bytes) {
  RowReader row(bytes);
  std::vector<Boundary> all;
  while (!row.empty()) {
    Boundary& boundary = all.emplace_back();
    boundary.fence = row.number<std::uint64_t>();
    boundary.cut = row.number<std::uint64_t>();
  }
  return row.finish(Boundaries(std::move(all)));
}

}  // namespace actuary::adapters::storages
