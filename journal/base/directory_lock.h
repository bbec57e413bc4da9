#pragma once

#include <string>

#include "journal/base/result.h"

namespace actuary::journal::base {

/// One engine per directory: an exclusive lock on the directory itself, held as long as this lives,
/// given up by the kernel when the process dies.
///
/// The lock is on the inode of the directory, so removing or replacing `DIRECTORY/LOCK` lets nobody
/// in. That file is locked too and holds the holder's pid, for people and for programs that know
/// only the file.
class DirectoryLock {
 public:
  /// errors: kInUse names the holder's pid; kStorageFailed, with the system's reason
  [[nodiscard]] static Result<DirectoryLock> acquire(const std::string& directory);

  DirectoryLock(DirectoryLock&& other) noexcept;
  DirectoryLock& operator=(DirectoryLock&& other) noexcept;
  ~DirectoryLock();

  /// Whether the directory that is locked is still the one that a second engine would try to lock.
  ///
  /// errors: kStorageFailed: it was moved or replaced, so another engine may be writing there
  [[nodiscard]] Status verify() const;

 private:
  DirectoryLock(std::string directory, int folder)
      : directory_(std::move(directory)), folder_(folder) {}
  [[nodiscard]] Status lock_file();

  std::string directory_;
  int folder_ = -1;
  int file_ = -1;
};

}  // namespace actuary::journal::base
