#pragma once

#include <cstdint>
#include <optional>

#include "engine/ports/room.h"

/// What is still written when a disk runs full. Pure: the figures come in, nothing is measured
/// here.
///
///     plenty     everything
///     low        what ends or deletes something, and reports: free < reserve
///     critical   reports alone: free < reserve / 2
namespace actuary::engine::policy {

/// One file system, as it was measured.
struct DiskSpace {
  std::uint64_t bytes_free = 0;
  std::uint64_t bytes_total = 0;
  std::uint64_t files_free = 0;
  std::uint64_t files_total = 0;  ///< 0: this file system makes inodes as it needs them
};

/// What is kept for events that must not be lost.
struct DiskReserve {
  std::uint64_t bytes = 0;
  std::uint64_t files = 0;
};

enum class DiskGrade : std::uint8_t { kPlenty, kLow, kCritical };

inline constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20U;
inline constexpr std::uint64_t kReserveBytesMin = 16 * kMebibyte;
inline constexpr std::uint64_t kReserveBytesMax = 512 * kMebibyte;
inline constexpr std::uint64_t kReserveFilesMin = 16;
inline constexpr std::uint64_t kReserveFilesMax = 1024;
/// A database writes what it is given to its log, to a table and once more when tables are merged.
inline constexpr std::uint64_t kWritesPerByte = 3;
/// Made only where this much of its size is free above the reserve.
inline constexpr std::uint64_t kBallastBytes = 64 * kMebibyte;
inline constexpr std::uint64_t kBallastPlenty = 4;

/// A twentieth of the file system within bounds, unless `bytes` says otherwise.
[[nodiscard]] DiskReserve reserve_of(const DiskSpace& space, std::optional<std::uint64_t> bytes);

/// Worse at once; better only when an eighth more than the threshold is free, so that it does not
/// flutter.
[[nodiscard]] DiskGrade grade_of(DiskGrade before, const DiskSpace& space,
                                 const DiskReserve& reserve);

/// errors: kUnavailable, naming what is free and what is kept
[[nodiscard]] Status room_for(DiskGrade grade, ports::Need need, std::uint64_t bytes,
                              const DiskSpace& space, const DiskReserve& reserve);

/// Whether databases can be opened at all: below this, recovery may not even end its own log.
///
/// errors: kStorageFailed, naming what is free and what is needed
[[nodiscard]] Status may_open(const DiskSpace& space, const DiskReserve& reserve);

[[nodiscard]] bool has_room_for_ballast(const DiskSpace& space, const DiskReserve& reserve);

}  // namespace actuary::engine::policy
