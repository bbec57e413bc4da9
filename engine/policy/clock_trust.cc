#include "engine/policy/clock_trust.h"

namespace actuary::engine::policy {

ClockTrust clock_trust(const ClockEvidence& evidence, const Instant& now) {
  const Instant& begin = evidence.begin;
  const Microseconds observed = now.boot - begin.boot;
  const Microseconds drift = (now.utc - begin.utc) - observed;
  if (drift > kClockDriftMax || drift < -Microseconds{kClockDriftMax}) return ClockTrust::kLeapt;
  const bool away = evidence.believed && begin.utc - *evidence.believed > Microseconds{kAwayMax};
  if (away && !evidence.vouched && observed < Microseconds{kObservedMin}) {
    return ClockTrust::kUnproven;
  }
  return ClockTrust::kBelieved;
}

}  // namespace actuary::engine::policy
