#pragma once

#include <cstdint>

#include "journal/base/bytes.h"

/// Numbers as 8 bytes, big-endian so that bytes sort as numbers do.
namespace actuary::journal::base {

[[nodiscard]] inline Bytes number_bytes(std::uint64_t number) {
  Bytes bytes(8, '\0');
  for (int i = 0; i < 8; ++i) bytes[i] = static_cast<char>(number >> (8 * (7 - i)) & 255U);
  return bytes;
}

/// The first 8 of `bytes`, which the caller has measured.
[[nodiscard]] inline std::uint64_t bytes_number(BytesView bytes) {
  std::uint64_t number = 0;
  for (const char c : bytes.substr(0, 8)) number = number << 8U | static_cast<unsigned char>(c);
  return number;
}

}  // namespace actuary::journal::base
