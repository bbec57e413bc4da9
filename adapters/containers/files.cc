#include "adapters/containers/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace actuary::adapters::containers {
namespace {

enum class Sync { kYes, kNo };

Status write_whole(const std::filesystem::path& path, std::string_view text, Sync sync) {
  const std::string fresh = path.string() + ".new";
  const Descriptor file(open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (file.get() < 0) return fail_errno(fresh);
  while (!text.empty()) {
    const ssize_t size = write(file.get(), text.data(), text.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return fail_errno(fresh);
    text.remove_prefix(static_cast<std::size_t>(size));
  }
  if (sync == Sync::kYes && fsync(file.get()) != 0) return fail_errno(fresh);
  if (rename(fresh.c_str(), path.c_str()) != 0) return fail_errno(path.string());
  if (sync == Sync::kNo) return {};
  const Descriptor folder(open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0 || fsync(folder.get()) != 0) return fail_errno(path.parent_path().string());
  return {};
}

}  // namespace

void Descriptor::reset(int fd) {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

std::optional<std::string> read_file(const std::filesystem::path& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  return read_open(file.get());
}

std::optional<std::string> read_open(int fd) {
  if (fd < 0) return std::nullopt;
  std::string text;
  std::array<char, 16384> chunk{};
  while (text.size() < kFileBytesMax) {
    const ssize_t size = read(fd, chunk.data(), chunk.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return std::nullopt;
    if (size == 0) break;
    text.append(chunk.data(), static_cast<std::size_t>(size));
  }
  return text;
}

Status write_file(const std::filesystem::path& path, std::string_view text) {
  return write_whole(path, text, Sync::kYes);
}

Status write_scratch(const std::filesystem::path& path, std::string_view text) {
  return write_whole(path, text, Sync::kNo);
}

Status make_directory(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return {};
  if (path.has_parent_path() && path.parent_path() != path) {
    TRY_VOID(make_directory(path.parent_path()));
  }
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return fail_errno(path.string());
  return {};
}

tl::unexpected<Error> fail_errno(std::string_view what) {
  return fail(Code::kUnavailable, std::string(what) + ": " + std::strerror(errno));
}

}  // namespace actuary::adapters::containers
