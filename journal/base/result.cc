#include "journal/base/result.h"

namespace actuary::journal::base {

std::string_view to_string(Code code) {
  switch (code) {
    case Code::kInvalidArgument:
      return "invalid-argument";
    case Code::kInvalidTransition:
      return "invalid-transition";
    case Code::kNotFound:
      return "not-found";
    case Code::kNotUnique:
      return "not-unique";
    case Code::kVersionConflict:
      return "version-conflict";
    case Code::kUnauthenticated:
      return "unauthenticated";
    case Code::kForbidden:
      return "forbidden";
    case Code::kFenced:
      return "fenced";
    case Code::kLimitExceeded:
      return "limit-exceeded";
    case Code::kTooManyRuns:
      return "too-many-runs";
    case Code::kTooLarge:
      return "too-large";
    case Code::kUnknownBuildTag:
      return "unknown-build-tag";
    case Code::kBuildNotFinished:
      return "build-not-finished";
    case Code::kRunNotFinished:
      return "run-not-finished";
    case Code::kJobFinished:
      return "job-finished";
    case Code::kCannotRemoveRunning:
      return "cannot-remove-running";
    case Code::kDefaultBuild:
      return "default-build";
    case Code::kUnavailable:
      return "unavailable";
    case Code::kUnknown:
      return "unknown";
    case Code::kStorageFailed:
      return "storage-failed";
    case Code::kCorrupt:
      return "corrupt";
    case Code::kNewerVersion:
      return "newer-version";
    case Code::kInUse:
      return "in-use";
    case Code::kNoRuntime:
      return "no-runtime";
  }
  return "?";
}

}  // namespace actuary::journal::base
