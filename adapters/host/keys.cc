#include "adapters/host/keys.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <charconv>
#include <fstream>
#include <system_error>
#include <vector>

#include "adapters/host/crypto.h"
#include "journal/witness/preflight.h"

namespace actuary::adapters::host {
namespace {

constexpr std::string_view kRunTokenPrefix = "apify_run_";
constexpr std::string_view kUserTokenPrefix = "apify_api_";
constexpr std::string_view kSealPrefix = "sealed:v1:";
/// Random, made by each restore; there is none before the first one.
constexpr const char* kEraFile = "era.key";
constexpr std::size_t kTokenLength = 43;  // 256 bits in base 62

Bytes random_bytes(IdSource& ids, std::size_t count) {
  Bytes bytes(count, '\0');
  ids.fill(std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

Error system_error(const std::string& what) {
  return {Code::kStorageFailed, what + ": " + std::generic_category().message(errno)};
}

/// A key that a crash cuts short would lock everybody out: written, synced, then renamed into
/// place.
Status write_key(const std::filesystem::path& file, BytesView key) {
  const std::string draft = file.string() + ".new";
  const int out = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (out < 0) return tl::make_unexpected(system_error(draft));
  const bool written = ::write(out, key.data(), key.size()) == static_cast<ssize_t>(key.size());
  const bool synced = written && ::fsync(out) == 0;
  ::close(out);
  if (!synced || std::rename(draft.c_str(), file.c_str()) != 0) {
    return tl::make_unexpected(system_error(draft));
  }
  const int folder = ::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) {
    ::fsync(folder);
    ::close(folder);
  }
  return {};
}

Result<Bytes> read_key(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  Bytes key((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (key.size() != crypto::kKeyBytes) return fail(Code::kCorrupt, file.string() + " is not a key");
  return key;
}

/// A leaked token can be recognised by its last six characters.
std::string checksum(std::string_view text) {
  static constexpr std::string_view kAlphabet =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  auto crc = static_cast<std::uint32_t>(::crc32(
      0, reinterpret_cast<const unsigned char*>(text.data()), static_cast<unsigned>(text.size())));
  std::string digits(6, '0');
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, crc /= 62)
    *digit = kAlphabet[crc % 62];
  return digits;
}

std::vector<std::string_view> split(std::string_view text, char by) {
  std::vector<std::string_view> parts;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find(by, start), text.size());
    parts.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return parts;
}

}  // namespace

Result<std::unique_ptr<Keys>> Keys::open(const std::filesystem::path& folder, IdSource& ids) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return fail(Code::kStorageFailed, folder.string() + ": " + error.message());
  ::chmod(folder.c_str(), 0700);
  const std::filesystem::path file = folder / "master.key";
  if (!std::filesystem::exists(file))
    TRY_VOID(write_key(file, random_bytes(ids, crypto::kKeyBytes)));
  TRY(master, read_key(file));
  Bytes era;
  if (std::filesystem::exists(folder / kEraFile)) {
    TRY(read, read_key(folder / kEraFile));
    era = std::move(read);
  }
  TRY(personal,
      PersonalKeys::open(folder / kPersonalFolder, crypto::hmac(master, "personal keys"), ids));
  return std::unique_ptr<Keys>(new Keys(master, era, std::move(personal), ids));
}

Status Keys::disown_run_tokens(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return fail(Code::kStorageFailed, folder.string() + ": " + error.message());
  TRY(era, journal::witness::new_store_id());
  return write_key(folder / kEraFile, era);
}

Keys::Keys(BytesView master, const Bytes& era, std::unique_ptr<PersonalKeys> personal,
           IdSource& ids)
    : pepper_(crypto::hmac(master, "token hashes")),
      signing_key_(crypto::hmac(master, "run tokens" + era)),
      sealing_key_(crypto::hmac(master, "sealed values")),
      personal_(std::move(personal)),
      ids_(ids) {}

std::string Keys::run_token(const engine::ports::ContainerKey& key, const UserId& user_id) {
  std::string body = std::string(kRunTokenPrefix) + key.run_id.str() + "_" +
                     std::to_string(key.epoch) + "_" + user_id.str();
  return body + "_" + to_hex(crypto::hmac(signing_key_, body));
}

std::optional<engine::ports::RunToken> Keys::read_run_token(std::string_view token) {
  if (!token.starts_with(kRunTokenPrefix)) return std::nullopt;
  const auto parts = split(token.substr(kRunTokenPrefix.size()), '_');
  if (parts.size() != 4) return std::nullopt;
  engine::ports::RunToken read;
  const auto run = RunId::parse(parts[0]);
  const auto user = UserId::parse(parts[2]);
  const auto [end, error] =
      std::from_chars(parts[1].data(), parts[1].data() + parts[1].size(), read.key.epoch);
  if (!run || !user || error != std::errc{} || end != parts[1].data() + parts[1].size())
    return std::nullopt;
  read.key.run_id = *run;
  read.user_id = *user;
  if (!crypto::equal(run_token(read.key, read.user_id), token)) return std::nullopt;
  return read;
}

std::string Keys::new_token() {
  const std::string body = std::string(kUserTokenPrefix) + ids_.next_text(kTokenLength);
  return body + checksum(body);
}

std::string Keys::token_hash(std::string_view token) {
  return to_hex(crypto::hmac(pepper_, token));
}

std::string Keys::seal(std::string_view plain) {
  return std::string(kSealPrefix) +
         to_hex(crypto::encrypt(sealing_key_, random_bytes(ids_, 12), plain));
}

Result<std::string> Keys::open(std::string_view sealed) {
  if (!sealed.starts_with(kSealPrefix)) return fail(Code::kCorrupt, "not a sealed value");
  TRY(bytes, crypto::from_hex(sealed.substr(kSealPrefix.size())));
  return crypto::decrypt(sealing_key_, bytes);
}

Result<std::vector<std::string>> Keys::seal_personal(const std::vector<std::string>& plain,
                                                     std::optional<std::uint64_t> under) {
  return personal_->seal(plain, under);
}

Result<std::string> Keys::open_personal(std::string_view sealed) {
  return personal_->open_text(sealed);
}

Result<std::size_t> Keys::destroy_personal(std::span<const std::uint64_t> keys) {
  return personal_->destroy(keys);
}

}  // namespace actuary::adapters::host
