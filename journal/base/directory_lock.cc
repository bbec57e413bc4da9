#include "journal/base/directory_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace actuary::journal::base {
namespace {

constexpr int kAttemptsMax = 3;

tl::unexpected<Error> system_error(const std::string& path) {
  return fail(Code::kStorageFailed, path + ": " + std::generic_category().message(errno));
}

std::string holder_of(int file) {
  std::array<char, 32> text{};
  const ssize_t length = pread(file, text.data(), text.size(), 0);
  std::string pid(text.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
  while (!pid.empty() && pid.back() == '\n') pid.pop_back();
  return pid.empty() ? "another process" : "process " + pid;
}

}  // namespace

Result<DirectoryLock> DirectoryLock::acquire(const std::string& directory) {
  const std::string path = directory + "/LOCK";
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) return system_error(path);
    DirectoryLock lock(path, file);
    if (flock(file, LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) return system_error(path);
      return fail(Code::kInUse, directory + " is in use by " + holder_of(file));
    }
    if (!lock.verify())
      continue;  // removed between open and flock: lock the file that is there now
    const std::string pid = std::to_string(getpid()) + "\n";
    const bool written = ftruncate(file, 0) == 0 && pwrite(file, pid.data(), pid.size(), 0) ==
                                                        static_cast<ssize_t>(pid.size());
    if (!written) return system_error(path);
    return lock;
  }
  return fail(Code::kInUse, path + " is being replaced by another process");
}

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept
    : path_(std::move(other.path_)), file_(std::exchange(other.file_, -1)) {}

DirectoryLock& DirectoryLock::operator=(DirectoryLock&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(file_, other.file_);
  return *this;
}

DirectoryLock::~DirectoryLock() {
  if (file_ >= 0) close(file_);
}

Status DirectoryLock::verify() const {
  struct stat held {};
  struct stat named {};
  if (fstat(file_, &held) != 0 || stat(path_.c_str(), &named) != 0) return system_error(path_);
  if (held.st_dev == named.st_dev && held.st_ino == named.st_ino) return {};
  return fail(Code::kStorageFailed, path_ + " was replaced; another engine may be writing");
}

}  // namespace actuary::journal::base
