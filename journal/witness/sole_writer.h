#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "journal/base/directory_lock.h"
#include "journal/witness/witness.h"

namespace actuary::journal::witness {

/// The one process that may write a store: it holds the folder's lock and the newest witness.
class SoleWriter {
 public:
  using Write = std::function<Status()>;

  /// `lost` is called when the folder or the term is somebody else's: from then on what looks like
  /// garbage in the store may be the other's files.
  SoleWriter(DirectoryLock lock, std::unique_ptr<Witness> witness, std::function<void()> lost)
      : lock_(std::move(lock)), witness_(std::move(witness)), lost_(std::move(lost)) {}

  [[nodiscard]] const Owner& owner() const { return witness_->owner(); }

  /// Into the store and the witness at once, the batch in pieces. After an error nobody knows
  /// whether it was written.
  ///
  /// errors: kStorageFailed
  [[nodiscard]] Status write(const Testimony& testimony, std::vector<BytesView> batch,
                             const Write& store);
  /// Into the store alone, for benchmarks.
  [[nodiscard]] Status write_unwitnessed(const Write& store);

 private:
  [[nodiscard]] Status verify();

  const DirectoryLock lock_;
  const std::unique_ptr<Witness> witness_;
  const std::function<void()> lost_;
};

}  // namespace actuary::journal::witness
