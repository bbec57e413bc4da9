#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "journal/base/bytes.h"

namespace actuary::adapters::http {

/// Undoes one Content-Encoding while the bytes arrive. It never makes more than `bytes_max` and a
/// little, however small what came in was.
class BodyDecoder {
 public:
  enum class Outcome : std::uint8_t { kFine, kTooLarge, kCorrupt };

  virtual ~BodyDecoder() = default;

  /// For `identity` (or nothing), `gzip`, `x-gzip`, `deflate`, `br`; null for every other one,
  /// lists of several too.
  [[nodiscard]] static std::unique_ptr<BodyDecoder> make(std::string_view encoding);

  /// Appends what `bytes` decode to. After anything but kFine the decoder is of no more use.
  [[nodiscard]] virtual Outcome feed(BytesView bytes, std::size_t bytes_max, std::string& out) = 0;

  /// Whether the body may end here.
  [[nodiscard]] virtual bool complete() const = 0;
};

}  // namespace actuary::adapters::http
