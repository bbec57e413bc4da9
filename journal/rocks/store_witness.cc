#include "journal/base/assert.h"
#include "journal/codec/record_codec.h"
#include "journal/rocks/store.h"
#include "journal/rocks/store_options.h"
#include "journal/rocks/store_status.h"

/// The store as its witness sees it: the last batch, and batches that come back.
namespace actuary::journal::rocks {

struct Store::Adopted {
  std::vector<Record> records;
  std::vector<Bytes> encoded;
  std::vector<merkle::Tile> full;
  StoredHead head;
};

witness::Testimony Store::end() const {
  return {.first = head_.first,
          .last = head_.position,
          .term = head_.term,
          .before = head_.before,
          .after = head_.root};
}

Status Store::read_batch(witness::Testimony& end) const {
  if (end.last < end.first) return {};
  return scan_stored(end.first, end.last, [&](Position, BytesView stored) {
    end.batch_bytes += stored.size();
    if (end.batch_bytes <= witness::kWitnessBytesMax) {
      end.batch += stored;
    } else {
      end.batch.clear();
    }
    return true;
  });
}

Status Store::check_adoption(const std::vector<witness::Testimony>& batches) const {
  StoredHead head = head_;
  merkle::Edge edge = edge_;
  for (const witness::Testimony& batch : batches) {
    TRY(adopted, unpack(batch, head, edge));
    head = adopted.head;
  }
  return {};
}

Status Store::adopt(const witness::Testimony& batch) {
  merkle::Edge edge = edge_;
  TRY(adopted, unpack(batch, head_, edge));
  TRY_VOID(write(adopted.records, adopted.encoded, adopted.full, adopted.head));
  head_ = adopted.head;
  edge_ = std::move(edge);
  return {};
}

Result<Store::Adopted> Store::unpack(const witness::Testimony& batch, const StoredHead& head,
                                     merkle::Edge& edge) {
  Adopted adopted;
  TRY(stored, codec::split_records(batch.batch));
  Position expected = head.position;
  for (const BytesView bytes : stored) {
    TRY(record, codec::decode_record(bytes, ++expected));
    edge.push(merkle::leaf_hash(bytes), adopted.full);
    adopted.records.push_back(std::move(record));
    adopted.encoded.emplace_back(bytes);
  }
  adopted.head = {expected, batch.term, edge.root(), head.position + 1, head.root};
  const bool known = batch.after != witness::Root{};
  if (stored.empty() || batch.first != head.position + 1 || batch.last != expected ||
      adopted.records.back().term != batch.term || (known && batch.after != edge.root())) {
    return fail(Code::kCorrupt, "the witness's batch of records " + std::to_string(batch.first) +
                                    ".." + std::to_string(batch.last) +
                                    " is not what it says it is; nothing was changed");
  }
  return adopted;
}

Status Store::set_format(std::uint32_t format, const std::string& id) {
  ACTUARY_ASSERT(id == id_);
  rocksdb::WriteBatch writes(0, 0, kProtectionBytes, 0);
  TRY_VOID(checked(writes.Put(family(Family::kMeta), slice(kMetaFormat), number_bytes(format))));
  TRY_VOID(write_synced(writes));
  format_ = format;
  return {};
}

void Store::keep_files() { (void)database_->DisableFileDeletions(); }

}  // namespace actuary::journal::rocks
