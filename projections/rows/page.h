#pragma once

#include <cstdint>
#include <vector>

namespace actuary::projections::rows {

inline constexpr std::uint64_t kPageRowsMax = 1000;

enum class Order : std::uint8_t { kOldestFirst, kNewestFirst };

/// Which part of a list is wanted; a larger limit than kPageRowsMax is cut to it.
struct Paging {
  std::uint64_t offset = 0;
  std::uint64_t limit = kPageRowsMax;
  Order order = Order::kOldestFirst;
};

template <class Row>
struct Page {
  std::vector<Row> rows;
  std::uint64_t total = 0;  ///< rows that match, on this page or not
};

}  // namespace actuary::projections::rows
