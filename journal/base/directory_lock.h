#pragma once

#include <string>

#include "journal/base/result.h"

namespace actuary::journal::base {

/// One engine per directory: an exclusive lock on `DIRECTORY/LOCK`, held as long as this lives,
/// given up by the kernel when the process dies. The file holds the holder's pid, for people.
class DirectoryLock {
 public:
  /// errors: kInUse names the holder's pid; kStorageFailed, with the system's reason
  [[nodiscard]] static Result<DirectoryLock> acquire(const std::string& directory);

  DirectoryLock(DirectoryLock&& other) noexcept;
  DirectoryLock& operator=(DirectoryLock&& other) noexcept;
  ~DirectoryLock();

  /// Whether the file that is locked is still the one that a second engine would try to lock.
  ///
  /// errors: kStorageFailed: it was removed or replaced, so another engine may be writing
  [[nodiscard]] Status verify() const;

 private:
  DirectoryLock(std::string path, int file) : path_(std::move(path)), file_(file) {}

  std::string path_;
  int file_ = -1;
};

}  // namespace actuary::journal::base
