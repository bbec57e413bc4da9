#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "journal/base/bytes.h"

namespace actuary::tests::fuzz {

/// Bytes that somebody else may have written: good ones with a few changes, the same for a seed.
class Mutator {
 public:
  Mutator(std::vector<Bytes> good, std::uint64_t seed) : good_(std::move(good)), random_(seed) {}

  [[nodiscard]] Bytes next() {
    Bytes bytes = good_[pick(good_.size())];
    for (std::size_t changes = 1 + pick(4); changes > 0; --changes) change(bytes);
    return bytes;
  }

 private:
  std::size_t pick(std::size_t below) { return below == 0 ? 0 : random_() % below; }

  void change(Bytes& bytes) {
    const std::size_t at = pick(bytes.size());
    switch (pick(8)) {
      case 0:  // a bit
        if (!bytes.empty()) bytes[at] = static_cast<char>(bytes[at] ^ (1 << pick(8)));
        break;
      case 1:  // a byte
        if (!bytes.empty()) bytes[at] = static_cast<char>(random_());
        break;
      case 2:
        put_number(bytes, at);
        break;
      case 3:  // cut short
        bytes.resize(at);
        break;
      case 4:
        bytes.erase(at, 1 + pick(16));
        break;
      case 5:
        bytes.insert(at, bytes.substr(pick(bytes.size()), 1 + pick(64)));
        break;
      case 6:
        bytes.insert(at, 1 + pick(16), static_cast<char>(random_()));
        break;
      default: {  // a piece of another one
        const Bytes& other = good_[pick(good_.size())];
        const Bytes piece = other.substr(pick(other.size()), 1 + pick(64));
        bytes.replace(at, piece.size(), piece);
      }
    }
  }

  /// Lengths and offsets at their edges, in either order of bytes.
  void put_number(Bytes& bytes, std::size_t at) {
    static constexpr std::array<std::uint64_t, 10> kEdges{0,
                                                          1,
                                                          2,
                                                          0x7f,
                                                          0xff,
                                                          0x7fffffff,
                                                          0x80000000,
                                                          0xffffffff,
                                                          ~std::uint64_t{0} >> 1U,
                                                          ~std::uint64_t{0}};
    const std::uint64_t number = kEdges[pick(kEdges.size())];
    const std::size_t width = std::size_t{1} << pick(4);
    const bool big_endian = pick(2) == 0;
    for (std::size_t i = 0; i < width && at + i < bytes.size(); ++i) {
      const std::size_t shift = 8 * (big_endian ? width - 1 - i : i);
      bytes[at + i] = static_cast<char>(number >> shift);
    }
  }

  const std::vector<Bytes> good_;
  std::mt19937_64 random_;
};

/// `ACTUARY_FUZZ_TIMES=1000 test_fuzz` tries so many times as much, with other changes.
inline std::uint64_t times() {
  const char* text = std::getenv("ACTUARY_FUZZ_TIMES");
  return text != nullptr ? std::max(1UL, std::strtoul(text, nullptr, 10)) : 1;
}

/// Tries `count` changed inputs; `attempt` says what is wrong, or nothing. A crash is one that the
/// sanitizers or an assert tell.
template <class Attempt>
void try_many(const std::vector<Bytes>& good, std::uint64_t count, const Attempt& attempt) {
  for (const Bytes& each : good) {
    const std::string wrong = attempt(each);
    ASSERT_EQ(wrong, "") << "of an unchanged one";
  }
  Mutator mutator(good, times());
  for (std::uint64_t i = 0; i < count * times(); ++i) {
    const Bytes input = mutator.next();
    const std::string wrong = attempt(input);
    ASSERT_EQ(wrong, "") << "number " << i << ": " << to_hex(BytesView(input).substr(0, 4096));
  }
}

}  // namespace actuary::tests::fuzz
