#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include <algorithm>

#include "adapters/storages/look_options.h"
#include "adapters/storages/store.h"
#include "journal/witness/chain.h"

namespace actuary::adapters::storages {
namespace {

constexpr std::size_t kBlockCacheBytes = std::size_t{64} << 20U;

rocksdb::DBOptions database_options() {
  rocksdb::DBOptions options;
  // A torn tail was never acknowledged; anything after a hole must not be believed.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  options.paranoid_checks = true;                    // damage is an error when it is met, not later
  options.verify_sst_unique_id_in_manifest = true;   // a swapped table file is damage too
  options.track_and_verify_wals_in_manifest = true;  // a missing synced log is noticed
  // Seven families, and the idle ones would hold logs; an open reads what is in them three times.
  options.max_total_wal_size = std::uint64_t{64} << 20U;
  options.max_background_jobs = 2;  // the machine belongs to the Actors
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

witness::Place place_of(const std::filesystem::path& folder) {
  return {.directory = folder,
          .store = folder,
          .witness = folder / "witness",
          .records = "commits of the storages",
          .format = kFormat,
          .format_without_witness = kFormatWithoutWitness};
}

Result<std::vector<std::string>> families_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  TRY_VOID(to_status(rocksdb::DB::ListColumnFamilies({}, folder, &names)));
  for (const std::string& name : names) {
    if (std::find(kFamilyNames.begin(), kFamilyNames.end(), name) == kFamilyNames.end()) {
      return fail(Code::kNewerVersion, folder.string() + ": unknown column family " + name);
    }
  }
  return names;
}

/// Something of a store without CURRENT; a manifest alone may be left by a creation.
bool has_contents(const std::filesystem::path& folder) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const auto kind = entry.path().extension();
    if (kind == ".sst" || kind == ".log") return true;
  }
  return false;
}

}  // namespace

Result<std::unique_ptr<Store>> Store::open(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return fail(Code::kStorageFailed, folder.string() + ": " + error.message());
  TRY(lock, DirectoryLock::acquire(folder));
  const witness::Place place = place_of(folder);
  TRY(evidence, witness::read(place.witness));
  const auto named = [&](Error failed) {
    return witness::with_what_was_seen(std::move(failed), place, evidence);
  };
  TRY(look, look_at(folder, evidence).map_error(named));
  if (!look) {
    TRY_VOID(create(folder, evidence));
    TRY(witnessed, witness::read(place.witness));
    TRY(made, open_as(folder, Access::kLook));
    evidence = std::move(witnessed);
    look = std::move(made);
  }
  TRY(plan, witness::compare_with_witness(place, evidence, *look));
  look.reset();
  TRY_VOID(witness::keep_as_found(plan, place));
  TRY(store, open_as(folder, Access::kWrite));
  TRY(claimed, witness::carry_out(plan, place, *store));
  store->sole_writer_ = std::make_unique<witness::SoleWriter>(
      std::move(lock), std::move(claimed),
      [db = store->db_.get()] { (void)db->DisableFileDeletions(); });
  if (plan.format < kFormat) {
    // Its first commit, so that from here on the witness has something to miss.
    rocksdb::WriteBatch batch;
    batch.Put(store->family(Family::kMeta), slice(kFormatKey), encode(kFormat));
    TRY_VOID(store->write(batch));
  }
  return store;
}

Result<std::unique_ptr<Store>> Store::open_read_only(const std::filesystem::path& folder) {
  const witness::Place place = place_of(folder);
  TRY(evidence, witness::read(place.witness));
  TRY(look, look_at(folder, evidence).map_error([&](Error failed) {
    return witness::with_what_was_seen(std::move(failed), place, evidence);
  }));
  if (!look) return fail(Code::kNotFound, folder.string() + " holds no storages");
  TRY_VOID(witness::compare_with_witness(place, evidence, *look).map([](const auto&) {}));
  return look;
}

