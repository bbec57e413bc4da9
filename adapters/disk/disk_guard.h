#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/policy/disk.h"

namespace actuary::adapters::disk {

/// A measurement is believed this long; a large write asks again.
inline constexpr std::chrono::milliseconds kFreshFor{50};
inline constexpr std::uint64_t kLargeBytes = std::uint64_t{1} << 20U;

/// Measures the file systems that DATA is on and says what may still be written. From any thread.
class DiskGuard {
 public:
  using Grade = engine::policy::DiskGrade;

  /// `folders` exist; those on one file system are measured once.
  ///
  /// units: the reserve in bytes; absent: by the size of each file system
  /// errors: kStorageFailed: a folder cannot be measured
  [[nodiscard]] static Result<std::unique_ptr<DiskGuard>> open(
      const std::vector<std::filesystem::path>& folders,
      std::optional<std::uint64_t> reserve_bytes);

  /// errors: kUnavailable, as `engine::ports::Room` says
  [[nodiscard]] Status check(engine::ports::Need need, std::uint64_t bytes);
  /// Measures now; the worst of all file systems.
  Grade refresh();
  /// What the engine answers to people now; empty when there is room.
  [[nodiscard]] std::string shortage();

  /// Of the file system that holds the first folder.
  [[nodiscard]] Status may_open();
  [[nodiscard]] bool has_room_for_ballast();
  [[nodiscard]] std::uint64_t reserve_bytes();

 private:
  struct Volume {
    std::filesystem::path folder;
    dev_t device = 0;
    engine::policy::DiskSpace space;
    engine::policy::DiskReserve reserve;
    Grade grade = Grade::kPlenty;
  };

  DiskGuard() = default;
  void measure();

  std::mutex mutex_;
  std::vector<Volume> volumes_;
  std::chrono::steady_clock::time_point measured_at_{};
};

}  // namespace actuary::adapters::disk
