#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace actuary::adapters::storages {

/// Where an attempt began, as one storage sees it.
struct Boundary {
  std::uint64_t fence = 0;  ///< the commit sequence that `fence` answered
  std::uint64_t cut = 0;    ///< the last commit that belongs to earlier attempts, in this storage

  friend bool operator==(const Boundary&, const Boundary&) = default;
};

/// Past it the oldest boundary is forgotten: reading as of so old an attempt is best effort.
inline constexpr std::size_t kBoundariesMax = 256;

/// The boundaries of one storage, in the order of their cuts.
class Boundaries {
 public:
  Boundaries() = default;
  explicit Boundaries(std::vector<Boundary> all) : all_(std::move(all)) {}

  [[nodiscard]] const std::vector<Boundary>& all() const { return all_; }

  void add(Boundary boundary) {
    if (all_.size() == kBoundariesMax) all_.erase(all_.begin());
    all_.push_back(boundary);
  }

  /// Does a value written at `sequence` and superseded at `superseded` still show as of some
  /// boundary?
  [[nodiscard]] bool refer_to(std::uint64_t sequence, std::uint64_t superseded) const {
    const auto first =
        std::lower_bound(all_.begin(), all_.end(), sequence,
                         [](const Boundary& each, std::uint64_t at) { return each.cut < at; });
    return first != all_.end() && first->cut < superseded;
  }

  /// The commit up to which a read as of `sequence` sees this storage: a storage that the attempt
  /// touched later than its fence got its cut at first touch.
  [[nodiscard]] std::uint64_t cut_for(std::uint64_t sequence) const {
    const auto found = std::find_if(all_.begin(), all_.end(),
                                    [&](const Boundary& each) { return each.fence == sequence; });
    return found == all_.end() ? sequence : found->cut;
  }

 private:
  std::vector<Boundary> all_;
};

}  // namespace actuary::adapters::storages
