#include "engine/policy/clock_trust.h"

#include "tests/engine/given.h"

namespace actuary::tests {
namespace {

using engine::policy::clock_trust;
using engine::policy::ClockEvidence;
using engine::policy::ClockTrust;

constexpr Seconds kHour{3600};
constexpr Seconds kADay = 24 * kHour;
constexpr Timestamp kBelieved{Seconds{1'700'000'000}};

/// An engine that began `away` after a time that was believed.
ClockEvidence away(Seconds away) { return {kBelieved, {kBelieved + away, kHour, 7}, false}; }

TEST(ClockTrust, BelievesAnEngineThatWasAwayForLessThanAWeek) {
  const ClockEvidence week = away(7 * kADay);
  EXPECT_EQ(clock_trust(week, week.begin), ClockTrust::kBelieved);
}

TEST(ClockTrust, AClockThatIsTenYearsAheadAtStartDeletesNothing) {
  const ClockEvidence years = away(3'650 * kADay);
  EXPECT_EQ(clock_trust(years, years.begin), ClockTrust::kUnproven);
  EXPECT_EQ(clock_trust(years, years.begin + (kADay - Seconds{1})), ClockTrust::kUnproven);
}

TEST(ClockTrust, ADayOfRunningOrAnOperatorIsASecondOpinion) {
  ClockEvidence years = away(3'650 * kADay);
  EXPECT_EQ(clock_trust(years, years.begin + kADay), ClockTrust::kBelieved);
  years.vouched = true;
  EXPECT_EQ(clock_trust(years, years.begin), ClockTrust::kBelieved);
}

TEST(ClockTrust, AJumpWhileTheEngineRunsIsSeenAgainstTheBootClockWhoeverVouches) {
  ClockEvidence now = away(kHour);
  now.vouched = true;
  const Instant begin = now.begin;
  EXPECT_EQ(clock_trust(now, {begin.utc + kADay, begin.boot, 7}), ClockTrust::kLeapt);
  EXPECT_EQ(clock_trust(now, {begin.utc - kADay, begin.boot, 7}), ClockTrust::kLeapt);
  EXPECT_EQ(clock_trust(now, {begin.utc + kHour, begin.boot, 7}), ClockTrust::kBelieved);
}

TEST(ClockTrust, ANewFolderHasNothingToCompareWith) {
  ClockEvidence fresh = away(3'650 * kADay);
  fresh.believed.reset();
  EXPECT_EQ(clock_trust(fresh, fresh.begin), ClockTrust::kBelieved);
}

}  // namespace
}  // namespace actuary::tests
