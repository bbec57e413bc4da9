#include "journal/base/directory_lock.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

namespace actuary::journal::base {
namespace {

constexpr int kAttemptsMax = 3;
/// How often, and how long between, to ask again for what a dead process seems to hold.
constexpr int kDeadHolderAttemptsMax = 250;
constexpr useconds_t kDeadHolderWaitMicros = 20'000;

tl::unexpected<Error> system_error(const std::string& path) {
  return fail(Code::kStorageFailed, path + ": " + std::generic_category().message(errno));
}

/// `/proc/locks` names a file by its device and inode: `fe:00:1234`.
std::string name_in_proc(const struct stat& file) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%02x:%02x:%llu", major(file.st_dev), minor(file.st_dev),
                static_cast<unsigned long long>(file.st_ino));
  return text.data();
}

/// What the kernel says; nothing where the holder is in a container whose processes we cannot see.
std::string holder_by_kernel(int locked) {
  struct stat status {};
  if (fstat(locked, &status) != 0) return {};
  const std::string wanted = name_in_proc(status);
  std::ifstream locks("/proc/locks");
  for (std::string row; std::getline(locks, row);) {
    // `7: FLOCK  ADVISORY  WRITE 4711 fe:00:1234 0 EOF`; who waits has `->` as its second word.
    std::istringstream words(row);
    std::string number, kind, mode, access, pid, file;
    words >> number >> kind >> mode >> access >> pid >> file;
    if (kind == "FLOCK" && file == wanted && pid.find_first_not_of("0123456789") == pid.npos &&
        pid != "0") {
      return pid;
    }
  }
  return {};
}

/// What the holder wrote into LOCK; digits only, because anybody may have replaced that file.
std::string holder_by_file(const std::string& path) {
  std::string pid;
  std::ifstream(path) >> pid;
  const bool plain = pid.size() <= 20 && pid.find_first_not_of("0123456789") == pid.npos;
  return plain ? pid : std::string();
}

tl::unexpected<Error> in_use(const std::string& directory, int locked) {
  std::string pid = holder_by_kernel(locked);
  if (pid.empty()) pid = holder_by_file(directory + "/LOCK");
  return fail(Code::kInUse,
              directory + " is in use by " + (pid.empty() ? "another process" : "process " + pid));
}

/// A process that was killed while it was starting a program lives on in that child for the moment
/// until it executes, and so does the lock. Nobody, when it was given up just now.
bool holder_is_dead(int locked) {
  const std::string pid = holder_by_kernel(locked);
  return pid.empty() || (kill(static_cast<pid_t>(std::stol(pid)), 0) != 0 && errno == ESRCH);
}

/// As flock(2) without waiting, but for a holder that is dead already.
bool lock_now(int file) {
  for (int attempt = 0; flock(file, LOCK_EX | LOCK_NB) != 0; ++attempt) {
    const bool held = errno == EWOULDBLOCK;
    if (!held || attempt == kDeadHolderAttemptsMax || !holder_is_dead(file)) {
      errno = held ? EWOULDBLOCK : errno;
      return false;
    }
    usleep(kDeadHolderWaitMicros);
  }
  return true;
}

bool is_same(int file, const std::string& path) {
  struct stat held {};
  struct stat named {};
  return fstat(file, &held) == 0 && stat(path.c_str(), &named) == 0 &&
         held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

}  // namespace

Result<DirectoryLock> DirectoryLock::acquire(const std::string& directory) {
  const int folder = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return system_error(directory);
  DirectoryLock lock(directory, folder);
  if (!lock_now(folder)) {
    return errno == EWOULDBLOCK ? in_use(directory, folder) : system_error(directory);
  }
  TRY_VOID(lock.verify());
  TRY_VOID(lock.lock_file());
  return lock;
}

Status DirectoryLock::lock_file() {
  const std::string path = directory_ + "/LOCK";
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    if (file_ >= 0) close(file_);
    file_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file_ < 0) return system_error(path);
    if (!lock_now(file_)) {
      return errno == EWOULDBLOCK ? in_use(directory_, file_) : system_error(path);
    }
    if (!is_same(file_, path)) continue;  // removed meanwhile: lock the file that is there now
    const std::string pid = std::to_string(getpid()) + "\n";
    // On a full disk the file stays empty: the kernel knows the pid, too.
    const bool emptied = ftruncate(file_, 0) == 0;
    const bool written =
        emptied && pwrite(file_, pid.data(), pid.size(), 0) == static_cast<ssize_t>(pid.size());
    if (!written && errno != ENOSPC) return system_error(path);
    return {};
  }
  return fail(Code::kInUse, path + " is being replaced by another process");
}

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept
    : directory_(std::move(other.directory_)),
      folder_(std::exchange(other.folder_, -1)),
      file_(std::exchange(other.file_, -1)) {}

DirectoryLock& DirectoryLock::operator=(DirectoryLock&& other) noexcept {
  std::swap(directory_, other.directory_);
  std::swap(folder_, other.folder_);
  std::swap(file_, other.file_);
  return *this;
}

DirectoryLock::~DirectoryLock() {
  if (file_ >= 0) close(file_);
  if (folder_ >= 0) close(folder_);
}

Status DirectoryLock::verify() const {
  if (is_same(folder_, directory_)) return {};
  return fail(Code::kStorageFailed,
              directory_ + " was moved or replaced; another engine may be writing there");
}

}  // namespace actuary::journal::base
