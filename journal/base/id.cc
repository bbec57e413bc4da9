#include "journal/base/id.h"

namespace actuary::journal::base {

std::string IdSource::next_text(std::size_t length) {
  static constexpr std::string_view kAlphabet =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  static constexpr unsigned kUnbiasedBelow =
      62 * 4;  // 248: bytes above it would favour the first letters
  std::string text;
  text.reserve(length);
  std::array<std::byte, 32> random{};
  while (text.size() < length) {
    fill(random);
    for (const std::byte byte : random) {
      const auto value = std::to_integer<unsigned>(byte);
      if (value < kUnbiasedBelow && text.size() < length) text.push_back(kAlphabet[value % 62]);
    }
  }
  return text;
}

}  // namespace actuary::journal::base
