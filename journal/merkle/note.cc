#include "journal/merkle/note.h"

#include <algorithm>

#include "journal/base/assert.h"
#include "journal/merkle/base64.h"

namespace actuary::journal::merkle {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kSignatureBytes = 64;
constexpr std::size_t kKeyIdBytes = 4;
constexpr std::size_t kKeyTextMax = 1024;
constexpr char kEd25519 = 1;
constexpr std::string_view kPrivate = "PRIVATE+KEY+";
constexpr std::string_view kDash = "\xE2\x80\x94 ";  // U+2014 and a blank

const unsigned char* raw(BytesView bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

bool valid_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(),
                                      [](char c) { return c > ' ' && c <= '~' && c != '+'; });
}

Bytes key_id(std::string_view name, BytesView key) {
  return sha256(std::string(name) + '\n' + kEd25519 + std::string(key)).substr(0, kKeyIdBytes);
}

struct KeyText {
  std::string name;
  std::string id;  ///< as written, hex
  Bytes key;
};

/// NAME+HASH+BASE64: what both kinds of keys end with.
Result<KeyText> split_key(std::string_view text) {
  const auto malformed = [] {
    return fail(Code::kInvalidArgument, "not a key of the form NAME+HASH+BASE64 for Ed25519");
  };
  const std::size_t first = text.find('+');
  const std::size_t second = first == text.npos ? first : text.find('+', first + 1);
  if (text.size() > kKeyTextMax || second == text.npos) return malformed();
  KeyText key{std::string(text.substr(0, first)),
              std::string(text.substr(first + 1, second - first - 1)),
              {}};
  const auto bytes = from_base64(text.substr(second + 1));
  if (!valid_name(key.name) || !bytes || bytes->size() != 1 + kKeyBytes || (*bytes)[0] != kEd25519)
    return malformed();
  key.key = bytes->substr(1);
  return key;
}

}  // namespace

Result<VerifierKey> VerifierKey::parse(std::string_view text) {
  TRY(parts, split_key(text));
  VerifierKey key(parts.name, parts.key);
  if (to_hex(key.id()) != parts.id) {
    return fail(Code::kInvalidArgument, "the key of " + parts.name + " does not have the hash " +
                                            parts.id + "; it was copied wrongly");
  }
  return key;
}

std::string VerifierKey::text() const {
  return name_ + "+" + to_hex(id()) + "+" + to_base64(kEd25519 + key_);
}

Bytes VerifierKey::id() const { return key_id(name_, key_); }

bool VerifierKey::verifies(BytesView text, BytesView signature) const {
  if (signature.size() != kSignatureBytes) return false;
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, raw(key_), key_.size()),
      EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  return key != nullptr &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), raw(signature), signature.size(), raw(text),
                          text.size()) == 1;
}

Result<SigningKey> SigningKey::generate(const std::string& name) {
  if (!valid_name(name)) return fail(Code::kInvalidArgument, "not a name for a key: " + name);
  EVP_PKEY* made = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  if (made == nullptr) return fail(Code::kUnavailable, "no random bytes for a key");
  const Secret secret(made, EVP_PKEY_free);
  Bytes key(kKeyBytes, '\0');
  std::size_t length = key.size();
  ACTUARY_ASSERT(EVP_PKEY_get_raw_public_key(
                     secret.get(), reinterpret_cast<unsigned char*>(key.data()), &length) == 1);
  return SigningKey(VerifierKey(name, key), secret);
}

Result<SigningKey> SigningKey::of_seed(const std::string& name, BytesView seed) {
  const Secret secret(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, raw(seed), seed.size()),
      EVP_PKEY_free);
  if (secret == nullptr) return fail(Code::kInvalidArgument, "not an Ed25519 key");
  Bytes key(kKeyBytes, '\0');
  std::size_t length = key.size();
  ACTUARY_ASSERT(EVP_PKEY_get_raw_public_key(
                     secret.get(), reinterpret_cast<unsigned char*>(key.data()), &length) == 1);
  return SigningKey(VerifierKey(name, key), secret);
}

Result<SigningKey> SigningKey::parse(std::string_view text) {
  if (!text.starts_with(kPrivate)) return fail(Code::kInvalidArgument, "not a private key");
  TRY(parts, split_key(text.substr(kPrivate.size())));
  TRY(key, of_seed(parts.name, parts.key));
  if (to_hex(key.verifier_.id()) != parts.id) {
    return fail(Code::kInvalidArgument, "the private key of " + parts.name + " is damaged");
  }
  return key;
}

std::string SigningKey::text() const {
  Bytes seed(kKeyBytes, '\0');
  std::size_t length = seed.size();
  ACTUARY_ASSERT(EVP_PKEY_get_raw_private_key(
                     secret_.get(), reinterpret_cast<unsigned char*>(seed.data()), &length) == 1);
  return std::string(kPrivate) + verifier_.name() + "+" + to_hex(verifier_.id()) + "+" +
         to_base64(kEd25519 + seed);
}

Bytes SigningKey::sign(BytesView text) const {
  ACTUARY_ASSERT(text.ends_with('\n'));
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  Bytes signature(kSignatureBytes, '\0');
  std::size_t length = signature.size();
  const bool done =
      EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, secret_.get()) == 1 &&
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &length,
                     raw(text), text.size()) == 1;
  ACTUARY_ASSERT(done && length == signature.size());
  return Bytes(text) + "\n" + std::string(kDash) + verifier_.name() + " " +
         to_base64(verifier_.id() + signature) + "\n";
}

Result<Note> parse_note(BytesView note) {
  const auto malformed = [](const char* why) {
    return fail(Code::kInvalidArgument, std::string("not a signed note: ") + why);
  };
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n'; };
  if (std::any_of(note.begin(), note.end(), control)) return malformed("control characters");
  const std::size_t split = note.rfind("\n\n");
  if (split == note.npos || !note.ends_with('\n')) return malformed("no signature below the text");
  Note parsed{Bytes(note.substr(0, split + 1)), {}};
  for (BytesView rest = note.substr(split + 2); !rest.empty();) {
    const BytesView line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() + 1);
    const std::size_t blank = line.find(' ', kDash.size());
    if (!line.starts_with(kDash) || blank == line.npos || blank == kDash.size()) {
      return malformed("a signature line is damaged");
    }
    const BytesView name = line.substr(kDash.size(), blank - kDash.size());
    const auto bytes = from_base64(line.substr(blank + 1));
    if (name.find('+') != name.npos || !bytes || bytes->size() <= kKeyIdBytes) {
      return malformed("a signature line is damaged");
    }
    if (parsed.signatures.size() >= kNoteSignaturesMax) return malformed("too many signatures");
    parsed.signatures.push_back({std::string(name), *bytes});
  }
  if (parsed.signatures.empty()) return malformed("no signature below the text");
  return parsed;
}

Result<Bytes> open_note(BytesView note, const VerifierKey& key) {
  TRY(parsed, parse_note(note));
  bool verified = false;
  for (const auto& [name, bytes] : parsed.signatures) {
    if (name != key.name() || !BytesView(bytes).starts_with(key.id())) continue;
    if (!key.verifies(parsed.text, BytesView(bytes).substr(kKeyIdBytes))) {
      return fail(Code::kCorrupt, "the signature by " + name + " does not fit the text");
    }
    verified = true;
  }
  if (verified) return std::move(parsed.text);
  return fail(Code::kCorrupt, "not signed by " + key.text());
}

}  // namespace actuary::journal::merkle
