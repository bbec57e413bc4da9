#pragma once

#include "journal/base/result.h"

namespace actuary::tools {

/// What scripts branch on.
enum ExitCode : int {
  kSucceeded = 0,
  kFailed = 1,
  kTimedOut = 2,
  kAborted = 3,
  kUsage = 64,
  kBuildFailed = 65,
  kNoRuntime = 69,
  kJournalRefused = 74,
  kFolderInUse = 75,
};

/// Of an engine that could not be opened or asked.
[[nodiscard]] int exit_code_of(const Error& error);

}  // namespace actuary::tools
