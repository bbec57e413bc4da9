#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "journal/base/id.h"
#include "journal/base/time.h"

namespace actuary::tests::support {

/// SplitMix64: small, and the same numbers from the same seed with every compiler.
class SimRandom final : public IdSource {
 public:
  explicit SimRandom(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next_number() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
  }
  /// From 0 to `end` - 1.
  std::uint64_t below(std::uint64_t end) { return next_number() % end; }
  bool chance(std::uint64_t percent) { return below(100) < percent; }
  Microseconds between(Microseconds low, Microseconds high) {
    const auto width = static_cast<std::uint64_t>((high - low).count()) + 1;
    return low + Microseconds{below(width)};
  }
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[below(from.size())];
  }

  void fill(std::span<std::byte> random) override {
    for (std::byte& each : random) each = static_cast<std::byte>(next_number());
  }

 private:
  std::uint64_t state_;
};

}  // namespace actuary::tests::support
