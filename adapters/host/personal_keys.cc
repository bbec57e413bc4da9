#include "adapters/host/personal_keys.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <system_error>

#include "adapters/host/crypto.h"
#include "journal/base/assert.h"
#include "journal/events/common.h"

namespace actuary::adapters::host {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kWrappedBytes = kNonceBytes + crypto::kKeyBytes + 16;
static_assert(kWrappedBytes <= kSlotBytes && kSlotsPerFile % kSlotsPerFill == 0);

class File {
 public:
  File(const std::string& path, int flags) : handle_(::open(path.c_str(), flags, 0600)) {}
  ~File() {
    if (handle_ >= 0) ::close(handle_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] bool is_open() const { return handle_ >= 0; }
  [[nodiscard]] int handle() const { return handle_; }

 private:
  int handle_;
};

tl::unexpected<Error> refused(const std::string& path) {
  return fail(Code::kStorageFailed, path + ": " + std::generic_category().message(errno));
}

Status sync_folder(const fs::path& folder) {
  const File directory(folder.string(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (!directory.is_open() || ::fsync(directory.handle()) != 0) return refused(folder.string());
  return {};
}

/// What a sealed text says.
struct Sealed {
  std::uint64_t key = 0;
  std::string_view hex;
};

Result<Sealed> parse(std::string_view text) {
  const auto key = events::personal_key(text);
  if (!key) return fail(Code::kCorrupt, "not a text that was sealed here");
  text.remove_prefix(events::kPersonalPrefix.size());
  return Sealed{*key, text.substr(text.find(':') + 1)};
}

/// The first slot that no file has room for yet: what earlier starts left unused stays unused.
std::uint64_t first_free(const fs::path& folder) {
  std::uint64_t free = 0;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    std::uint64_t number = 0;
    const std::string name = entry.path().stem();
    const auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (entry.path().extension() != ".keys" || problem != std::errc{}) continue;
    const auto slots = (fs::file_size(entry.path(), error) + kSlotBytes - 1) / kSlotBytes;
    const auto fills = (slots + kSlotsPerFill - 1) / kSlotsPerFill;
    free = std::max<std::uint64_t>(free, number * kSlotsPerFile + fills * kSlotsPerFill);
  }
  return free;
}

}  // namespace

Result<std::unique_ptr<PersonalKeys>> PersonalKeys::open(const fs::path& folder, Bytes wrapping_key,
                                                         IdSource& ids) {
  std::error_code error;
  const bool made = fs::create_directories(folder, error);
  if (error) return fail(Code::kStorageFailed, folder.string() + ": " + error.message());
  fs::permissions(folder, fs::perms::owner_all, error);
  if (made) TRY_VOID(sync_folder(folder.parent_path()));
  return std::unique_ptr<PersonalKeys>(
      new PersonalKeys(folder, std::move(wrapping_key), ids, first_free(folder)));
}

PersonalKeys::PersonalKeys(fs::path folder, Bytes wrapping_key, IdSource& ids, std::uint64_t next)
    : folder_(std::move(folder)),
      wrapping_key_(std::move(wrapping_key)),
      ids_(ids),
      next_(next),
      filled_(next) {}

Result<std::vector<std::string>> PersonalKeys::seal(const std::vector<std::string>& plain,
                                                    std::optional<std::uint64_t> under) {
  std::vector<std::string> sealed(plain.size());
  const auto is_empty = [](const std::string& text) { return text.empty(); };
  if (std::all_of(plain.begin(), plain.end(), is_empty)) return sealed;
  const std::lock_guard guard(mutex_);
  std::uint64_t number = under.value_or(0);
  Result<Bytes> key = under ? key_of(number) : Result<Bytes>(fail(Code::kNotFound, "none"));
  if (!key) {
    TRY(fresh, fresh_slot());
    number = fresh;
    key = key_of(number);
  }
  if (!key) return fail(Code::kStorageFailed, "a fresh key is not there: " + key.error().detail);
  for (std::size_t i = 0; i < plain.size(); ++i) {
    if (plain[i].empty()) continue;
    sealed[i] = std::string(events::kPersonalPrefix) + std::to_string(number) + ":" +
                to_hex(crypto::encrypt(*key, random_bytes(kNonceBytes), plain[i]));
  }
  return sealed;
}

Result<std::string> PersonalKeys::open_text(std::string_view sealed) const {
  TRY(parsed, parse(sealed));
  const std::lock_guard guard(mutex_);
  TRY(key, key_of(parsed.key));
  TRY(bytes, crypto::from_hex(parsed.hex));
  return crypto::decrypt(key, bytes);
}

Result<std::size_t> PersonalKeys::destroy(std::span<const std::uint64_t> keys) {
  const std::lock_guard guard(mutex_);
  std::size_t destroyed = 0;
  for (const std::uint64_t number : keys) {
    if (const auto known = known_.find(number); known != known_.end()) {
      crypto::wipe(known->second);
      known_.erase(known);
    }
    const auto key = read_slot(number);
    if (!key && key.error().code == Code::kNotFound) continue;
    // One that cannot be read or unwrapped is destroyed all the same.
    TRY_VOID(write(number, Bytes(kSlotBytes, '\0')));
    ++destroyed;
  }
  return destroyed;
}

bool PersonalKeys::untouched() const {
  const std::lock_guard guard(mutex_);
  return filled_ == 0;
}

Result<Bytes> PersonalKeys::key_of(std::uint64_t number) const {
  if (const auto known = known_.find(number); known != known_.end()) return known->second;
  TRY(key, read_slot(number));
  if (known_.size() >= kKnownKeysMax) known_.clear();
  known_[number] = key;
  return key;
}

Result<Bytes> PersonalKeys::read_slot(std::uint64_t number) const {
  const std::string path = file_of(number);
  const File file(path, O_RDONLY | O_CLOEXEC);
  if (!file.is_open() && errno == ENOENT) return fail(Code::kNotFound, path + " is not there");
  if (!file.is_open()) return refused(path);
  Bytes bytes(kSlotBytes, '\0');
  const auto at = static_cast<off_t>(number % kSlotsPerFile * kSlotBytes);
  const ssize_t got = ::pread(file.handle(), bytes.data(), bytes.size(), at);
  if (got < 0) return refused(path);
  if (static_cast<std::size_t>(got) < kSlotBytes || bytes == Bytes(kSlotBytes, '\0')) {
    return fail(Code::kNotFound, "key " + std::to_string(number) + " was destroyed");
  }
  return crypto::decrypt(wrapping_key(number), BytesView(bytes).substr(0, kWrappedBytes));
}

Status PersonalKeys::write(std::uint64_t first, BytesView bytes) const {
  const std::string path = file_of(first);
  const bool fresh = !fs::exists(path);
  const File file(path, O_WRONLY | O_CREAT | O_CLOEXEC);
  if (!file.is_open()) return refused(path);
  const auto at = static_cast<off_t>(first % kSlotsPerFile * kSlotBytes);
  const ssize_t written = ::pwrite(file.handle(), bytes.data(), bytes.size(), at);
  if (written != static_cast<ssize_t>(bytes.size())) return refused(path);
  if (::fsync(file.handle()) != 0) return refused(path);
  return fresh ? sync_folder(folder_) : Status{};
}

Result<std::uint64_t> PersonalKeys::fresh_slot() {
  if (next_ == filled_) TRY_VOID(fill());
  return next_++;
}

Status PersonalKeys::fill() {
  Bytes slots;
  for (std::uint64_t slot = filled_; slot < filled_ + kSlotsPerFill; ++slot) {
    slots += crypto::encrypt(wrapping_key(slot), random_bytes(kNonceBytes),
                             random_bytes(crypto::kKeyBytes));
    slots.resize((slot - filled_ + 1) * kSlotBytes, '\0');
  }
  TRY_VOID(write(filled_, slots));
  filled_ += kSlotsPerFill;
  return {};
}

std::string PersonalKeys::file_of(std::uint64_t slot) const {
  return (folder_ / (std::to_string(slot / kSlotsPerFile) + ".keys")).string();
}

/// A slot's own, so that a slot copied over another is found out.
Bytes PersonalKeys::wrapping_key(std::uint64_t slot) const {
  return crypto::hmac(wrapping_key_, "slot " + std::to_string(slot));
}

Bytes PersonalKeys::random_bytes(std::size_t count) const {
  Bytes bytes(count, '\0');
  ids_.fill(std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

}  // namespace actuary::adapters::host
