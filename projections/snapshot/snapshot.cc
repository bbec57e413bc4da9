#include "projections/snapshot/snapshot.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <system_error>

#include "projections/snapshot/codec.h"

namespace actuary::projections::snapshot {
namespace {

using engine::executor::Folded;
using engine::executor::Residency;

/// Ends with the version of what follows.
constexpr std::string_view kMagic = "actuary snapshot 1\n";
constexpr std::size_t kDigestBytes = 32;

Result<Origin> origin_of(const journal::Reader& journal, Position position, Residency rule) {
  Origin origin;
  const journal::Head head = journal.head();
  origin.journal_id = head.id;
  origin.journal_format = head.format;
  origin.fold_version = engine::executor::kFoldVersion;
  origin.shape = shape();
  origin.rule = rule;
  origin.position = position;
  TRY(record, journal.read(position));
  origin.term = record.term;
  TRY_VOID(journal.scan_stored(position, [&](Position, BytesView stored) {
    origin.link = journal::base::sha256(stored);
    return false;
  }));
  return origin;
}

/// Why an image of `found` is not one that this start may use; empty: it is.
std::string objection(const Origin& found, const journal::Reader& journal, Residency rule) {
  const journal::Head head = journal.head();
  if (found.journal_id != head.id) return "it is of another journal";
  if (found.journal_format != head.format) return "it is of another format of the journal";
  if (found.shape != shape() || found.fold_version != engine::executor::kFoldVersion) {
    return "another version of this program wrote it";
  }
  if (found.rule != rule) return "it was made under another rule of what stays in memory";
  if (found.position == 0 || found.position > head.position) {
    return "it is at position " + std::to_string(found.position) + ", the journal ends at " +
           std::to_string(head.position);
  }
  const auto expected = origin_of(journal, found.position, rule);
  if (!expected) return expected.error().detail;
  if (found != *expected) return "the journal has another record at its position";
  return {};
}

/// The payload, once its length and checksum were verified.
Result<Bytes> read_payload(const std::filesystem::path& file) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (error) return fail(Code::kStorageFailed, error.message());
  if (size < kMagic.size() + kDigestBytes) return fail(Code::kCorrupt, "it is cut short");
  if (size > kSnapshotBytesMax) return fail(Code::kTooLarge, "it is too large to be one");
  std::ifstream in(file, std::ios::binary);
  Bytes bytes(size, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(size));
  if (in.gcount() != static_cast<std::streamsize>(size)) {
    return fail(Code::kStorageFailed, "it cannot be read");
  }
  if (!bytes.starts_with(kMagic)) return fail(Code::kCorrupt, "it is no snapshot of this version");
  const Bytes digest = bytes.substr(kMagic.size(), kDigestBytes);
  bytes.erase(0, kMagic.size() + kDigestBytes);
  if (journal::base::sha256(bytes) != digest) {
    return fail(Code::kCorrupt, "it does not match its checksum");
  }
  return bytes;
}

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  [[nodiscard]] bool write_all(BytesView bytes) const {
    while (!bytes.empty()) {
      const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
  }
  [[nodiscard]] bool sync() const { return ::fsync(descriptor_) == 0; }
  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }

 private:
  int descriptor_;
};

tl::unexpected<Error> system_error(const std::filesystem::path& file) {
  return fail(Code::kStorageFailed, file.string() + ": " + std::strerror(errno));
}

}  // namespace

Result<Bytes> make(const Folded::Image& image, const journal::Reader& journal) {
  TRY(origin, origin_of(journal, image.position, image.rule));
  const Bytes payload = encode({std::move(origin), image});
  Bytes bytes(kMagic);
  bytes += journal::base::sha256(payload);
  bytes += payload;
  if (bytes.size() > kSnapshotBytesMax) {
    return fail(Code::kTooLarge, "a snapshot of " + std::to_string(bytes.size()) + " bytes");
  }
  return bytes;
}

Status write(const std::filesystem::path& file, const Bytes& bytes) {
  const std::filesystem::path draft = file.string() + ".new";
  {
    const File out(
        ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!out.is_open() || !out.write_all(bytes) || !out.sync()) return system_error(draft);
  }
  if (::rename(draft.c_str(), file.c_str()) != 0) return system_error(file);
  const File folder(::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.is_open() || !folder.sync()) return system_error(file.parent_path());
  return {};
}

Loaded load(const std::filesystem::path& file, const journal::Reader& journal, Residency rule) {
  const auto ignored = [&](const std::string& reason) {
    return Loaded{std::nullopt, "The snapshot " + file.string() + " is not used: " + reason +
                                    ". The journal is read from its beginning instead."};
  };
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return {};
  const auto payload = read_payload(file);
  if (!payload) return ignored(payload.error().detail);
  const auto origin = decode_origin(*payload);
  if (!origin) return ignored(origin.error().detail);
  if (const std::string reason = objection(*origin, journal, rule); !reason.empty()) {
    return ignored(reason);
  }
  auto snapshot = decode(*payload);
  if (!snapshot) return ignored(snapshot.error().detail);
  return {std::move(snapshot->image), {}};
}

std::string digest(const Folded::Image& image) {
  return journal::base::sha256_hex(encode({Origin{}, image}));
}

}  // namespace actuary::projections::snapshot
