#include <gtest/gtest.h>

#include "engine/policy/disk.h"

namespace actuary::tests {
namespace {

using namespace engine::policy;
using engine::ports::Need;

constexpr std::uint64_t kMb = kMebibyte;
constexpr DiskReserve kReserve{.bytes = 64 * kMb, .files = 100};

DiskSpace with_free(std::uint64_t mbytes, std::uint64_t files = 10'000) {
  return {mbytes * kMb, 1000 * kMb, files, 20'000};
}

DiskGrade grade(DiskGrade before, const DiskSpace& space) {
  return grade_of(before, space, kReserve);
}

TEST(DiskReserve, IsATwentiethOfTheDiskWithinBounds) {
  const auto of = [](std::uint64_t bytes, std::uint64_t files) {
    return reserve_of({.bytes_total = bytes, .files_total = files}, std::nullopt);
  };
  EXPECT_EQ(of(1000 * kMb, 4000).bytes, 50 * kMb);
  EXPECT_EQ(of(1000 * kMb, 4000).files, 200U);
  EXPECT_EQ(of(20 * kMb, 64).bytes, 16 * kMb);
  EXPECT_EQ(of(20 * kMb, 64).files, 16U);
  EXPECT_EQ(of(std::uint64_t{1} << 50U, std::uint64_t{1} << 40U).bytes, 512 * kMb);
  EXPECT_EQ(of(std::uint64_t{1} << 50U, std::uint64_t{1} << 40U).files, 1024U);
  EXPECT_EQ(reserve_of(with_free(1), 7 * kMb).bytes, 7 * kMb);
}

TEST(DiskGrade, FallsAtTheThresholds) {
  EXPECT_EQ(grade(DiskGrade::kPlenty, with_free(64)), DiskGrade::kPlenty);
  EXPECT_EQ(grade(DiskGrade::kPlenty, with_free(63)), DiskGrade::kLow);
  EXPECT_EQ(grade(DiskGrade::kPlenty, with_free(32)), DiskGrade::kLow);
  EXPECT_EQ(grade(DiskGrade::kPlenty, with_free(31)), DiskGrade::kCritical);
  EXPECT_EQ(grade(DiskGrade::kLow, with_free(0)), DiskGrade::kCritical);
}

TEST(DiskGrade, RisesOnlyAnEighthAboveAThreshold) {
  EXPECT_EQ(grade(DiskGrade::kLow, with_free(64)), DiskGrade::kLow);
  EXPECT_EQ(grade(DiskGrade::kLow, with_free(71)), DiskGrade::kLow);
  EXPECT_EQ(grade(DiskGrade::kLow, with_free(72)), DiskGrade::kPlenty);
  EXPECT_EQ(grade(DiskGrade::kCritical, with_free(35)), DiskGrade::kCritical);
  EXPECT_EQ(grade(DiskGrade::kCritical, with_free(36)), DiskGrade::kLow);
  EXPECT_EQ(grade(DiskGrade::kCritical, with_free(64)), DiskGrade::kLow);
  EXPECT_EQ(grade(DiskGrade::kCritical, with_free(72)), DiskGrade::kPlenty);
}

TEST(DiskGrade, TooFewInodesAreAFullDisk) {
  EXPECT_EQ(grade(DiskGrade::kPlenty, with_free(900, 99)), DiskGrade::kLow);
  EXPECT_EQ(grade(DiskGrade::kPlenty, with_free(900, 49)), DiskGrade::kCritical);
  const DiskSpace uncounted{900 * kMb, 1000 * kMb, 0, 0};
  EXPECT_EQ(grade(DiskGrade::kPlenty, uncounted), DiskGrade::kPlenty)
      << "a file system that makes inodes as it needs them";
}

TEST(DiskRoom, EachGradeRefusesItsNeeds) {
  const auto allowed = [](DiskGrade grade, Need need) {
    return room_for(grade, need, 0, with_free(40), kReserve).has_value();
  };
  for (const DiskGrade each : {DiskGrade::kPlenty, DiskGrade::kLow, DiskGrade::kCritical}) {
    EXPECT_TRUE(allowed(each, Need::kReport)) << "what happened is always written";
    EXPECT_EQ(allowed(each, Need::kMore), each == DiskGrade::kPlenty);
    EXPECT_EQ(allowed(each, Need::kLess), each != DiskGrade::kCritical);
  }
}

TEST(DiskRoom, SaysWhatIsShort) {
  const auto said = [](const DiskSpace& space, std::uint64_t bytes, DiskGrade grade) {
    const Status room = room_for(grade, Need::kMore, bytes, space, kReserve);
    EXPECT_EQ(room.error().code, Code::kUnavailable);
    return room.error().detail;
  };
  EXPECT_EQ(said(with_free(12), 0, DiskGrade::kLow), "disk full: 12 MB free, reserve 64 MB");
  EXPECT_EQ(said(with_free(900, 12), 0, DiskGrade::kLow),
            "disk full: 12 files (inodes) free, reserve 100");
  EXPECT_EQ(said(with_free(94), 11 * kMb, DiskGrade::kPlenty),
            "disk full: 94 MB free, reserve 64 MB, too little for another 11 MB");
}

TEST(DiskRoom, ALargeWriteMustFitAboveTheReserve) {
  const auto fits = [](std::uint64_t bytes) {
    return room_for(DiskGrade::kPlenty, Need::kMore, bytes, with_free(94), kReserve).has_value();
  };
  EXPECT_TRUE(fits(10 * kMb));
  EXPECT_FALSE(fits(10 * kMb + 1));
  EXPECT_FALSE(fits(UINT64_MAX));
}

TEST(DiskOpening, NeedsAFewMegabytesAndInodes) {
  EXPECT_TRUE(may_open(with_free(8, 8), kReserve));
  EXPECT_EQ(may_open(with_free(7), kReserve).error().detail,
            "disk full: 7 MB free, 8 MB are needed to open");
  EXPECT_EQ(may_open(with_free(8, 7), kReserve).error().detail,
            "disk full: 7 files (inodes) free, 8 are needed to open");
}

TEST(Ballast, IsMadeOnlyWhereThereIsPlenty) {
  EXPECT_TRUE(has_room_for_ballast(with_free(320), kReserve));
  EXPECT_FALSE(has_room_for_ballast(with_free(319), kReserve));
  EXPECT_FALSE(has_room_for_ballast(with_free(900, 200), kReserve));
}

}  // namespace
}  // namespace actuary::tests
