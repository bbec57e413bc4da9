#include "engine/policy/disk.h"

#include <algorithm>
#include <string>

namespace actuary::engine::policy {
namespace {

constexpr std::uint64_t kOpenBytesMin = 4 * kMebibyte;
constexpr std::uint64_t kOpenFilesMin = 8;

bool counts_files(const DiskSpace& space) { return space.files_total > 0; }

/// Whether less is free than a `part`th of the reserve, with a `margin`th on top.
bool is_below(const DiskSpace& space, const DiskReserve& reserve, std::uint64_t part,
              bool with_margin) {
  const auto threshold = [&](std::uint64_t whole) {
    const std::uint64_t plain = whole / part;
    return with_margin ? plain + plain / 8 : plain;
  };
  return space.bytes_free < threshold(reserve.bytes) ||
         (counts_files(space) && space.files_free < threshold(reserve.files));
}

DiskGrade grade_with(const DiskSpace& space, const DiskReserve& reserve, bool with_margin) {
  if (is_below(space, reserve, 2, with_margin)) return DiskGrade::kCritical;
  return is_below(space, reserve, 1, with_margin) ? DiskGrade::kLow : DiskGrade::kPlenty;
}

std::string mbytes(std::uint64_t bytes) { return std::to_string(bytes / kMebibyte) + " MB"; }

/// Which of the two is short is what people need to know.
std::string shortage(const DiskSpace& space, const DiskReserve& reserve) {
  if (counts_files(space) && space.files_free < reserve.files + reserve.files / 8 &&
      space.bytes_free >= reserve.bytes) {
    return "disk full: " + std::to_string(space.files_free) + " files (inodes) free, reserve " +
           std::to_string(reserve.files);
  }
  return "disk full: " + mbytes(space.bytes_free) + " free, reserve " + mbytes(reserve.bytes);
}

}  // namespace

DiskReserve reserve_of(const DiskSpace& space, std::optional<std::uint64_t> bytes) {
  return {bytes.value_or(std::clamp(space.bytes_total / 20, kReserveBytesMin, kReserveBytesMax)),
          std::clamp(space.files_total / 20, kReserveFilesMin, kReserveFilesMax)};
}

DiskGrade grade_of(DiskGrade before, const DiskSpace& space, const DiskReserve& reserve) {
  const DiskGrade plain = grade_with(space, reserve, false);
  // Better than before only where the margin says so, too; never better than it was otherwise.
  return plain >= before ? plain : std::min(before, grade_with(space, reserve, true));
}

Status room_for(DiskGrade grade, ports::Need need, std::uint64_t bytes, const DiskSpace& space,
                const DiskReserve& reserve) {
  if (need == ports::Need::kReport) return {};
  if (need == ports::Need::kLess && grade != DiskGrade::kCritical) return {};
  if (grade != DiskGrade::kPlenty) return fail(Code::kUnavailable, shortage(space, reserve));
  const std::uint64_t above = space.bytes_free - std::min(space.bytes_free, reserve.bytes);
  if (bytes <= above / kWritesPerByte) return {};
  return fail(Code::kUnavailable,
              shortage(space, reserve) + ", too little for another " + mbytes(bytes));
}

Status may_open(const DiskSpace& space, const DiskReserve& reserve) {
  const std::uint64_t bytes = std::max(reserve.bytes / 8, kOpenBytesMin);
  if (space.bytes_free < bytes) {
    return fail(Code::kStorageFailed, "disk full: " + mbytes(space.bytes_free) + " free, " +
                                          mbytes(bytes) + " are needed to open");
  }
  if (counts_files(space) && space.files_free < kOpenFilesMin) {
    return fail(Code::kStorageFailed, "disk full: " + std::to_string(space.files_free) +
                                          " files (inodes) free, " + std::to_string(kOpenFilesMin) +
                                          " are needed to open");
  }
  return {};
}

bool has_room_for_ballast(const DiskSpace& space, const DiskReserve& reserve) {
  return space.bytes_free >= reserve.bytes + kBallastPlenty * kBallastBytes &&
         (!counts_files(space) || space.files_free > 2 * reserve.files);
}

}  // namespace actuary::engine::policy
