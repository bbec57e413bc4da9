#include "journal/events/run.h"

namespace actuary::journal::events {

std::string_view to_string(AttemptCause cause) {
  switch (cause) {
    case AttemptCause::kFirstStart:
      return "first-start";
    case AttemptCause::kResurrection:
      return "resurrection";
    case AttemptCause::kReboot:
      return "reboot";
    case AttemptCause::kMigration:
      return "migration";
    case AttemptCause::kMetamorph:
      return "metamorph";
    case AttemptCause::kRestart:
      return "restart";
  }
  return kNoSuchEnumerator;
}

std::string_view to_string(AbortMode mode) {
  switch (mode) {
    case AbortMode::kImmediate:
      return "immediate";
    case AbortMode::kGraceful:
      return "graceful";
  }
  return kNoSuchEnumerator;
}

std::string_view to_string(Escalation step) {
  switch (step) {
    case Escalation::kKill:
      return "kill";
    case Escalation::kRemove:
      return "remove";
    case Escalation::kDeclare:
      return "declare";
  }
  return kNoSuchEnumerator;
}

std::string_view to_string(Evidence evidence) {
  switch (evidence) {
    case Evidence::kExitReport:
      return "exit-report";
    case Evidence::kProvenEmpty:
      return "proven-empty";
    case Evidence::kDeclaredLost:
      return "declared-lost";
    case Evidence::kNeverStarted:
      return "never-started";
  }
  return kNoSuchEnumerator;
}

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::kSucceeded:
      return "SUCCEEDED";
    case Outcome::kFailed:
      return "FAILED";
    case Outcome::kTimedOut:
      return "TIMED-OUT";
    case Outcome::kAborted:
      return "ABORTED";
  }
  return kNoSuchEnumerator;
}

}  // namespace actuary::journal::events
