#include "journal/archive/tar.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "journal/archive/digest.h"
#include "journal/archive/files.h"
#include "journal/base/assert.h"

namespace actuary::journal::archive {
namespace {

constexpr std::size_t kBlock = 512;
constexpr std::size_t kNameAt = 0;
constexpr std::size_t kModeAt = 100;
constexpr std::size_t kSizeAt = 124;
constexpr std::size_t kTimeAt = 136;
constexpr std::size_t kChecksumAt = 148;
constexpr std::size_t kTypeAt = 156;
constexpr std::size_t kMagicAt = 257;
constexpr std::size_t kSizeBytes = 12;
constexpr std::uint64_t kOctalSizeMax = (std::uint64_t{1} << 33U) - 1;

using Block = std::array<char, kBlock>;

void put_octal(Block& block, std::size_t at, std::size_t digits, std::uint64_t value) {
  for (std::size_t i = digits; i > 0; --i, value >>= 3U) {
    block[at + i - 1] = static_cast<char>('0' + (value & 7U));
  }
}

std::uint64_t checksum(const Block& block) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < kBlock; ++i) {
    const bool blank = i >= kChecksumAt && i < kChecksumAt + 8;
    sum += blank ? ' ' : static_cast<unsigned char>(block[i]);
  }
  return sum;
}

Block header(const std::string& name, std::uint64_t bytes) {
  Block block{};
  std::copy(name.begin(), name.end(), block.begin() + kNameAt);
  put_octal(block, kModeAt, 7, 0600);
  put_octal(block, kModeAt + 8, 7, 0);
  put_octal(block, kModeAt + 16, 7, 0);
  put_octal(block, kTimeAt, 11, 0);
  if (bytes <= kOctalSizeMax) {
    put_octal(block, kSizeAt, kSizeBytes - 1, bytes);
  } else {
    block[kSizeAt] = static_cast<char>(0x80);
    for (std::size_t i = 0; i < 8; ++i) {
      block[kSizeAt + kSizeBytes - 1 - i] = static_cast<char>(bytes >> (8 * i) & 255U);
    }
  }
  block[kTypeAt] = '0';
  std::memcpy(block.data() + kMagicAt, "ustar\00000", 8);
  put_octal(block, kChecksumAt, 6, checksum(block));
  block[kChecksumAt + 7] = ' ';
  return block;
}

std::optional<std::uint64_t> get_octal(const Block& block, std::size_t at, std::size_t digits) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    const char c = block[at + i];
    if (c < '0' || c > '7') return std::nullopt;
    value = value << 3U | static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

std::optional<std::uint64_t> size_of(const Block& block) {
  if (static_cast<unsigned char>(block[kSizeAt]) != 0x80) {
    return get_octal(block, kSizeAt, kSizeBytes - 1);
  }
  std::uint64_t value = 0;
  for (std::size_t i = 4; i < kSizeBytes; ++i) {
    value = value << 8U | static_cast<unsigned char>(block[kSizeAt + i]);
  }
  return value;
}

std::uint64_t padding_of(std::uint64_t bytes) { return (kBlock - bytes % kBlock) % kBlock; }

tl::unexpected<Error> not_our_tar(const std::string& why) {
  return fail(Code::kCorrupt, "the backup is damaged: " + why);
}

}  // namespace

struct TarWriter::Hash : Digest {};
struct TarReader::Hash : Digest {};

Result<std::unique_ptr<TarWriter>> TarWriter::create(std::string path) {
  if (::access(path.c_str(), F_OK) == 0) {
    return fail(Code::kInvalidArgument, path + " is there already; give another name");
  }
  const std::string partial = path + ".partial";
  const int file = ::open(partial.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return system_failure(partial);
  return std::unique_ptr<TarWriter>(new TarWriter(std::move(path), file));
}

TarWriter::TarWriter(std::string path, int file) : path_(std::move(path)), file_(file) {}

TarWriter::~TarWriter() {
  if (file_ < 0) return;
  ::close(file_);
  ::unlink((path_ + ".partial").c_str());
}

Status TarWriter::put(BytesView bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return system_failure(path_);
    bytes.remove_prefix(static_cast<std::size_t>(written));
    offset_ += static_cast<std::uint64_t>(written);
  }
  return {};
}

Status TarWriter::begin(const std::string& name) {
  ACTUARY_ASSERT(hash_ == nullptr);
  if (name.empty() || name.size() > kNameBytesMax) {
    return fail(Code::kInvalidArgument, "\"" + name + "\" is too long a name for a backup");
  }
  header_at_ = offset_;
  hash_ = std::make_unique<Hash>();
  entries_.push_back({name, 0, {}});
  const Block block = header(name, 0);
  return put({block.data(), block.size()});
}

Status TarWriter::write(BytesView piece) {
  ACTUARY_ASSERT(hash_ != nullptr);
  hash_->add(piece);
  entries_.back().bytes += piece.size();
  return put(piece);
}

