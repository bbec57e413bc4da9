#include "engine/decision/reason.h"
#include "engine/run/decider.h"
#include "engine/run/on_stream.h"

/// Runs that nothing may delete, in whatever status they are.
namespace actuary::engine::run {
namespace {

Status check_reason(const std::string& reason) {
  if (reason.empty()) return fail(Code::kInvalidArgument, "a hold needs a reason");
  return decision::check_reason(reason);
}

Decision place(const Facts& facts, const PlaceHold& command) {
  TRY_VOID(check_reason(command.reason));
  if (facts.retention_hold == command.reason) return noted(facts, "PlaceHold");
  return on(facts, events::RetentionHoldPlaced{command.reason});
}

Decision lift(const Facts& facts, const LiftHold& command) {
  if (!facts.retention_hold) return noted(facts, "LiftHold");
  TRY_VOID(check_reason(command.reason));
  return on(facts, events::RetentionHoldLifted{command.reason});
}

}  // namespace

Decision decide(const Ready& s, const PlaceHold& c, const Context&) { return place(s.facts, c); }
Decision decide(const Running& s, const PlaceHold& c, const Context&) { return place(s.facts, c); }
Decision decide(const TimingOut& s, const PlaceHold& c, const Context&) {
  return place(s.facts, c);
}
Decision decide(const Aborting& s, const PlaceHold& c, const Context&) { return place(s.facts, c); }
Decision decide(const Finished& s, const PlaceHold& c, const Context&) { return place(s.facts, c); }

Decision decide(const Ready& s, const LiftHold& c, const Context&) { return lift(s.facts, c); }
Decision decide(const Running& s, const LiftHold& c, const Context&) { return lift(s.facts, c); }
Decision decide(const TimingOut& s, const LiftHold& c, const Context&) { return lift(s.facts, c); }
Decision decide(const Aborting& s, const LiftHold& c, const Context&) { return lift(s.facts, c); }
Decision decide(const Finished& s, const LiftHold& c, const Context&) { return lift(s.facts, c); }

}  // namespace actuary::engine::run
