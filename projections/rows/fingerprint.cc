#include "projections/rows/fingerprint.h"

#include <xxhash.h>

namespace actuary::projections::rows {
namespace {

/// Key and value apart: what moves between them is another entry.
XXH128_hash_t hash_of(BytesView key, BytesView value) {
  const XXH64_hash_t seed = XXH3_64bits(key.data(), key.size());
  return XXH3_128bits_withSeed(value.data(), value.size(), seed);
}

Bytes big_endian(std::uint64_t number) {
  Bytes bytes;
  for (int shift = 56; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<char>((number >> static_cast<unsigned>(shift)) & 0xFFU));
  }
  return bytes;
}

}  // namespace

void Fingerprint::add(BytesView key, BytesView value) {
  const XXH128_hash_t hash = hash_of(key, value);
  Fingerprint one;
  one.high_ = hash.high64;
  one.low_ = hash.low64;
  add(one);
}

void Fingerprint::remove(BytesView key, BytesView value) {
  const XXH128_hash_t hash = hash_of(key, value);
  const std::uint64_t borrow = low_ < hash.low64 ? 1 : 0;
  low_ -= hash.low64;
  high_ -= hash.high64 + borrow;
}

void Fingerprint::add(const Fingerprint& change) {
  low_ += change.low_;
  high_ += change.high_ + (low_ < change.low_ ? 1 : 0);
}

std::string Fingerprint::hex() const {
  return journal::base::to_hex(big_endian(high_) + big_endian(low_));
}

}  // namespace actuary::projections::rows
