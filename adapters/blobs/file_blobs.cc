#include "adapters/blobs/file_blobs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace actuary::adapters::blobs {
namespace {

constexpr std::size_t kDigestLength = 64;

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

tl::unexpected<Error> system_error(const std::filesystem::path& path) {
  const Code code = errno == ENOENT ? Code::kNotFound : Code::kStorageFailed;
  return fail(code, "blob " + path.filename().string() + ": " + std::strerror(errno));
}

Status sync_folder(const std::filesystem::path& folder) {
  const File file(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (file.descriptor() < 0 || ::fsync(file.descriptor()) != 0) return system_error(folder);
  return {};
}

Status write_synced(int descriptor, BytesView bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error(path);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  if (::fsync(descriptor) != 0) return system_error(path);
  return {};
}

/// Writes beside the final place and moves there, so that a name never shows half a content.
Status write_file(const std::filesystem::path& path, BytesView bytes) {
  std::string temporary = path.string() + ".XXXXXX";
  const File file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (file.descriptor() < 0) return system_error(path);
  Status written = write_synced(file.descriptor(), bytes, path);
  if (written && ::rename(temporary.c_str(), path.c_str()) != 0) written = system_error(path);
  if (!written) ::unlink(temporary.c_str());
  return written;
}

bool is_digest(std::string_view text) {
  return text.size() == kDigestLength && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace

Result<std::string> FileBlobs::put(BytesView bytes) {
  if (bytes.size() > kBlobBytesMax) return fail(Code::kTooLarge, "a blob");
  const std::string digest = sha256_hex(bytes);
  const std::filesystem::path shelf = folder_ / digest.substr(0, 2);
  if (room_) TRY_VOID(room_(engine::ports::Need::kMore, bytes.size()));
  std::error_code error;
  std::filesystem::create_directories(shelf, error);
  if (error) return fail(Code::kStorageFailed, shelf.string() + ": " + error.message());
  if (!get(digest)) TRY_VOID(write_file(shelf / digest, bytes));  // a damaged one is written again
  // Also when it was there: who moved it may have died before the folder was synced.
  TRY_VOID(sync_folder(shelf));
  TRY_VOID(sync_folder(folder_));
  return digest;
}

Result<Bytes> FileBlobs::get(std::string_view digest) {
  if (!is_digest(digest)) return fail(Code::kNotFound, "not a digest");
  const std::filesystem::path path = folder_ / digest.substr(0, 2) / digest;
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat status = {};
  if (file.descriptor() < 0 || ::fstat(file.descriptor(), &status) != 0) return system_error(path);
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size > kBlobBytesMax)
    return fail(Code::kCorrupt, "blob " + std::string(digest) + " has grown");
  Bytes bytes(size, '\0');
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t count = ::read(file.descriptor(), bytes.data() + filled, bytes.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error(path);
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  bytes.resize(filled);
  if (sha256_hex(bytes) != digest) {
    return fail(Code::kCorrupt, "blob " + std::string(digest) + " does not match its digest");
  }
  return bytes;
}

}  // namespace actuary::adapters::blobs
