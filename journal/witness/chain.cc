#include "journal/witness/chain.h"

#include <openssl/sha.h>
#include <xxhash.h>

#include <memory>

#include "journal/base/assert.h"
#include "journal/base/numbers.h"

namespace actuary::journal::witness {
namespace {

Root sha256(BytesView bytes) {
  Root root;
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), root.data());
  return root;
}

Bytes fast_hash(const std::vector<BytesView>& pieces) {
  const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state(XXH3_createState(),
                                                                       &XXH3_freeState);
  ACTUARY_ASSERT(state != nullptr);
  XXH3_128bits_reset(state.get());
  for (const BytesView piece : pieces) {
    XXH3_128bits_update(state.get(), piece.data(), piece.size());
  }
  const XXH128_hash_t hash = XXH3_128bits_digest(state.get());
  return number_bytes(hash.high64) + number_bytes(hash.low64);
}

}  // namespace

Root chained(const Root& before, std::uint64_t position, const std::vector<BytesView>& batch) {
  Bytes bytes(reinterpret_cast<const char*>(before.data()), before.size());
  bytes += number_bytes(position) + fast_hash(batch);
  return sha256(bytes);
}

Root chain_start() { return sha256({}); }

}  // namespace actuary::journal::witness
