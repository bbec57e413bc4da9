#pragma once

#include <openssl/evp.h>

#include <array>
#include <memory>
#include <string>

#include "journal/base/assert.h"
#include "journal/base/bytes.h"

namespace actuary::journal::archive {

/// SHA-256 of bytes that come in pieces.
class Digest {
 public:
  Digest() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    ACTUARY_ASSERT(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
  }
  void add(BytesView piece) {
    ACTUARY_ASSERT(EVP_DigestUpdate(context_.get(), piece.data(), piece.size()) == 1);
  }
  [[nodiscard]] std::string hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned size = 0;
    ACTUARY_ASSERT(EVP_DigestFinal_ex(context_.get(), bytes.data(), &size) == 1);
    return to_hex({reinterpret_cast<const char*>(bytes.data()), size});
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

}  // namespace actuary::journal::archive
