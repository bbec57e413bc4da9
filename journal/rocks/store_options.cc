#include "journal/rocks/store_options.h"

#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

namespace actuary::journal::rocks {

rocksdb::DBOptions database_options() {
  rocksdb::DBOptions options;
  options.create_if_missing = false;  // only our own creation makes a store, never an open
  options.create_missing_column_families = false;
  // A torn last batch was never acknowledged: recovery ends before it instead of refusing the
  // store.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  options.best_efforts_recovery = false;  // it would open with older data instead of telling us
  options.paranoid_checks = true;         // damage is an error, never silence
  options.flush_verify_memtable_count = true;
  options.track_and_verify_wals_in_manifest = true;  // a WAL that vanished is noticed
  options.verify_sst_unique_id_in_manifest = true;   // so is a table file that was swapped
  options.recycle_log_file_num = 0;  // a recycled WAL's old bytes blur where the last batch ends
  options.WAL_ttl_seconds = 0;       // nobody reads archived WALs
  options.wal_bytes_per_sync = 0;    // every write is synced by itself
  options.manual_wal_flush = false;  // an acknowledged batch is not in our memory
  options.unordered_write = false;   // positions are an order
  options.two_write_queues = false;
  options.allow_2pc = false;
  options.max_bgerror_resume_count = 0;  // a failed disk poisons the journal; nothing is retried
  options.max_background_flushes = 1;    // flushes in order keep recovery simple to reason about
  options.max_background_compactions = 1;
  options.max_total_wal_size = 64U << 20U;     // bounds what an open has to replay
  options.avoid_flush_during_shutdown = true;  // the WAL has it; closing is quick
  options.max_open_files = 256;                // a host process has files of its own
  options.max_log_file_size = 1U << 20U;       // RocksDB's own text log is bounded
  options.keep_log_file_num = 4;
  options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  options.stats_dump_period_sec = 0;  // nobody reads them
  options.stats_persist_period_sec = 0;
  return options;
}

namespace {

rocksdb::BlockBasedTableOptions table_options() {
  rocksdb::BlockBasedTableOptions table;
  table.checksum = rocksdb::kXXH3;
  table.verify_compression = true;
  return table;
}

}  // namespace

rocksdb::ColumnFamilyOptions stream_family_options() {
  rocksdb::ColumnFamilyOptions options = family_options();
  rocksdb::BlockBasedTableOptions table = table_options();
  // Most streams that are asked for are new: the filter says so without reading a block.
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

rocksdb::ColumnFamilyOptions family_options() {
  rocksdb::ColumnFamilyOptions options;
  const rocksdb::BlockBasedTableOptions table = table_options();
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.compression = rocksdb::kNoCompression;  // a damaged byte damages one record, not a block
  options.write_buffer_size = 16U << 20U;
  options.max_write_buffer_number = 4;
  options.paranoid_file_checks = true;      // a new table file is read back once
  options.force_consistency_checks = true;  // levels that overlap are damage
  options.memtable_protection_bytes_per_key = kProtectionBytes;
  return options;
}

rocksdb::WriteOptions write_options() {
  rocksdb::WriteOptions options;
  options.sync = true;  // acknowledged means on disk
  options.disableWAL = false;
  options.no_slowdown = false;  // a stall is back-pressure, not a failure
  return options;
}

rocksdb::ReadOptions read_options() {
  rocksdb::ReadOptions options;
  options.verify_checksums = true;
  options.fill_cache = true;
  return options;
}

}  // namespace actuary::journal::rocks
