#include "journal/base/bytes.h"

#include <openssl/evp.h>

#include "journal/base/assert.h"

namespace actuary::journal::base {

std::string to_hex(BytesView bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  hex.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    hex.push_back(kDigits[byte >> 4U]);
    hex.push_back(kDigits[byte & 15U]);
  }
  return hex;
}

Bytes sha256(BytesView bytes) {
  static const EVP_MD* const kDigest =
      EVP_MD_fetch(nullptr, "SHA256", nullptr);  // fetching costs more than hashing
  Bytes digest(32, '\0');
  unsigned length = 0;
  const int ok =
      EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()),
                 &length, kDigest, nullptr);
  ACTUARY_ASSERT(ok == 1 && length == digest.size());
  return digest;
}

std::string sha256_hex(BytesView bytes) { return to_hex(sha256(bytes)); }

}  // namespace actuary::journal::base
