#include "journal/witness/witness.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "journal/base/assert.h"

namespace actuary::journal::witness {
namespace {

constexpr std::size_t kStripesMax = (kSlotBytesMax + kStripeBytes - 1) / kStripeBytes;
constexpr std::size_t kFileBytesMax = stripe_at(0, kStripesMax);

/// A descriptor that closes itself.
class File {
 public:
  File(const std::string& path, int flags) : file_(open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (file_ >= 0) close(file_);
  }
  [[nodiscard]] int get() const { return file_; }
  [[nodiscard]] int release() { return std::exchange(file_, -1); }

 private:
  int file_;
};

tl::unexpected<Error> refused(const std::string& path) {
  return fail(Code::kStorageFailed, path + ": " + std::generic_category().message(errno));
}

Status write_all(int file, BytesView bytes, std::size_t at, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return refused(path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
    at += static_cast<std::size_t>(written);
  }
  return {};
}

Result<Bytes> read_some(int file, std::size_t count, std::size_t at, const std::string& path) {
  Bytes bytes(count, '\0');
  std::size_t have = 0;
  while (have < count) {
    const ssize_t got =
        pread(file, bytes.data() + have, count - have, static_cast<off_t>(at + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return refused(path);
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  bytes.resize(have);
  return bytes;
}

/// The bytes of one slot, out of the whole file.
Bytes gather(BytesView file, std::size_t slot) {
  Bytes bytes;
  for (std::size_t at = stripe_at(slot, 0); at < file.size(); at += 2 * kStripeBytes) {
    bytes += file.substr(at, kStripeBytes);
  }
  return bytes;
}

Status write_slot(int file, BytesView slot, std::size_t which, const std::string& path) {
  for (std::size_t i = 0; i * kStripeBytes < slot.size(); ++i) {
    const BytesView stripe = slot.substr(i * kStripeBytes, kStripeBytes);
    TRY_VOID(write_all(file, stripe, stripe_at(which, i), path));
  }
  return {};
}

Status sync_folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path();
  const File directory(folder, O_RDONLY | O_DIRECTORY);
  if (directory.get() < 0 || fsync(directory.get()) != 0) return refused(folder);
  return {};
}

}  // namespace

Result<std::optional<Evidence>> read(const std::string& path) {
  const File file(path, O_RDONLY | O_NOFOLLOW);
  if (file.get() < 0) {
    if (errno == ENOENT) return std::optional<Evidence>{};
    return refused(path);
  }
  const auto named = [&](Error error) {
    error.detail = path + ": " + error.detail;
    return error;
  };
  struct stat size {};
  if (fstat(file.get(), &size) != 0) return refused(path);
  const std::size_t length = std::min(static_cast<std::size_t>(size.st_size), kFileBytesMax);
  TRY(bytes, read_some(file.get(), length, 0, path));
  TRY(owner, parse_header(bytes).map_error(named));
  Evidence evidence{std::move(owner), {}};
  for (std::size_t i = 0; i < 2; ++i) {
    if (auto slot = parse_slot(gather(bytes, i))) evidence.slots.push_back(std::move(*slot));
  }
  if (evidence.slots.empty()) return fail(Code::kCorrupt, path + ": neither of its slots is whole");
  if (evidence.slots.size() == 2 && evidence.slots[0].last < evidence.slots[1].last) {
    std::swap(evidence.slots[0], evidence.slots[1]);
  }
  return std::optional<Evidence>(std::move(evidence));
}

Result<std::unique_ptr<Witness>> Witness::claim(std::string path, Owner owner,
                                                std::vector<Testimony> carried) {
  ACTUARY_ASSERT(carried.size() == 1 || carried.size() == 2);
  std::vector<Bytes> slots;
  for (const Testimony& testimony : carried) {
    ACTUARY_ASSERT(testimony.whole() || testimony.batch_bytes > kWitnessBytesMax);
    std::vector<BytesView> batch;
    if (testimony.whole()) batch.emplace_back(testimony.batch);
    slots.push_back(slot_bytes(testimony, batch));
  }
  std::unique_ptr<Witness> witness(new Witness(std::move(path), std::move(owner)));
  TRY_VOID(witness->put_in_place(slots));
  witness->thread_ = std::thread([self = witness.get()] { self->write_begun(); });
  return witness;
}

Witness::~Witness() {
  if (thread_.joinable()) {
    (void)finish();
    {
      const std::lock_guard guard(mutex_);
      stage_ = Stage::kStopping;
    }
    changed_.notify_all();
    thread_.join();
  }
  if (file_ >= 0) close(file_);
}

Status Witness::verify() const {
  const File file(path_, O_RDONLY | O_NOFOLLOW);
  struct stat named {};
  struct stat held {};
  if (file.get() < 0 || fstat(file.get(), &named) != 0 || fstat(file_, &held) != 0) {
    return fail(Code::kStorageFailed, path_ + " is gone: this writer is not the last one any more");
  }
  TRY(bytes, read_some(file.get(), kHeaderBytes, 0, path_));
  const auto header = parse_header(bytes);
  const bool ours =
      header && *header == owner_ && named.st_ino == held.st_ino && named.st_dev == held.st_dev;
  if (ours) return {};
  const std::string whose =
      header ? "term " + std::to_string(header->term) : "something that is no witness";
  return fail(Code::kStorageFailed, path_ + " is now that of " + whose +
                                        ": another engine has taken over from term " +
                                        std::to_string(owner_.term));
}

Status Witness::put_in_place(const std::vector<Bytes>& slots) {
  const std::string draft = path_ + ".new";
  if (unlink(draft.c_str()) != 0 && errno != ENOENT) return refused(draft);
  File file(draft, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW);
  if (file.get() < 0) return refused(draft);
  // Zeros, and not only a length: overwriting what is allocated needs no change of the file system.
  Bytes bytes = header_bytes(owner_);
  bytes.resize(stripe_at(0, 1), '\0');
  TRY_VOID(write_all(file.get(), bytes, 0, draft));
  for (std::size_t i = 0; i < slots.size(); ++i) {
    TRY_VOID(write_slot(file.get(), slots[i], i, draft));
  }
  if (fsync(file.get()) != 0) return refused(draft);
  if (std::rename(draft.c_str(), path_.c_str()) != 0) return refused(path_);
  TRY_VOID(sync_folder_of(path_));
  file_ = file.release();
  return {};
}

void Witness::begin(const Testimony& testimony, std::vector<BytesView> batch) {
  {
    const std::lock_guard guard(mutex_);
    ACTUARY_ASSERT(stage_ == Stage::kIdle);
    testimony_ = testimony;
    batch_ = std::move(batch);
    stage_ = Stage::kBegun;
  }
  changed_.notify_all();
}

Status Witness::finish() {
  std::unique_lock guard(mutex_);
  if (stage_ == Stage::kIdle) return {};
  changed_.wait(guard, [this] { return stage_ == Stage::kFinished; });
  stage_ = Stage::kIdle;
  return outcome_;
}

void Witness::write_begun() {
  std::unique_lock guard(mutex_);
  for (;;) {
    changed_.wait(guard, [this] { return stage_ == Stage::kBegun || stage_ == Stage::kStopping; });
    if (stage_ == Stage::kStopping) return;
    const Testimony testimony = std::exchange(testimony_, {});
    const std::vector<BytesView> batch = std::exchange(batch_, {});
    guard.unlock();
    Status written = write(slot_bytes(testimony, batch));
    guard.lock();
    outcome_ = std::move(written);
    stage_ = Stage::kFinished;
    changed_.notify_all();
  }
}

Status Witness::write(const Bytes& slot) {
  TRY_VOID(write_slot(file_, slot, next_, path_));
  if (fdatasync(file_) != 0) return refused(path_);
  next_ = 1 - next_;
  return {};
}

}  // namespace actuary::journal::witness
