#include "journal/base/whole_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

namespace actuary::journal::base {
namespace {

tl::unexpected<Error> failed(const std::string& path) {
  const int reason = errno;
  return fail(reason == ENOENT ? Code::kNotFound : Code::kStorageFailed,
              path + ": " + std::generic_category().message(reason));
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  const int fd_;
};

Status fill(const std::string& path, BytesView bytes, mode_t mode) {
  const Descriptor out(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
  if (out.get() < 0 || ::fchmod(out.get(), mode) != 0) return failed(path);
  while (!bytes.empty()) {
    const ssize_t written = ::write(out.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return failed(path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(out.get()) != 0) return failed(path);
  return {};
}

}  // namespace

Result<Bytes> read_whole_file(const std::string& path, std::size_t bytes_max) {
  const Descriptor in(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (in.get() < 0) return failed(path);
  Bytes bytes;
  constexpr std::size_t kChunk = std::size_t{64} << 10U;
  for (;;) {
    const std::size_t before = bytes.size();
    bytes.resize(before + kChunk);
    const ssize_t count = ::read(in.get(), bytes.data() + before, kChunk);
    bytes.resize(before + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    if (count < 0 && errno != EINTR) return failed(path);
    if (count == 0) return bytes;
    if (bytes.size() > bytes_max) {
      return fail(Code::kTooLarge, path + " has more than " + std::to_string(bytes_max) + " bytes");
    }
  }
}

Status write_whole_file(const std::string& path, BytesView bytes, mode_t mode) {
  const std::string draft = path + ".new";
  TRY_VOID(fill(draft, bytes, mode));
  if (std::rename(draft.c_str(), path.c_str()) != 0) return failed(path);
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  const Descriptor folder(
      ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0 || ::fsync(folder.get()) != 0) return failed(parent);
  return {};
}

}  // namespace actuary::journal::base