Result<std::unique_ptr<Store>> Store::look_at(const std::filesystem::path& folder,
                                              const std::optional<witness::Evidence>& evidence) {
  const bool nothing_seen = !evidence || evidence->slots.front().last == 0;
  std::error_code error;
  if (!std::filesystem::exists(folder / "CURRENT", error)) {
    if (nothing_seen && !has_contents(folder)) return nullptr;
    return fail(Code::kCorrupt, folder.string() + ": the storages have lost their file CURRENT");
  }
  TRY(families, families_in(folder));
  if (families.size() != kFamilyNames.size()) {
    if (nothing_seen) return nullptr;
    return fail(Code::kCorrupt, folder.string() + ": the storages have lost a column family");
  }
  TRY(look, open_as(folder, Access::kLook));
  if (look->format() != 0) return look;
  // Written before anything else, so that no store without a format holds contents.
  TRY(sequence_row, look->get(Family::kMeta, kSequenceKey));
  if (nothing_seen && !sequence_row) return nullptr;
  return fail(Code::kCorrupt, folder.string() + ": the storages have lost their format version");
}

/// The witness first: a store that has a format has one, too.
Status Store::create(const std::filesystem::path& folder,
                     const std::optional<witness::Evidence>& evidence) {
  TRY(fresh_id, witness::new_store_id());
  const std::string& id = evidence ? evidence->owner.id : fresh_id;
  if (!evidence) {
    witness::Testimony nothing{.before = witness::chain_start(), .after = witness::chain_start()};
    TRY_VOID(witness::Witness::claim(place_of(folder).witness, {id, 0, 0}, {std::move(nothing)})
                 .map([](const auto&) {}));
  }
  TRY(store, open_as(folder, Access::kCreate));
  return store->set_format(kFormat, id);
}

Result<std::unique_ptr<Store>> Store::open_as(const std::filesystem::path& folder, Access access) {
  const auto cache = rocksdb::NewLRUCache(kBlockCacheBytes);
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (std::size_t i = 0; i < kFamilyNames.size(); ++i) {
    families.emplace_back(std::string(kFamilyNames[i]),
                          family_options(static_cast<Family>(i), cache));
  }
  rocksdb::DBOptions options = access == Access::kLook ? look_options() : database_options();
  // Never over a damaged store; and a crash may fall between the families' creation.
  options.create_if_missing = options.create_missing_column_families = access == Access::kCreate;
  std::unique_ptr<Store> store(new Store);
  rocksdb::DB* db = nullptr;
  TRY_VOID(
      to_status(access == Access::kLook
                    ? rocksdb::DB::OpenForReadOnly(options, folder, families, &store->handles_, &db)
                    : rocksdb::DB::Open(options, folder, families, &store->handles_, &db)));
  store->db_.reset(db);
  TRY_VOID(store->load_meta());
  return store;
}

Store::~Store() {
  if (!db_) return;
  for (rocksdb::ColumnFamilyHandle* const handle : handles_) {
    db_->DestroyColumnFamilyHandle(handle);
  }
  db_->Close();
}

Status Store::load_meta() {
  head_.root = head_.before = witness::chain_start();
  TRY(format, get(Family::kMeta, kFormatKey));
  if (!format) return {};
  TRY(number, decode_u32(*format));
  if (number > kFormat || number == 0) {
    return fail(number == 0 ? Code::kCorrupt : Code::kNewerVersion,
                "the storages are of format " + std::to_string(number) +
                    ", this program knows 1 to " + std::to_string(kFormat));
  }
  TRY(id, get(Family::kMeta, kIdKey));
  TRY(head, get(Family::kMeta, kHeadKey));
  const bool complete =
      id && id->size() == witness::kIdBytes && head && head->size() == journal::rocks::kHeadBytes;
  if (!complete && number > kFormatWithoutWitness) {
    return fail(Code::kCorrupt, "the storages have lost their id or their last commit");
  }
  format_ = number;
  if (!complete) return {};
  id_ = *id;
  head_ = journal::rocks::parse_head(*head);
  return {};
}

}  // namespace actuary::adapters::storages
