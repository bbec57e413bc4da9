#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/simulation/world.h"

namespace actuary::tests::simulation {

/// What containers write into their runs' key-value stores, and what must be there in the end: the
/// last bytes that were acknowledged, whatever became of the run in between, and never those of a
/// container that had been replaced.
class Contents {
 public:
  explicit Contents(World& world) : world_(world) {}

  /// The container writes other bytes than ever before.
  void write(const engine::ports::ContainerKey& key, const StorageId& store);
  /// Complains to the world's checker about every store that is not as it must be.
  void check();
  [[nodiscard]] std::uint64_t acknowledged() const { return acknowledged_; }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

 private:
  struct Store {
    RunId run_id;
    std::vector<std::string> may_hold{""};  ///< acknowledged last, then what nobody answered
    Position newest = 0;                    ///< epoch of whoever was acknowledged
  };

  void answered(const StorageId& id, const std::string& value, Position epoch, const Status& done);

  World& world_;
  std::map<StorageId, Store> stores_;
  std::uint64_t count_ = 0;
  std::uint64_t acknowledged_ = 0;
  std::uint64_t refused_ = 0;
};

}  // namespace actuary::tests::simulation
