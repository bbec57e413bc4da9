#include "projections/rows/store.h"

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/options.h>
#include <rocksdb/write_batch.h>

#include <filesystem>

#include "projections/rows/codec.h"

namespace actuary::projections::rows {
namespace {

rocksdb::Slice slice(BytesView bytes) { return {bytes.data(), bytes.size()}; }
BytesView view(const rocksdb::Slice& bytes) { return {bytes.data(), bytes.size()}; }

tl::unexpected<Error> failed(const rocksdb::Status& status, const std::string& what) {
  const Code code = status.IsCorruption() ? Code::kCorrupt : Code::kStorageFailed;
  return fail(code, "views: " + what + ": " + status.ToString());
}

/// RocksDB's text log would be a file of its own in a folder that is only looked at.
class SilentLogger final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

rocksdb::Options options() {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.paranoid_checks = true;
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  options.write_buffer_size = 16U << 20U;
  options.max_background_jobs = 2;
  options.max_open_files = 256;
  options.keep_log_file_num = 2;
  options.max_log_file_size = 1U << 20U;
  return options;
}

const Bytes& checkpoint_key() {
  static const Bytes kKey = make_key(Table::kCheckpoint);
  return kKey;
}

/// Every key there can be: a table is one ASCII letter.
KeyRange everything() { return {Bytes(1, '\0'), Bytes(1, '\x7F')}; }

Bytes length_prefix(std::size_t length) {
  Bytes prefix;
  for (int shift = 56; shift >= 0; shift -= 8) {
    prefix.push_back(static_cast<char>((length >> static_cast<unsigned>(shift)) & 0xFFU));
  }
  return prefix;
}

}  // namespace

Store::Store(std::unique_ptr<rocksdb::DB> db) : db_(std::move(db)) {}
Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(const std::string& path) {
  rocksdb::DB* raw = nullptr;
  rocksdb::Status status = rocksdb::DB::Open(options(), path, &raw);
  if (status.IsCorruption()) {
    const rocksdb::Status gone = rocksdb::DestroyDB(path, options());
    if (!gone.ok()) return failed(gone, "cannot empty the corrupt folder " + path);
    status = rocksdb::DB::Open(options(), path, &raw);
  }
  if (status.IsIOError() && status.ToString().find("lock") != std::string::npos) {
    return fail(Code::kInUse, "views: another process has " + path + " open");
  }
  if (!status.ok()) return failed(status, "cannot open " + path);
  return std::unique_ptr<Store>(new Store(std::unique_ptr<rocksdb::DB>(raw)));
}

Result<std::unique_ptr<Store>> Store::open_read_only(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(std::filesystem::path(path) / "CURRENT", ignored)) {
    return fail(Code::kNotFound, "views: " + path + " holds none");
  }
  rocksdb::Options look = options();
  look.create_if_missing = false;
  look.info_log = std::make_shared<SilentLogger>();
  look.max_open_files = -1;  // opened at once: a writer beside us may remove them later
  rocksdb::DB* raw = nullptr;
  const rocksdb::Status status = rocksdb::DB::OpenForReadOnly(look, path, &raw);
  if (!status.ok()) return failed(status, "cannot look into " + path);
  return std::unique_ptr<Store>(new Store(std::unique_ptr<rocksdb::DB>(raw)));
}

Result<std::optional<Bytes>> Store::get(BytesView key) const {
  Bytes value;
  const rocksdb::Status status = db_->Get(rocksdb::ReadOptions(), slice(key), &value);
  if (status.IsNotFound()) return std::nullopt;
  if (!status.ok()) return failed(status, "cannot read a row");
  return value;
}

Status Store::scan(const KeyRange& range, Order order, const Visit& visit) const {
  rocksdb::ReadOptions read;
  const rocksdb::Slice lower = slice(range.from);
  const rocksdb::Slice upper = slice(range.to);
  read.iterate_lower_bound = &lower;
  read.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator(read));
  const bool forward = order == Order::kOldestFirst;
  forward ? at->SeekToFirst() : at->SeekToLast();
  while (at->Valid() && visit(view(at->key()), view(at->value()))) {
    forward ? at->Next() : at->Prev();
  }
  if (!at->status().ok()) return failed(at->status(), "cannot scan rows");
  return {};
}

Status Store::scan_rows(const Bytes& from, const Visit& visit) const {
  return scan({from, everything().to}, Order::kOldestFirst, [&](BytesView key, BytesView value) {
    return key == checkpoint_key() || visit(key, value);
  });
}

Result<std::optional<Checkpoint>> Store::checkpoint() const {
  auto found = load<Checkpoint>(*this, checkpoint_key());
  if (!found && found.error().code == Code::kCorrupt) return std::nullopt;
  return found;
}

Status Store::commit(const Changes& changes, const Checkpoint& checkpoint) {
  rocksdb::WriteBatch batch;
  for (const auto& [key, value] : changes) {
    const rocksdb::Status status = value ? batch.Put(key, *value) : batch.Delete(key);
    if (!status.ok()) return failed(status, "cannot form a batch");
  }
  const rocksdb::Status put =
      batch.Put(checkpoint_key(), seal(checkpoint_key(), encode(checkpoint)));
  if (!put.ok()) return failed(put, "cannot form a batch");
  const rocksdb::Status status = db_->Write(rocksdb::WriteOptions(), &batch);
  if (!status.ok()) return failed(status, "cannot write rows");
  return {};
}

Status Store::clear(const Checkpoint& checkpoint) {
  rocksdb::WriteBatch batch;
  const KeyRange all = everything();
  const rocksdb::Status removed = batch.DeleteRange(all.from, all.to);
  if (!removed.ok()) return failed(removed, "cannot form a batch");
  const rocksdb::Status put =
      batch.Put(checkpoint_key(), seal(checkpoint_key(), encode(checkpoint)));
  if (!put.ok()) return failed(put, "cannot form a batch");
  const rocksdb::Status status = db_->Write(rocksdb::WriteOptions(), &batch);
  if (!status.ok()) return failed(status, "cannot drop the rows");
  return {};
}

Result<std::string> Store::digest() const {
  Bytes digest;
  const auto add = [&digest](BytesView key, BytesView value) {
    Bytes entry = digest + length_prefix(key.size());
    entry.append(key).append(value);
    digest = sha256(entry);
    return true;
  };
  TRY_VOID(scan_rows(everything().from, add));
  return to_hex(digest);
}

Result<Fingerprint> Store::fingerprint() const {
  Fingerprint sum;
  const auto add = [&sum](BytesView key, BytesView value) {
    if (key != checkpoint_key()) sum.add(key, value);
    return true;
  };
  TRY_VOID(scan(everything(), Order::kOldestFirst, add));
  return sum;
}

}  // namespace actuary::projections::rows
