#include "adapters/logs/file_logs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace actuary::adapters::logs {
namespace {

class File {
 public:
  File(const std::filesystem::path& path, int flags)
      : descriptor_(::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0600)) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

tl::unexpected<Error> system_error(std::string_view job_id) {
  const Code code = errno == ENOENT ? Code::kNotFound : Code::kStorageFailed;
  return fail(code, "log of " + std::string(job_id) + ": " + std::strerror(errno));
}

/// The id becomes a file's name, so nothing but letters and digits gets there.
bool is_job_id(std::string_view text) { return Id<struct JobTag>::parse(text).has_value(); }

std::string stamped(Timestamp at, std::string_view text) {
  const std::string stamp = to_iso(at) + ' ';
  std::string lines;
  while (true) {
    const std::size_t end = text.find('\n');
    lines.append(stamp).append(text.substr(0, end)).push_back('\n');
    if (end == std::string_view::npos || end + 1 == text.size()) return lines;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

Result<std::unique_ptr<FileLogs>> FileLogs::open(std::filesystem::path folder,
                                                 engine::ports::Loop& loop) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return fail(Code::kStorageFailed, folder.string() + ": " + error.message());
  std::unique_ptr<FileLogs> logs(new FileLogs(std::move(folder), loop));
  TRY_VOID(logs->watcher_.start());
  return logs;
}

FileLogs::FileLogs(std::filesystem::path folder, engine::ports::Loop& loop)
    : folder_(std::move(folder)), watcher_(folder_, loop) {}

Result<std::filesystem::path> FileLogs::create(std::string_view job_id) {
  if (!is_job_id(job_id)) return fail(Code::kInvalidArgument, "not a job's id");
  TRY(path, path_of(job_id));
  const File file(path, O_WRONLY | O_APPEND | O_CREAT);
  if (!file.is_open()) return system_error(job_id);
  return path;
}

Result<std::filesystem::path> FileLogs::path_of(std::string_view job_id) const {
  if (!is_job_id(job_id)) return fail(Code::kNotFound, "not a job's id");
  return folder_ / (std::string(job_id) + ".log");
}

Status FileLogs::append(std::string_view job_id, Timestamp at, std::string_view text) {
  if (text.size() > kTextBytesMax) return fail(Code::kTooLarge, "a platform line of the log");
  TRY(path, create(job_id));
  const File file(path, O_WRONLY | O_APPEND);
  if (!file.is_open()) return system_error(job_id);
  const std::string lines = stamped(at, text);
  const ssize_t written = ::write(file.descriptor(), lines.data(), lines.size());
  if (written == static_cast<ssize_t>(lines.size())) return {};
  if (written >= 0) errno = ENOSPC;  // a regular file takes less only when it is full
  return system_error(job_id);
}

Result<Bytes> FileLogs::read(std::string_view job_id, std::uint64_t offset, std::size_t bytes_max) {
  TRY(path, path_of(job_id));
  const File file(path, O_RDONLY);
  struct stat status = {};
  if (!file.is_open() || ::fstat(file.descriptor(), &status) != 0) return system_error(job_id);
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (offset >= size) return Bytes{};

  Bytes bytes(std::min<std::uint64_t>(bytes_max, size - offset), '\0');
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t count = ::pread(file.descriptor(), bytes.data() + filled, bytes.size() - filled,
                                  static_cast<off_t>(offset + filled));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error(job_id);
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  bytes.resize(filled);
  return bytes;
}

Result<std::uint64_t> FileLogs::size(std::string_view job_id) {
  TRY(path, path_of(job_id));
  struct stat status = {};
  if (::lstat(path.c_str(), &status) != 0) return system_error(job_id);
  return static_cast<std::uint64_t>(status.st_size);
}

Status FileLogs::remove(std::string_view job_id) {
  TRY(path, path_of(job_id));
  if (::unlink(path.c_str()) != 0) return system_error(job_id);
  return {};
}

FileLogs::Subscription FileLogs::subscribe(std::string_view job_id, std::function<void()> grown) {
  return watcher_.add(std::string(job_id) + ".log", std::move(grown));
}

void FileLogs::unsubscribe(Subscription subscription) { watcher_.remove(subscription); }

}  // namespace actuary::adapters::logs
