#include "journal/rocks/store.h"

#include "journal/base/assert.h"
#include "journal/codec/record_codec.h"
#include "journal/rocks/store_options.h"
#include "journal/rocks/store_status.h"

namespace actuary::journal::rocks {

Status Store::write(const std::vector<Record>& batch, const std::vector<Bytes>& encoded,
                    const std::vector<merkle::Tile>& full, const StoredHead& head) {
  ACTUARY_ASSERT(batch.size() == encoded.size());
  rocksdb::WriteBatch writes(0, 0, kProtectionBytes, 0);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const Bytes position = number_bytes(batch[i].position);
    const Bytes stream = stream_key(batch[i].stream, batch[i].version);
    TRY_VOID(checked(writes.Put(family(Family::kLog), position, encoded[i])));
    TRY_VOID(checked(writes.Put(family(Family::kStreams), stream, position)));
  }
  for (const merkle::Tile& tile : full) {
    TRY_VOID(checked(writes.Put(family(Family::kTree), tile_key(tile.id), tile.hashes)));
  }
  TRY_VOID(checked(writes.Put(family(Family::kMeta), slice(kMetaHead), head_bytes(head))));
  return write_synced(writes);
}

Status Store::write_synced(rocksdb::WriteBatch& writes) {
  const rocksdb::Status written = database_->Write(write_options(), &writes);
  if (!written.ok()) {
    return fail(Code::kStorageFailed, "append, perhaps written: " + written.ToString());
  }
  return {};
}

Result<Version> Store::last_version(const StreamId& stream) const {
  // A point look-up is answered by filters where a seek would read from every level.
  rocksdb::PinnableSlice first;
  const auto found =
      database_->Get(read_options(), family(Family::kStreams), stream_key(stream, 1), &first);
  if (found.IsNotFound()) return Version{0};
  TRY_VOID(checked(found));
  const std::unique_ptr<rocksdb::Iterator> last(
      database_->NewIterator(read_options(), family(Family::kStreams)));
  const Bytes prefix = stream_prefix(stream);
  last->SeekForPrev(stream_key(stream, ~Version{0}));
  TRY_VOID(checked(last->status()));
  if (!last->Valid() || !last->key().starts_with(prefix)) return Version{0};
  const BytesView key = view(last->key());
  if (key.size() != prefix.size() + 8) return fail(Code::kCorrupt, "a stream's key is damaged");
  return bytes_number(key.substr(prefix.size()));
}

Result<Bytes> Store::read_stored(Position position) const {
  if (position < first()) return read_archived(position);
  std::string stored;
  const auto found =
      database_->Get(read_options(), family(Family::kLog), number_bytes(position), &stored);
  TRY_VOID(checked(found).map_error([&](Error error) {
    error.detail = "record " + std::to_string(position) + ": " + error.detail;
    return error;
  }));
  return stored;
}

Result<Record> Store::read(Position position) const {
  TRY(stored, read_stored(position));
  return codec::decode_record(stored, position);
}

Result<Record> Store::read_within(Position position, Position head) const {
  if (position == 0 || position > head) {
    return fail(Code::kNotFound, "the journal has no record " + std::to_string(position) +
                                     ", it ends at " + std::to_string(head));
  }
  return read(position);
}

Status Store::scan(Position from, Position to, const Visit& visit) const {
  Status problem;
  Record record;
  TRY_VOID(scan_stored(from, to, [&](Position position, BytesView stored) {
    problem = codec::decode_record_into(stored, position, record);
    return problem && visit(record);
  }));
  return problem;
}

Status Store::scan_stored(Position from, Position to, const VisitStored& visit) const {
  Position expected = from == 0 ? 1 : from;
  if (expected < first()) {
    TRY(more, scan_archived(expected, visit));
    if (!more) return {};
    expected = first();
  }
  const std::unique_ptr<rocksdb::Iterator> each(
      database_->NewIterator(read_options(), family(Family::kLog)));
  for (each->Seek(number_bytes(expected)); each->Valid(); each->Next(), ++expected) {
    const BytesView key = view(each->key());
    if (key.size() != 8 || bytes_number(key) != expected) {
      return fail(Code::kCorrupt, "record " + std::to_string(expected) + " is missing");
    }
    if (!visit(expected, view(each->value()))) return {};
  }
  if (!each->status().ok()) {  // an iterator that met damage looks like one that is done
    return fail(Code::kCorrupt,
                "record " + std::to_string(expected) + ": " + each->status().ToString());
  }
  if (expected <= to) {
    return fail(Code::kCorrupt, "record " + std::to_string(expected) + " is missing; the log has " +
                                    std::to_string(to));
  }
  return {};
}

Result<std::vector<Record>> Store::read_stream(const StreamId& stream) const {
  std::vector<Record> records;
  TRY(last, last_version(stream));
  if (last == 0) return records;
  const Bytes prefix = stream_prefix(stream);
  const std::unique_ptr<rocksdb::Iterator> each(
      database_->NewIterator(read_options(), family(Family::kStreams)));
  for (each->Seek(prefix); each->Valid() && each->key().starts_with(prefix); each->Next()) {
    const Version expected = records.size() + 1;
    if (view(each->key()) != stream_key(stream, expected) || each->value().size() != 8) {
      return fail(Code::kCorrupt, describe(stream) + " has no version " + std::to_string(expected));
    }
    TRY(record, read(bytes_number(view(each->value()))));
    if (record.stream != stream || record.version != expected) {
      return fail(Code::kCorrupt, "record " + std::to_string(record.position) + " is not version " +
                                      std::to_string(expected) + " of " + describe(stream));
    }
    records.push_back(std::move(record));
  }
  TRY_VOID(checked(each->status()));
  return records;
}

Status Store::scan_index(const VisitIndex& visit) const {
  const std::unique_ptr<rocksdb::Iterator> each(
      database_->NewIterator(read_options(), family(Family::kStreams)));
  for (each->SeekToFirst(); each->Valid(); each->Next()) {
    if (!visit(view(each->key()), view(each->value()))) return {};
  }
  return checked(each->status());
}

Result<Position> Store::indexed(const StreamId& stream, Version version) const {
  std::string stored;
  const auto found = database_->Get(read_options(), family(Family::kStreams),
                                    stream_key(stream, version), &stored);
  if (found.IsNotFound()) return Position{0};
  TRY_VOID(checked(found));
  if (stored.size() != 8) return fail(Code::kCorrupt, "an entry of the index is damaged");
  return bytes_number(stored);
}

}  // namespace actuary::journal::rocks
