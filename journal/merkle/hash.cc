// The digest objects of OpenSSL 3 cost more than hashing 65 bytes does (185 ns against 57 ns a
// block here); these functions are the same code without them.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "journal/merkle/hash.h"

#include <openssl/sha.h>

#include <algorithm>

#include "journal/base/assert.h"

namespace actuary::journal::merkle {

Hash leaf_hash(BytesView record) {
  static constexpr unsigned char kLeaf = 0;
  Hash hash;
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Update(&context, &kLeaf, 1);
  SHA256_Update(&context, record.data(), record.size());
  SHA256_Final(hash.data(), &context);
  return hash;
}

Hash node_hash(const Hash& left, const Hash& right) {
  static constexpr unsigned char kNode = 1;
  Hash hash;
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Update(&context, &kNode, 1);
  SHA256_Update(&context, left.data(), left.size());
  SHA256_Update(&context, right.data(), right.size());
  SHA256_Final(hash.data(), &context);
  return hash;
}

Hash empty_root() { return hash_at(sha256({})); }

Hash hash_at(BytesView hashes, std::size_t at) {
  ACTUARY_ASSERT(hashes.size() >= (at + 1) * kHashBytes);
  Hash hash;
  std::copy_n(hashes.begin() + static_cast<std::ptrdiff_t>(at * kHashBytes), kHashBytes,
              reinterpret_cast<char*>(hash.data()));
  return hash;
}

}  // namespace actuary::journal::merkle
