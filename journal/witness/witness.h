#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "journal/witness/slot.h"

namespace actuary::journal::witness {

/// What a witness file says: the slots that are whole, the newest first. At least one.
struct Evidence {
  Owner owner;
  std::vector<Testimony> slots;
};

/// Reads a witness without changing anything; nothing when there is no file.
///
/// errors: kCorrupt: no header or no slot is whole; kNewerVersion; kStorageFailed
[[nodiscard]] Result<std::optional<Evidence>> read(const std::string& path);

/// A second, independent copy of the last two batches, beside a store that could lose them without
/// noticing. Two slots are overwritten in turn, so that the older one outlives a torn write of the
/// newer; a thread of its own writes them (O_DSYNC) while the caller writes its store.
///
/// Each claim makes a new file in place of the old one: what a former writer still writes goes to
/// a file that has no name any more, and `verify` tells it so.
///
/// source: journal/FORMAT.md, "Witness"
class Witness {
 public:
  /// Puts a witness of `owner` at `path` that testifies to `carried`, one or two, the newest first.
  /// Until it is there whole, the old one is.
  ///
  /// errors: kStorageFailed
  [[nodiscard]] static Result<std::unique_ptr<Witness>> claim(std::string path, Owner owner,
                                                              std::vector<Testimony> carried);
  Witness(const Witness&) = delete;
  Witness& operator=(const Witness&) = delete;
  ~Witness();

  [[nodiscard]] const Owner& owner() const { return owner_; }

  /// Whether the file at `path` is still this one, of this owner.
  ///
  /// errors: kStorageFailed: it is gone, or another writer's
  [[nodiscard]] Status verify() const;

  /// Begins to write the next batch, which is given in pieces that live until `finish`.
  void begin(const Testimony& testimony, std::vector<BytesView> batch);
  /// Waits until the batch that was begun is durable. After an error the witness is of no use:
  /// claim it again.
  ///
  /// errors: kStorageFailed: perhaps written
  [[nodiscard]] Status finish();

 private:
  Witness(std::string path, Owner owner) : path_(std::move(path)), owner_(std::move(owner)) {}

  /// Makes a new file of these slots and moves it to its place; the next batch overwrites slot 1.
  [[nodiscard]] Status put_in_place(const std::vector<Bytes>& slots);
  void write_begun();
  [[nodiscard]] Status write(const Bytes& slot);

  const std::string path_;
  const Owner owner_;

  int file_ = -1;
  std::size_t next_ = 1;  ///< the slot with the older batch; the thread's own

  std::mutex mutex_;  ///< guards what follows
  std::condition_variable changed_;
  enum class Stage { kIdle, kBegun, kFinished, kStopping } stage_ = Stage::kIdle;
  Testimony testimony_;
  std::vector<BytesView> batch_;
  Status outcome_;

  std::thread thread_;
};

}  // namespace actuary::journal::witness
