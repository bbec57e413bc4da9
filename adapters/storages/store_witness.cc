#include <algorithm>

#include "adapters/storages/store.h"
#include "journal/witness/chain.h"

/// The store as its witness sees it: commits, hashed one upon the other, that may come back.
namespace actuary::adapters::storages {
namespace {

/// What RocksDB puts in front of a batch's rows: its own sequence, which it fills in while the
/// batch is written, and their number.
constexpr std::size_t kBatchHeaderBytes = 12;
constexpr std::size_t kBatchSequenceBytes = 8;

/// Lets pass what a commit of ours consists of.
class RowsOfOurs final : public rocksdb::WriteBatch::Handler {
 public:
  explicit RowsOfOurs(const std::vector<rocksdb::ColumnFamilyHandle*>& families)
      : families_(families) {}

  rocksdb::Status PutCF(std::uint32_t family, const rocksdb::Slice& /*key*/,
                        const rocksdb::Slice& /*value*/) override {
    return check(family);
  }
  rocksdb::Status DeleteCF(std::uint32_t family, const rocksdb::Slice& /*key*/) override {
    return check(family);
  }
  rocksdb::Status DeleteRangeCF(std::uint32_t family, const rocksdb::Slice& /*begin*/,
                                const rocksdb::Slice& /*end*/) override {
    return check(family);
  }

 private:
  [[nodiscard]] rocksdb::Status check(std::uint32_t family) const {
    const bool known = std::any_of(families_.begin(), families_.end(),
                                   [&](const auto* each) { return each->GetID() == family; });
    return known ? rocksdb::Status::OK() : rocksdb::Status::Corruption("a row of no family");
  }

  const std::vector<rocksdb::ColumnFamilyHandle*>& families_;
};

}  // namespace

Status Store::write(rocksdb::WriteBatch& batch) {
  if (batch.Count() == 0) return {};
  if (!sole_writer_) return fail(Code::kUnavailable, "the storages are only looked at");
  const std::string header =
      std::string(kBatchSequenceBytes, '\0') +
      batch.Data().substr(kBatchSequenceBytes, kBatchHeaderBytes - kBatchSequenceBytes);
  const std::size_t rows_bytes = batch.GetDataSize() - kBatchHeaderBytes;
  const std::uint64_t commit = head_.position + 1;
  const auto rows = [&] {
    return std::string_view(batch.Data()).substr(kBatchHeaderBytes, rows_bytes);
  };
  const Head next{commit, sole_writer_->owner().term,
                  witness::chained(head_.root, commit, {header, rows()}), commit, head_.root};
  batch.Put(family(Family::kMeta), slice(kHeadKey), journal::rocks::head_bytes(next));
  TRY_VOID(sole_writer_->write({.first = commit,
                                .last = commit,
                                .term = next.term,
                                .before = next.before,
                                .after = next.root},
                               {header, rows()}, [&] { return write_synced(batch); }));
  head_ = next;
  return {};
}

witness::Testimony Store::end() const {
  return {.first = head_.first,
          .last = head_.position,
          .term = head_.term,
          .before = head_.before,
          .after = head_.root};
}

// The bytes are not needed: when a store that is ahead of its witness has been opened for writing,
// its log has gone into tables, and the manifest knows these.
Status Store::read_batch(witness::Testimony& end) const {
  if (end.last >= end.first) end.batch_bytes = witness::kBytesUnknown;
  return {};
}

Status Store::check_adoption(const std::vector<witness::Testimony>& batches) const {
  Head head = head_;
  for (const witness::Testimony& batch : batches) {
    TRY(next, unpack(batch, head));
    head = next;
  }
  return {};
}

Status Store::adopt(const witness::Testimony& batch) {
  TRY(next, unpack(batch, head_));
  rocksdb::WriteBatch rows{std::string(batch.batch)};
  rows.Put(family(Family::kMeta), slice(kHeadKey), journal::rocks::head_bytes(next));
  TRY_VOID(write_synced(rows));
  head_ = next;
  return {};
}

Result<Store::Head> Store::unpack(const witness::Testimony& batch, const Head& head) const {
  const Head next{head.position + 1, batch.term,
                  witness::chained(head.root, head.position + 1, {batch.batch}), head.position + 1,
                  head.root};
  RowsOfOurs ours(handles_);
  const rocksdb::WriteBatch rows{std::string(batch.batch)};
  const bool readable = rows.Iterate(&ours).ok();
  if (!readable || batch.first != next.first || batch.last != next.position ||
      batch.after != next.root) {
    return fail(Code::kCorrupt, "the witness's batch of commit " + std::to_string(batch.last) +
                                    " is not what it says it is; nothing was changed");
  }
  return next;
}

Status Store::set_format(std::uint32_t format, const std::string& id) {
  rocksdb::WriteBatch batch;
  batch.Put(family(Family::kMeta), slice(kFormatKey), encode(format));
  batch.Put(family(Family::kMeta), slice(kIdKey), slice(id));
  batch.Put(family(Family::kMeta), slice(kHeadKey), journal::rocks::head_bytes(head_));
  TRY_VOID(write_synced(batch));
  format_ = format;
  id_ = id;
  return {};
}

}  // namespace actuary::adapters::storages
