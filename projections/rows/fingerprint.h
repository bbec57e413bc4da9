#pragma once

#include <cstdint>
#include <string>
#include <tuple>

#include "journal/base/bytes.h"

namespace actuary::projections::rows {

/// Of a set of entries, whatever their order: the sum modulo 2^128 of each entry's XXH3-128. It
/// follows single changes, where a digest over sorted rows has to read them all.
///
/// It finds differences, it does not withstand an adversary: who may choose rows can make two sets
/// with one sum. Evidence is the journal's business.
class Fingerprint {
 public:
  void add(BytesView key, BytesView value);
  void remove(BytesView key, BytesView value);
  /// The changes of a batch, added to what was before.
  void add(const Fingerprint& change);

  /// 32 hex digits.
  [[nodiscard]] std::string hex() const;

  static constexpr auto members() {
    return std::make_tuple(&Fingerprint::high_, &Fingerprint::low_);
  }
  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;

 private:
  std::uint64_t high_ = 0;
  std::uint64_t low_ = 0;
};

}  // namespace actuary::projections::rows
