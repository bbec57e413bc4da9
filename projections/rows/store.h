#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>

#include "journal/base/bytes.h"
#include "journal/base/id.h"
#include "journal/base/result.h"
#include "projections/rows/fingerprint.h"
#include "projections/rows/key.h"
#include "projections/rows/page.h"

namespace rocksdb {
class DB;
}  // namespace rocksdb

namespace actuary::projections::rows {

/// What the rows were folded from, and how far. Rows of another journal or schema are worth
/// nothing.
struct Checkpoint {
  std::string journal_id;
  std::uint32_t journal_format = 0;
  std::uint32_t schema_version = 0;
  Position position = 0;
  Fingerprint fingerprint;  ///< of all rows without this one

  static constexpr auto members() {
    return std::make_tuple(&Checkpoint::journal_id, &Checkpoint::journal_format,
                           &Checkpoint::schema_version, &Checkpoint::position,
                           &Checkpoint::fingerprint);
  }
  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

/// Sealed values by key; no value: the key goes.
using Changes = std::map<Bytes, std::optional<Bytes>, std::less<>>;

/// The RocksDB in DATA/views. Nothing in it is synced: all of it can be folded again.
///
/// Reading is safe from any thread; only one thread writes.
class Store {
 public:
  using Visit = std::function<bool(BytesView key, BytesView value)>;

  /// A folder that RocksDB finds corrupt is emptied: the rows come back from the journal.
  ///
  /// errors: kInUse; kStorageFailed
  [[nodiscard]] static Result<std::unique_ptr<Store>> open(const std::string& path);
  /// As it is now, beside whoever writes: nothing in the folder is locked or changed.
  ///
  /// errors: kNotFound; kCorrupt; kStorageFailed
  [[nodiscard]] static Result<std::unique_ptr<Store>> open_read_only(const std::string& path);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  [[nodiscard]] Result<std::optional<Bytes>> get(BytesView key) const;
  /// Visits a range in key order or against it, as it was when the scan began, until `visit`
  /// returns false.
  [[nodiscard]] Status scan(const KeyRange& range, Order order, const Visit& visit) const;

  /// Every row but the checkpoint, in key order from `from` on.
  [[nodiscard]] Status scan_rows(const Bytes& from, const Visit& visit) const;

  /// Nothing when there is none, or when it cannot be read: then the rows are of no use.
  [[nodiscard]] Result<std::optional<Checkpoint>> checkpoint() const;
  /// Rows and checkpoint in one write: there are never rows without the position that they stand
  /// for.
  [[nodiscard]] Status commit(const Changes& changes, const Checkpoint& checkpoint);
  /// Drops every row, in one write with the new checkpoint.
  [[nodiscard]] Status clear(const Checkpoint& checkpoint);

  /// Hex of d(n) over all n rows in key order, without the checkpoint, where d(0) is empty and
  /// d(i) = SHA-256(d(i-1) ‖ key length as 8 bytes, big-endian ‖ key ‖ value).
  [[nodiscard]] Result<std::string> digest() const;
  /// Of the rows as they are, all of them read: what the checkpoint's should be.
  [[nodiscard]] Result<Fingerprint> fingerprint() const;

 private:
  explicit Store(std::unique_ptr<rocksdb::DB> db);

  std::unique_ptr<rocksdb::DB> db_;
};

}  // namespace actuary::projections::rows
