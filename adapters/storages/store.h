#pragma once

#include <rocksdb/db.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/storages/layout.h"
#include "journal/rocks/layout.h"
#include "journal/witness/preflight.h"
#include "journal/witness/sole_writer.h"

namespace actuary::adapters::storages {

namespace witness = journal::witness;

/// The RocksDB under the storages: opened with our options, its families by name, reads as Results.
///
/// Its writes are counted, hashed one upon the other, and witnessed as the journal's batches are;
/// an open compares first and changes nothing of a store that it refuses.
///
/// source: journal/FORMAT.md, "Witness" and "Preflight"
class Store final : public witness::Witnessed {
 public:
  /// errors: kInUse; kNewerVersion; kCorrupt names the commits that are missing; kStorageFailed
  [[nodiscard]] static Result<std::unique_ptr<Store>> open(const std::filesystem::path& folder);
  /// To be looked at, compared with its witness; nothing is locked or changed.
  ///
  /// errors: kNotFound: there is none; else as `open`
  [[nodiscard]] static Result<std::unique_ptr<Store>> open_read_only(
      const std::filesystem::path& folder);
  ~Store() override;

  [[nodiscard]] rocksdb::DB& db() { return *db_; }
  [[nodiscard]] rocksdb::ColumnFamilyHandle* family(Family family) const {
    return handles_[static_cast<std::size_t>(family)];
  }

  /// Nothing when the row does not exist.
  [[nodiscard]] Result<std::optional<std::string>> get(
      Family family, std::string_view key, const rocksdb::ReadOptions& options = {}) const;
  [[nodiscard]] std::unique_ptr<rocksdb::Iterator> scan(
      Family family, const rocksdb::ReadOptions& options = {}) const;
  /// One commit, durable here and in the witness; adds the row that counts it. By one thread. After
  /// an error nobody knows whether it was written, and the store must be opened again.
  ///
  /// errors: kUnavailable: opened read-only, nothing written; kStorageFailed
  [[nodiscard]] Status write(rocksdb::WriteBatch& batch);
  /// The last sequence that a write was answered with.
  [[nodiscard]] Result<std::uint64_t> sequence() const;

  // store_witness.cc
  [[nodiscard]] const std::string& id() const override { return id_; }
  [[nodiscard]] std::uint32_t format() const override { return format_; }
  [[nodiscard]] witness::Testimony end() const override;
  [[nodiscard]] Status sound() const override { return {}; }
  /// The bytes of a batch are only in the log and in the witness.
  [[nodiscard]] Status read_batch(witness::Testimony& end) const override;
  [[nodiscard]] Status check_adoption(
      const std::vector<witness::Testimony>& batches) const override;
  [[nodiscard]] Status adopt(const witness::Testimony& batch) override;
  [[nodiscard]] Status set_format(std::uint32_t format, const std::string& id) override;

 private:
  using Head = journal::rocks::StoredHead;  ///< its positions are commits
  enum class Access { kLook, kWrite, kCreate };

  Store() = default;
  /// Read-only; null: there is nothing, or what a creation left that did not finish.
  [[nodiscard]] static Result<std::unique_ptr<Store>> look_at(
      const std::filesystem::path& folder, const std::optional<witness::Evidence>& evidence);
  [[nodiscard]] static Status create(const std::filesystem::path& folder,
                                     const std::optional<witness::Evidence>& evidence);
  [[nodiscard]] static Result<std::unique_ptr<Store>> open_as(const std::filesystem::path& folder,
                                                              Access access);
  [[nodiscard]] Status load_meta();
  [[nodiscard]] Status write_synced(rocksdb::WriteBatch& batch);
  [[nodiscard]] Result<Head> unpack(const witness::Testimony& batch, const Head& head) const;

  std::unique_ptr<witness::SoleWriter> sole_writer_;  ///< outlives the database; read-only: null
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
  std::string id_;
  std::uint32_t format_ = 0;  ///< 0: a creation that did not finish
  Head head_;
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
