#pragma once

#include <string>
#include <string_view>

#include "journal/base/bytes.h"
#include "journal/base/result.h"

namespace actuary::engine::ports {

/// Immutable bytes by their SHA-256: build sources. Written durably before an event refers to them.
class Blobs {
 public:
  virtual ~Blobs() = default;

  /// Answers the digest, 64 hex digits.
  [[nodiscard]] virtual Result<std::string> put(BytesView bytes) = 0;
  /// errors: kNotFound; kCorrupt: the bytes no longer match their digest
  [[nodiscard]] virtual Result<Bytes> get(std::string_view digest) = 0;
};

}  // namespace actuary::engine::ports
