#include "adapters/storages/store.h"

namespace actuary::adapters::storages {
namespace {

Code code_of(const rocksdb::Status& status) {
  if (status.IsCorruption()) return Code::kCorrupt;
  // RocksDB says "lock hold by current process" or "While lock file: …", both as an IO error.
  const bool locked = status.IsIOError() && status.ToString().find("lock ") != std::string::npos;
  return locked ? Code::kInUse : Code::kStorageFailed;
}

}  // namespace

Status to_status(const rocksdb::Status& status) {
  if (status.ok()) return {};
  return fail(code_of(status), "storages: " + status.ToString());
}

Result<std::optional<std::string>> Store::get(Family family_of_row, std::string_view key,
                                              const rocksdb::ReadOptions& options) const {
  std::string value;
  const rocksdb::Status status = db_->Get(options, family(family_of_row), slice(key), &value);
  if (status.IsNotFound()) return std::optional<std::string>{};
  TRY_VOID(to_status(status));
  return std::optional<std::string>(std::move(value));
}

std::unique_ptr<rocksdb::Iterator> Store::scan(Family family_of_rows,
                                               const rocksdb::ReadOptions& options) const {
  return std::unique_ptr<rocksdb::Iterator>(db_->NewIterator(options, family(family_of_rows)));
}

Status Store::write_synced(rocksdb::WriteBatch& batch) {
  rocksdb::WriteOptions options;
  options.sync = true;
  return to_status(db_->Write(options, &batch));
}

Result<std::uint64_t> Store::sequence() const {
  TRY(row, get(Family::kMeta, kSequenceKey));
  if (!row) return std::uint64_t{0};
  return decode_u64(*row);
}

}  // namespace actuary::adapters::storages
