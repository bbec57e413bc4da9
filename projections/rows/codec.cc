#include "projections/rows/codec.h"

#include <xxhash.h>

#include <array>

namespace actuary::projections::rows {
namespace {

using Checksum = std::array<char, 8>;

Checksum checksum(BytesView key, BytesView payload) {
  const XXH64_hash_t seed = XXH3_64bits(key.data(), key.size());
  const XXH64_hash_t hash = XXH3_64bits_withSeed(payload.data(), payload.size(), seed);
  Checksum sum{};
  for (std::size_t i = 0; i < sum.size(); ++i)
    sum[i] = static_cast<char>((hash >> (8U * i)) & 0xFFU);
  return sum;
}

}  // namespace

Bytes seal(BytesView key, BytesView payload) {
  const Checksum sum = checksum(key, payload);
  Bytes value(sum.data(), sum.size());
  value.append(payload);
  return value;
}

Result<BytesView> unseal(BytesView key, BytesView value) {
  if (value.size() >= std::tuple_size_v<Checksum>) {
    const BytesView payload = value.substr(std::tuple_size_v<Checksum>);
    const Checksum sum = checksum(key, payload);
    if (value.substr(0, sum.size()) == BytesView(sum.data(), sum.size())) return payload;
  }
  return fail(Code::kCorrupt,
              "views: row " + printable(key) + " does not match its checksum; rebuild the views");
}

std::string printable(BytesView key) {
  std::string text;
  for (const char c : key) text.push_back(c > ' ' && c <= '~' ? c : '.');
  return text;
}

}  // namespace actuary::projections::rows
