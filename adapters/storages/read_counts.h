#pragma once

#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "journal/base/id.h"

namespace actuary::adapters::storages {

/// Reads since the last time they were written down. A crash loses these; nothing is decided by
/// them.
class ReadCounts {
 public:
  struct Counts {
    std::uint64_t reads = 0;
    std::uint64_t lists = 0;
  };
  using Map = std::unordered_map<StorageId, Counts>;

  void add_read(const StorageId& id) {
    const std::lock_guard lock(mutex_);
    if (has_room(id)) ++counts_[id].reads;
  }
  void add_list(const StorageId& id) {
    const std::lock_guard lock(mutex_);
    if (has_room(id)) ++counts_[id].lists;
  }
  [[nodiscard]] Counts of(const StorageId& id) const {
    const std::lock_guard lock(mutex_);
    const auto found = counts_.find(id);
    return found == counts_.end() ? Counts{} : found->second;
  }
  [[nodiscard]] Map take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(counts_, {});
  }

 private:
  static constexpr std::size_t kStoragesMax = 65'536;

  /// Past the bound new storages go uncounted until the next write takes what is here.
  [[nodiscard]] bool has_room(const StorageId& id) const {
    return counts_.size() < kStoragesMax || counts_.contains(id);
  }

  mutable std::mutex mutex_;
  Map counts_;
};

}  // namespace actuary::adapters::storages
