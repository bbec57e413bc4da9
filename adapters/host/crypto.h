#pragma once

#include <string>
#include <string_view>

#include "journal/base/bytes.h"

/// OpenSSL behind a few functions, and what reads their results as text.
namespace actuary::adapters::host::crypto {

inline constexpr std::size_t kKeyBytes = 32;

/// HMAC-SHA-256, 32 raw bytes.
[[nodiscard]] Bytes hmac(BytesView key, BytesView message);
/// In constant time.
[[nodiscard]] bool equal(BytesView left, BytesView right);

/// AES-256-GCM: nonce, ciphertext and tag in one piece.
///
/// shape: `nonce` has 12 bytes and is never used twice with one key
[[nodiscard]] Bytes encrypt(BytesView key, BytesView nonce, BytesView plain);
/// errors: kCorrupt: another key, or damaged
[[nodiscard]] Result<Bytes> decrypt(BytesView key, BytesView sealed);

/// Undoes `to_hex`.
///
/// errors: kCorrupt
[[nodiscard]] Result<Bytes> from_hex(std::string_view hex);

/// Zeros, which the compiler may not leave out.
void wipe(Bytes& key);

}  // namespace actuary::adapters::host::crypto