Status TarWriter::end() {
  ACTUARY_ASSERT(hash_ != nullptr);
  Entry& entry = entries_.back();
  entry.sha256 = hash_->hex();
  hash_.reset();
  TRY_VOID(put(Bytes(padding_of(entry.bytes), '\0')));
  const Block block = header(entry.name, entry.bytes);
  if (::pwrite(file_, block.data(), block.size(), static_cast<off_t>(header_at_)) !=
      static_cast<ssize_t>(block.size())) {
    return system_failure(path_);
  }
  return {};
}

Status TarWriter::add(const std::string& name, BytesView content) {
  TRY_VOID(begin(name));
  TRY_VOID(write(content));
  return end();
}

Status TarWriter::finish() {
  ACTUARY_ASSERT(hash_ == nullptr);
  const std::string partial = path_ + ".partial";
  TRY_VOID(put(Bytes(2 * kBlock, '\0')));
  if (::fsync(file_) != 0) return system_failure(partial);
  // Not over a file that somebody made meanwhile.
  if (::link(partial.c_str(), path_.c_str()) != 0) return system_failure(path_);
  ::unlink(partial.c_str());
  ::close(std::exchange(file_, -1));
  return sync_folder_of(path_);
}

Result<std::vector<Located>> locate_entries(int file) {
  struct stat facts {};
  if (::fstat(file, &facts) != 0) return system_failure("the archive");
  const auto size = static_cast<std::uint64_t>(facts.st_size);
  std::vector<Located> found;
  for (std::uint64_t at = 0; found.size() < kLocatedMax && at + kBlock <= size;) {
    Block block{};
    if (::pread(file, block.data(), kBlock, static_cast<off_t>(at)) !=
        static_cast<ssize_t>(kBlock)) {
      return system_failure("the archive");
    }
    if (std::all_of(block.begin(), block.end(), [](char c) { return c == 0; })) return found;
    const auto bytes = size_of(block);
    const std::string name(block.data(), ::strnlen(block.data(), kNameBytesMax));
    at += kBlock;
    if (!bytes || name.empty() || header(name, *bytes) != block || *bytes > size - at) {
      return not_our_tar("a header is not one that we write");
    }
    found.push_back({name, at, *bytes});
    at += *bytes + padding_of(*bytes);
  }
  return not_our_tar("it ends too early");
}

Result<std::unique_ptr<TarReader>> TarReader::open(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0 && errno == ENOENT) return fail(Code::kNotFound, "there is no file " + path);
  if (file < 0) return system_failure(path);
  ::posix_fadvise(file, 0, 0, POSIX_FADV_SEQUENTIAL);
  return std::unique_ptr<TarReader>(new TarReader(file));
}

TarReader::TarReader(int file) : file_(file) {}

TarReader::~TarReader() { ::close(file_); }

Status TarReader::fill(char* target, std::size_t bytes) {
  while (bytes > 0) {
    const ssize_t got = ::read(file_, target, bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_failure("the backup");
    if (got == 0) return not_our_tar("it ends too early");
    target += got;
    bytes -= static_cast<std::size_t>(got);
  }
  return {};
}

Result<std::optional<Entry>> TarReader::next() {
  TRY_VOID(skip_rest());
  Block block{};
  TRY_VOID(fill(block.data(), padding_));
  const auto is_zero = [](char c) { return c == 0; };
  if (!std::all_of(block.begin(), block.begin() + static_cast<std::ptrdiff_t>(padding_), is_zero)) {
    return not_our_tar("what is between two files is not empty");
  }
  padding_ = 0;
  TRY_VOID(fill(block.data(), kBlock));
  if (std::all_of(block.begin(), block.end(), is_zero)) {
    return std::optional<Entry>();
  }
  const auto bytes = size_of(block);
  const std::string name(block.data(), ::strnlen(block.data(), kNameBytesMax));
  if (!bytes || name.empty() || header(name, *bytes) != block) {
    return not_our_tar("a header is not one that we write");
  }
  entry_ = {name, *bytes, {}};
  left_ = *bytes;
  padding_ = padding_of(*bytes);
  open_ = true;
  hash_ = std::make_unique<Hash>();
  return std::optional(entry_);
}

Status TarReader::skip_rest() {
  while (open_) TRY_VOID(read().map([](const Bytes&) {}));
  return {};
}

Result<Bytes> TarReader::read() { return read(kPieceBytes); }

Result<Bytes> TarReader::read(std::size_t bytes) {
  Bytes piece(static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes)), '\0');
  TRY_VOID(fill(piece.data(), piece.size()));
  left_ -= piece.size();
  if (hash_) hash_->add(piece);
  if (left_ == 0 && open_) {
    open_ = false;
    entry_.sha256 = hash_->hex();
    hash_.reset();
  }
  return piece;
}

}  // namespace actuary::journal::archive
