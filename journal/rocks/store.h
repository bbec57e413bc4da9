#pragma once

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "journal/rocks/layout.h"

namespace actuary::journal::rocks {

/// The RocksDB below the journal: made, checked, opened and read. It never decides what is
/// appended.
class Store {
 public:
  using Visit = std::function<bool(const Record&)>;
  using VisitStored = std::function<bool(Position, BytesView)>;
  using VisitIndex = std::function<bool(BytesView key, BytesView value)>;

  /// A new journal, whole or not at all: it is made beside its place and then renamed into it. Its
  /// id is random where none is given.
  [[nodiscard]] static Status create(const std::string& directory, const std::string& id = {});
  [[nodiscard]] static bool exists(const std::string& directory);
  /// Checks read-only that the folder is ours and of our format, then opens it and verifies the
  /// head.
  ///
  /// errors: kCorrupt, kNewerVersion (both formats named), kStorageFailed; nothing was changed
  [[nodiscard]] static Result<std::unique_ptr<Store>> open(const std::string& directory);
  /// The same checks, and then the store as it is now: nothing in the folder is changed, and an
  /// engine may go on writing beside us.
  [[nodiscard]] static Result<std::unique_ptr<Store>> open_read_only(const std::string& directory);

  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  ~Store();

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] const StoredHead& head() const { return head_; }

  /// One write batch, one sync. After kStorageFailed nobody knows whether it was written.
  [[nodiscard]] Status write(const std::vector<Record>& batch, const std::vector<Bytes>& encoded,
                             const StoredHead& head);
  [[nodiscard]] Result<Version> last_version(const StreamId& stream) const;
  /// Visits `from`..`to` and refuses a gap, and more if there is more.
  [[nodiscard]] Status scan(Position from, Position to, const Visit& visit) const;
  [[nodiscard]] Status scan_stored(Position from, Position to, const VisitStored& visit) const;
  /// errors: kNotFound beyond `head`; kCorrupt and kNewerVersion
  [[nodiscard]] Result<Record> read_within(Position position, Position head) const;
  [[nodiscard]] Result<std::vector<Record>> read_stream(const StreamId& stream) const;
  /// Visits the index of streams in the order of its keys, as it is stored.
  [[nodiscard]] Status scan_index(const VisitIndex& visit) const;
  /// Where the index says that this version is; 0: nowhere.
  [[nodiscard]] Result<Position> indexed(const StreamId& stream, Version version) const;

 private:
  Store() = default;

  [[nodiscard]] rocksdb::ColumnFamilyHandle* family(Family which) const {
    return families_[static_cast<std::size_t>(which)];
  }
  [[nodiscard]] Result<Record> read(Position position) const;
  [[nodiscard]] Status load_meta();
  [[nodiscard]] Status verify_head() const;

  std::unique_ptr<rocksdb::DB> database_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;
  std::string id_;
  StoredHead head_;
};

}  // namespace actuary::journal::rocks
