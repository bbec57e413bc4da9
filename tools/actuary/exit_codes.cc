#include "tools/actuary/exit_codes.h"

namespace actuary::tools {

int exit_code_of(const Error& error) {
  switch (error.code) {
    case Code::kInUse:
      return kFolderInUse;
    case Code::kNoRuntime:
      return kNoRuntime;
    case Code::kCorrupt:
    case Code::kNewerVersion:
    case Code::kStorageFailed:
      return kJournalRefused;
    case Code::kInvalidArgument:
    case Code::kNotFound:
    case Code::kTooLarge:
      return kUsage;
    case Code::kInvalidTransition:
    case Code::kNotUnique:
    case Code::kVersionConflict:
    case Code::kUnauthenticated:
    case Code::kForbidden:
    case Code::kFenced:
    case Code::kLimitExceeded:
    case Code::kTooManyRuns:
    case Code::kUnknownBuildTag:
    case Code::kBuildNotFinished:
    case Code::kRunNotFinished:
    case Code::kJobFinished:
    case Code::kCannotRemoveRunning:
    case Code::kDefaultBuild:
    case Code::kUnavailable:
    case Code::kUnknown:
      return kFailed;
  }
  return kFailed;
}

}  // namespace actuary::tools
