#include "adapters/storages/store.h"

#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include <algorithm>

namespace actuary::adapters::storages {
namespace {

constexpr std::size_t kBlockCacheBytes = std::size_t{64} << 20U;

rocksdb::DBOptions database_options(bool create) {
  rocksdb::DBOptions options;
  options.create_if_missing =
      create;  // never over a damaged store: a missing CURRENT is refused before
  options.create_missing_column_families = true;  // a crash may fall between the families' creation
  // A torn tail was never acknowledged; anything after a hole must not be believed.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  options.paranoid_checks = true;                    // damage is an error when it is met, not later
  options.verify_sst_unique_id_in_manifest = true;   // a swapped table file is damage too
  options.track_and_verify_wals_in_manifest = true;  // a missing synced log is noticed
  options.max_total_wal_size = std::uint64_t{256}
                               << 20U;  // seven families: the idle ones would hold logs
  options.max_background_jobs = 2;      // the machine belongs to the Actors
  options.max_subcompactions = 1;
  options.max_bgerror_resume_count =
      0;                         // after a failed write nothing is acknowledged until reopened
  options.max_open_files = 512;  // descriptors are bounded
  options.bytes_per_sync = std::uint64_t{1}
                           << 20U;  // large flushes must not make the log's sync wait
  options.keep_log_file_num = 4;    // RocksDB's own log
  options.max_log_file_size = std::size_t{4} << 20U;
  options.stats_dump_period_sec = 0;  // nobody reads them
  options.stats_persist_period_sec = 0;
  return options;
}

rocksdb::ColumnFamilyOptions family_options(Family family, std::shared_ptr<rocksdb::Cache> cache) {
  rocksdb::ColumnFamilyOptions options;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = std::move(cache);  // one bound for all families
  table.block_size = std::size_t{16} << 10U;
  table.filter_policy.reset(
      rocksdb::NewBloomFilterPolicy(10));  // most touches and fences are not there
  table.format_version = 5;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.memtable_protection_bytes_per_key = 8;  // a flipped bit in memory must not reach the disk
  options.paranoid_file_checks = true;            // a flush or compaction is read back
  options.compression = rocksdb::kLZ4Compression;
  options.bottommost_compression = rocksdb::kZSTD;  // old items: JSON shrinks to a sixth
  options.write_buffer_size = std::size_t{8} << 20U;
  if (family == Family::kChunks || family == Family::kItems) {
    options.write_buffer_size = std::size_t{32} << 20U;  // where the bytes are
  }
  return options;
}

Code code_of(const rocksdb::Status& status) {
  if (status.IsCorruption()) return Code::kCorrupt;
  // RocksDB says "lock hold by current process" or "While lock file: …", both as an IO error.
  const bool locked = status.IsIOError() && status.ToString().find("lock ") != std::string::npos;
  return locked ? Code::kInUse : Code::kStorageFailed;
}

/// Is there a store? A folder that holds something else, or a store without CURRENT, is not made
/// anew.
Result<bool> store_exists(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return fail(Code::kStorageFailed, folder.string() + ": " + error.message());
  if (std::filesystem::exists(folder / "CURRENT", error)) return true;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename();
    if (name.ends_with(".sst") || name.starts_with("MANIFEST")) {
      return fail(Code::kCorrupt, folder.string() + ": the storages have lost their file CURRENT");
    }
  }
  return false;
}

Status check_families(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  TRY_VOID(to_status(rocksdb::DB::ListColumnFamilies({}, folder, &names)));
  for (const std::string& name : names) {
    if (std::find(kFamilyNames.begin(), kFamilyNames.end(), name) == kFamilyNames.end()) {
      return fail(Code::kNewerVersion, folder.string() + ": unknown column family " + name);
    }
  }
  return {};
}

}  // namespace

Status to_status(const rocksdb::Status& status) {
  if (status.ok()) return {};
  return fail(code_of(status), "storages: " + status.ToString());
}

Result<std::unique_ptr<Store>> Store::open(const std::filesystem::path& folder) {
  TRY(there, store_exists(folder));
  if (there) TRY_VOID(check_families(folder));
  const auto cache = rocksdb::NewLRUCache(kBlockCacheBytes);
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (std::size_t i = 0; i < kFamilyNames.size(); ++i) {
    families.emplace_back(std::string(kFamilyNames[i]),
                          family_options(static_cast<Family>(i), cache));
  }
  std::unique_ptr<Store> store(new Store);
  rocksdb::DB* db = nullptr;
  TRY_VOID(to_status(
      rocksdb::DB::Open(database_options(!there), folder, families, &store->handles_, &db)));
  store->db_.reset(db);
  TRY_VOID(store->check_format());
  return store;
}

Store::~Store() {
  if (!db_) return;
  for (rocksdb::ColumnFamilyHandle* const handle : handles_) {
    db_->DestroyColumnFamilyHandle(handle);
  }
  db_->Close();
}

Status Store::check_format() {
  TRY(row, get(Family::kMeta, kFormatKey));
  if (!row) {
    // Written before anything else, so that no store without a format holds contents.
    TRY(sequence_row, get(Family::kMeta, kSequenceKey));
    if (sequence_row) return fail(Code::kCorrupt, "the storages have lost their format version");
    rocksdb::WriteBatch batch;
    batch.Put(family(Family::kMeta), slice(kFormatKey), encode(kFormat));
    return write(batch);
  }
  TRY(format, decode_u32(*row));
  if (format > kFormat) {
    return fail(Code::kNewerVersion, "the storages are of format " + std::to_string(format) +
                                         ", this program knows " + std::to_string(kFormat));
  }
  return {};
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

Status Store::write(rocksdb::WriteBatch& batch) {
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
