#include "adapters/disk/ballast.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "engine/policy/disk.h"

namespace actuary::adapters::disk {

bool Ballast::is_there() const { return ::access(path_.c_str(), F_OK) == 0; }

Status Ballast::make() const {
  if (is_there()) return {};
  const std::string fresh = path_.string() + ".new";
  const int file =
      ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  const bool made =
      file >= 0 &&
      ::fallocate(file, 0, 0, static_cast<off_t>(engine::policy::kBallastBytes)) == 0 &&
      ::rename(fresh.c_str(), path_.c_str()) == 0;
  const int error = errno;
  if (file >= 0) ::close(file);
  if (made) return {};
  ::unlink(fresh.c_str());
  return fail(Code::kStorageFailed, path_.string() + ": " + std::strerror(error));
}

bool Ballast::release() const {
  // Half of one, left by a crash, is space too.
  const bool half = ::unlink((path_.string() + ".new").c_str()) == 0;
  return ::unlink(path_.c_str()) == 0 || half;
}

}  // namespace actuary::adapters::disk
