#pragma once

#include <filesystem>
#include <memory>

#include "engine/ports/loop.h"
#include "engine/ports/room.h"
#include "engine/ports/storages.h"
#include "journal/base/time.h"

namespace actuary::adapters::storages {

/// A value may have this many bytes; an item of a dataset fewer.
inline constexpr std::size_t kValueBytesMax = std::size_t{512} << 20U;
inline constexpr std::size_t kItemBytesMax = std::size_t{9} << 20U;
inline constexpr std::size_t kItemsPerPushMax = 1'000'000;
/// What may wait; past it kUnavailable. One write always fits, however large.
inline constexpr std::size_t kWritesWaitingMax = 8192;
inline constexpr std::size_t kBytesWaitingMax = kValueBytesMax;
inline constexpr std::size_t kReadsWaitingMax = 8192;

/// Contents of storages in a RocksDB of their own, durable when acknowledged.
///
/// One thread takes all writes that wait, makes one batch of them and syncs it once; a small pool
/// reads. Every call is allowed from any thread; every callback comes on the loop's thread, also
/// the refusals. A commit that fails ends all writing until reopened (kStorageFailed): RocksDB may
/// have kept it.
///
/// errors: kUnavailable: too much waits, the disk is full, or `close` was called; certainly not
/// written
class RocksStorages final : public engine::ports::Storages {
 public:
  /// `loop` and `clock` outlive it; the clock answers on the caller's thread. `room` is asked
  /// before each commit, so that a full disk refuses a write and does not break the store. Empty:
  /// there is always room.
  ///
  /// errors: kInUse: somebody else has it open; kNewerVersion; kCorrupt; kStorageFailed
  [[nodiscard]] static Result<std::unique_ptr<RocksStorages>> open(
      const std::filesystem::path& folder, engine::ports::Loop& loop, Clock& clock,
      engine::ports::Room room = nullptr);
  /// To be looked at, as they are now: nothing is written, and every write is refused
  /// (kUnavailable).
  ///
  /// errors: kNotFound: none were ever made; kNewerVersion; kCorrupt; kStorageFailed
  [[nodiscard]] static Result<std::unique_ptr<RocksStorages>> open_read_only(
      const std::filesystem::path& folder, engine::ports::Loop& loop, Clock& clock);
  ~RocksStorages() override;
  RocksStorages(const RocksStorages&) = delete;
  RocksStorages& operator=(const RocksStorages&) = delete;

  /// Finishes the commit under way, answers everything that waits with kUnavailable, closes the
  /// files.
  void close();

  void fence(const RunId& run_id, Position epoch, Done<std::uint64_t> done) override;
  void put_record(const StorageId& id, std::string key, engine::ports::KeyValueRecord record,
                  std::optional<engine::ports::Writer> writer, Done<void> done) override;
  void get_record(const StorageId& id, std::string key, std::optional<std::uint64_t> as_of,
                  Done<engine::ports::KeyValueRecord> done) override;
  void delete_record(const StorageId& id, std::string key,
                     std::optional<engine::ports::Writer> writer, Done<void> done) override;
  void list_keys(const StorageId& id, std::string after, std::string prefix, std::size_t limit,
                 Done<engine::ports::KeyPage> done) override;
  void push_items(const StorageId& id, std::vector<std::string> items,
                  std::optional<engine::ports::Writer> writer, Done<void> done) override;
  void read_items(const StorageId& id, engine::ports::ItemQuery query,
                  std::optional<std::uint64_t> as_of, Done<engine::ports::ItemPage> done) override;
  void stats(const StorageId& id, Done<engine::ports::StorageStats> done) override;
  void drop(const StorageId& id, Done<void> done) override;

  /// How many versions of `key` are kept, deletions included. Blocks; for tests and audits.
  [[nodiscard]] Result<std::uint64_t> stored_versions(const StorageId& id, std::string_view key);

 private:
  class Threads;
  explicit RocksStorages(std::unique_ptr<Threads> threads);

  std::unique_ptr<Threads> threads_;
};

}  // namespace actuary::adapters::storages
