#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "journal/base/directory_lock.h"
#include "journal/journal.h"
#include "journal/record/batch.h"
#include "journal/witness/sole_writer.h"

namespace actuary::journal::rocks {

class Store;
struct StoredHead;

/// The journal on RocksDB. One thread writes; `done` is called from it, in the order of the
/// appends.
class RocksJournal final : public Journal {
 public:
  enum class Witnessing {
    kOn,
    kOff,  ///< for benchmarks: what is appended is never opened again
  };
  struct Options {
    std::string path;               ///< a folder of the journal's own
    bool create_if_missing = true;  ///< only when the folder is empty
    Witnessing witnessing = Witnessing::kOn;
    std::string id = {};  ///< of a journal that is made again; empty: a random one
    /// What is stored of a record. Empty: `codec::encode_record`; a backup's keep their bytes.
    std::function<Result<Bytes>(const Record&)> encode = {};
  };

  /// Compares the store with its witness first, and changes nothing of a journal that it refuses.
  ///
  /// errors: kInUse names the holder; kNotFound: nothing there and not to be created; kCorrupt
  ///         names the records that are missing; kNewerVersion; kStorageFailed
  /// source: journal/FORMAT.md, "Open"
  [[nodiscard]] static Result<std::unique_ptr<RocksJournal>> open(const Options& options);

  RocksJournal(const RocksJournal&) = delete;
  RocksJournal& operator=(const RocksJournal&) = delete;
  /// Finishes what is queued.
  ~RocksJournal() override;

  void append(std::vector<Record> batch, Done done) override;
  [[nodiscard]] Head head() const override;
  /// 0 also when the store cannot be read; the next append then says why.
  [[nodiscard]] Version version_of(const StreamId& stream) const override;
  [[nodiscard]] Status scan(Position from, const Visit& visit) const override;
  [[nodiscard]] Status scan_stored(Position from, const VisitStored& visit) const override;
  [[nodiscard]] Result<Record> read(Position position) const override;
  [[nodiscard]] Result<std::vector<Record>> read_stream(const StreamId& stream) const override;
  [[nodiscard]] Result<Bytes> tile(merkle::TileId id) const override;

  /// Where the last batch began when this was opened: it stays in the log whatever is archived.
  [[nodiscard]] Position last_batch_begin() const;
  /// Notes that `path` has the records up to `last`, and deletes them from the log: journal/archive
  /// has seen to it that it has. While nothing is appended.
  ///
  /// errors: kStorageFailed: perhaps done
  [[nodiscard]] Status forget_archived(Position last, const std::string& path);

 private:
  struct Queued {
    std::vector<Record> batch;
    Done done;
  };

  RocksJournal(DirectoryLock lock, std::unique_ptr<Store> store,
               std::unique_ptr<witness::Witness> witness, const Options& options);

  void write_queued();
  [[nodiscard]] Result<Position> write(const std::vector<Record>& batch);
  /// Leaves in `edge` what the tree becomes.
  [[nodiscard]] Status write_fitted(const std::vector<Record>& batch, const record::Fitted& fitted,
                                    merkle::Edge& edge);
  /// Into the store and the witness at once; both are durable, or nobody knows.
  [[nodiscard]] Status write_twice(const std::vector<Record>& batch,
                                   const std::vector<Bytes>& encoded,
                                   const std::vector<merkle::Tile>& full, const StoredHead& head);
  [[nodiscard]] Result<Version> known_version(const StreamId& stream) const;

  witness::SoleWriter sole_writer_;  ///< holds the lock until the store is closed
  const std::unique_ptr<Store> store_;
  const Witnessing witnessing_;

  mutable std::mutex mutex_;  ///< guards what follows, up to the thread
  std::condition_variable wake_;
  std::deque<Queued> queue_;
  bool stopping_ = false;
  record::Frontier frontier_;
  merkle::Edge edge_;                                          ///< of the tree up to the frontier
  mutable std::unordered_map<std::string, Version> versions_;  ///< by stream prefix; a cache

  std::function<Result<Bytes>(const Record&)> encode_;
  std::string poison_;  ///< the writer's own: why it refuses everything, empty while it does not
  std::thread writer_;
};

/// Appends that may wait at once; the executor has one in flight. One more: kLimitExceeded.
inline constexpr std::size_t kQueuedAppendsMax = 64;
/// Encoded, of one append; past it kTooLarge.
inline constexpr std::size_t kBatchBytesMax = std::size_t{64} << 20U;
/// Streams whose last version is remembered; past it all are forgotten and read again.
inline constexpr std::size_t kKnownVersionsMax = 65536;

}  // namespace actuary::journal::rocks
