#include "adapters/host/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <charconv>
#include <memory>
#include <system_error>

#include "journal/base/assert.h"

namespace actuary::adapters::host::crypto {
namespace {

constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

const unsigned char* raw(BytesView bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* raw(Bytes& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

}  // namespace

Bytes hmac(BytesView key, BytesView message) {
  Bytes mac(32, '\0');
  unsigned length = 0;
  const auto* done = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), raw(message),
                          message.size(), raw(mac), &length);
  ACTUARY_ASSERT(done != nullptr && length == mac.size());
  return mac;
}

bool equal(BytesView left, BytesView right) {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

Bytes encrypt(BytesView key, BytesView nonce, BytesView plain) {
  ACTUARY_ASSERT(key.size() == kKeyBytes && nonce.size() == kNonceBytes);
  const Cipher cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  Bytes text(plain.size(), '\0');
  Bytes tag(kTagBytes, '\0');
  int length = 0;
  bool ok = EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, raw(key), raw(nonce)) == 1;
  ok = ok && EVP_EncryptUpdate(cipher.get(), raw(text), &length, raw(plain),
                               static_cast<int>(plain.size())) == 1;
  ok = ok && EVP_EncryptFinal_ex(cipher.get(), raw(text) + length, &length) == 1;
  ok = ok && EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, tag.data()) == 1;
  ACTUARY_ASSERT(ok);
  return Bytes(nonce) + text + tag;
}

Result<Bytes> decrypt(BytesView key, BytesView sealed) {
  if (sealed.size() < kNonceBytes + kTagBytes)
    return fail(Code::kCorrupt, "a sealed value is cut short");
  const BytesView nonce = sealed.substr(0, kNonceBytes);
  const BytesView text = sealed.substr(kNonceBytes, sealed.size() - kNonceBytes - kTagBytes);
  Bytes tag(sealed.substr(sealed.size() - kTagBytes));
  const Cipher cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  Bytes plain(text.size(), '\0');
  int length = 0;
  bool ok = EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, raw(key), raw(nonce)) == 1;
  ok = ok && EVP_DecryptUpdate(cipher.get(), raw(plain), &length, raw(text),
                               static_cast<int>(text.size())) == 1;
  ok = ok && EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1;
  ok = ok && EVP_DecryptFinal_ex(cipher.get(), raw(plain) + length, &length) == 1;
  if (!ok) return fail(Code::kCorrupt, "a sealed value does not open: another key, or damaged");
  return plain;
}

Result<Bytes> from_hex(std::string_view hex) {
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(hex.data() + i, hex.data() + i + 2, value, 16);
    if (error != std::errc{} || end != hex.data() + i + 2) break;
    bytes.push_back(static_cast<char>(value));
  }
  if (bytes.size() * 2 != hex.size())
    return fail(Code::kCorrupt, "a sealed value is not hexadecimal");
  return bytes;
}

void wipe(Bytes& key) {
  OPENSSL_cleanse(key.data(), key.size());
  key.clear();
}

}  // namespace actuary::adapters::host::crypto
