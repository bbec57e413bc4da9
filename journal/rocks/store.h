#pragma once

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "journal/archive/segment.h"
#include "journal/rocks/layout.h"
#include "journal/witness/witnessed.h"

namespace actuary::journal::rocks {

/// Records that were moved to a file, as the journal notes it.
struct Archived {
  Position first = 0;
  Position last = 0;
  std::string path;  ///< absolute
  friend bool operator==(const Archived&, const Archived&) = default;
};

/// The RocksDB below the journal: made, checked, opened and read. It never decides what is
/// appended.
class Store final : public witness::Witnessed {
 public:
  using Visit = std::function<bool(const Record&)>;
  using VisitStored = std::function<bool(Position, BytesView)>;
  using VisitIndex = std::function<bool(BytesView key, BytesView value)>;

  enum class Writers {
    kUnderstood,  ///< refused while the last one asks for a newer reader
    kAny,
  };

  /// A new journal and its witness, whole or not at all: the store is made beside its place and
  /// then renamed into it, which comes last. Its id is random where none is given.
  ///
  /// errors: kCorrupt: the folder holds something else, or a witness of records that are gone
  [[nodiscard]] static Status create(const std::string& directory, const std::string& id = {});
  [[nodiscard]] static bool exists(const std::string& directory);
  /// Opens for writing what the preflight has looked at.
  ///
  /// errors: kCorrupt, kStorageFailed
  [[nodiscard]] static Result<std::unique_ptr<Store>> open(const std::string& directory);
  /// Checks that the folder is ours and of a format that we know, and the head: the store as it is
  /// now. Nothing in the folder is changed, and an engine may go on writing beside us.
  ///
  /// errors: kNotFound; kCorrupt, kNewerVersion (both formats named), kStorageFailed
  [[nodiscard]] static Result<std::unique_ptr<Store>> open_read_only(
      const std::string& directory, Writers writers = Writers::kUnderstood);

  ~Store() override;

  [[nodiscard]] const std::string& id() const override { return id_; }
  [[nodiscard]] std::uint32_t format() const override { return format_; }
  [[nodiscard]] const StoredHead& head() const { return head_; }
  /// The Merkle tree's right edge as of `head()`.
  [[nodiscard]] const merkle::Edge& edge() const { return edge_; }

  /// Whether a program like this one may write here: whoever wrote before said nothing that it does
  /// not know. Looks at what was written since a program last wrote that knew no more.
  ///
  /// errors: kNewerVersion names the first such record and the cure; kCorrupt, kUnavailable
  /// source: journal/FORMAT.md, "Versions"
  [[nodiscard]] Status check_writers() const;

  /// Whether the tree is whole; a store for writing has one.
  [[nodiscard]] const Status& tree_status() const { return tree_problem_; }

  /// One write batch, one sync. After kStorageFailed nobody knows whether it was written.
  [[nodiscard]] Status write(const std::vector<Record>& batch, const std::vector<Bytes>& encoded,
                             const std::vector<merkle::Tile>& full, const StoredHead& head);
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
  /// A tile as a tree with this edge has it.
  [[nodiscard]] Result<Bytes> tile(merkle::TileId id, const merkle::Edge& edge) const;

  // store_archive.cc
  /// The first record of the log itself; those before it are read from their archives.
  [[nodiscard]] Position first() const;
  [[nodiscard]] const std::vector<Archived>& archives() const { return archives_; }
  /// From where on records can be had: 1 while every archive can be read.
  [[nodiscard]] Position first_readable() const;
  /// Notes the archive and deletes what it has, in one batch.
  [[nodiscard]] Status forget_archived(Position last, const std::string& path);

  // store_witness.cc
  [[nodiscard]] witness::Testimony end() const override;
  [[nodiscard]] Status sound() const override { return tree_problem_; }
  /// Without bytes when they are more than a witness keeps.
  [[nodiscard]] Status read_batch(witness::Testimony& end) const override;
  [[nodiscard]] Status check_adoption(
      const std::vector<witness::Testimony>& batches) const override;
  [[nodiscard]] Status adopt(const witness::Testimony& batch) override;
  [[nodiscard]] Status set_format(std::uint32_t format, const std::string& id) override;
  /// Another engine owns the folder: what we take for garbage may be its files.
  void keep_files();

 private:
  struct Adopted;
  Store() = default;

  [[nodiscard]] rocksdb::ColumnFamilyHandle* family(Family which) const {
    return families_[static_cast<std::size_t>(which)];
  }
  [[nodiscard]] Result<Record> read(Position position) const;
  [[nodiscard]] Status write_synced(rocksdb::WriteBatch& writes);
  [[nodiscard]] static Result<Adopted> unpack(const witness::Testimony& batch,
                                              const StoredHead& head, merkle::Edge& edge);
  [[nodiscard]] Status load_meta();
  [[nodiscard]] Status verify_head(Writers writers) const;
  /// store_versions.cc
  [[nodiscard]] Result<bool> is_of_newer_writer() const;
  [[nodiscard]] Status check_last_claim() const;
  [[nodiscard]] Result<Bytes> read_stored(Position position) const;
  /// store_archive.cc
  [[nodiscard]] Status load_archives(const std::string& directory);
  [[nodiscard]] Result<Bytes> read_archived(Position position) const;
  /// What the log has no more; false: the visitor has seen enough.
  [[nodiscard]] Result<bool> scan_archived(Position from, const VisitStored& visit) const;
  /// store_tree.cc
  [[nodiscard]] Status load_tree();
  [[nodiscard]] Status make_tree();
  [[nodiscard]] Status save_made_tiles();
  [[nodiscard]] Result<Bytes> full_tile(merkle::TileId id) const;

  std::unique_ptr<rocksdb::DB> database_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;
  std::string id_;
  std::uint32_t format_ = 0;
  StoredHead head_;
  std::vector<Archived> archives_;  ///< from record 1 on, without a gap
  std::vector<Result<std::unique_ptr<archive::Segment>>> segments_;  ///< of each, or why not
  bool writable_ = false;
  bool has_tree_ = true;  ///< false: written before there was one
  merkle::Edge edge_;
  Status tree_problem_;                   ///< why a read-only store has no edge
  std::map<merkle::TileId, Bytes> made_;  ///< full tiles of a store that has none on disk
};

/// Full tiles that are kept in memory for a journal without them, 8 KiB each. One that needs more
/// must be opened for writing once before tools can prove from it.
inline constexpr std::size_t kMadeTilesMax = 4096;

}  // namespace actuary::journal::rocks
