#pragma once

#include <rocksdb/db.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/storages/layout.h"

namespace actuary::adapters::storages {

/// The RocksDB under the storages: opened with our options, its families by name, reads as Results.
class Store {
 public:
  /// errors: kInUse, kNewerVersion, kCorrupt, kStorageFailed
  [[nodiscard]] static Result<std::unique_ptr<Store>> open(const std::filesystem::path& folder);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  [[nodiscard]] rocksdb::DB& db() { return *db_; }
  [[nodiscard]] rocksdb::ColumnFamilyHandle* family(Family family) const {
    return handles_[static_cast<std::size_t>(family)];
  }

  /// Nothing when the row does not exist.
  [[nodiscard]] Result<std::optional<std::string>> get(
      Family family, std::string_view key, const rocksdb::ReadOptions& options = {}) const;
  [[nodiscard]] std::unique_ptr<rocksdb::Iterator> scan(
      Family family, const rocksdb::ReadOptions& options = {}) const;
  /// Syncs what it writes.
  [[nodiscard]] Status write(rocksdb::WriteBatch& batch);
  /// The last commit.
  [[nodiscard]] Result<std::uint64_t> sequence() const;

 private:
  Store() = default;
  [[nodiscard]] Status check_format();

  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
};

/// A view of the whole store that later commits do not change.
class Snapshot {
 public:
  explicit Snapshot(Store& store) : store_(store), snapshot_(store.db().GetSnapshot()) {}
  ~Snapshot() { store_.db().ReleaseSnapshot(snapshot_); }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  [[nodiscard]] rocksdb::ReadOptions options() const {
    rocksdb::ReadOptions options;
    options.snapshot = snapshot_;
    return options;
  }

 private:
  Store& store_;
  const rocksdb::Snapshot* snapshot_;
};

[[nodiscard]] inline rocksdb::Slice slice(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}

[[nodiscard]] Status to_status(const rocksdb::Status& status);

}  // namespace actuary::adapters::storages
