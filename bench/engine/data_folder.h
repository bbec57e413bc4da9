#pragma once

#include <filesystem>

#include "tests/support/synthetic.h"

namespace actuary::bench {

/// What to leave out of a data folder; all of it is what an engine that was closed leaves behind.
struct DataFolder {
  std::filesystem::path data;
  tests::support::SyntheticOptions history{.archived = 1'000'000, .active = 1'000};
  bool views = true;
  bool snapshot = true;
};

/// Makes it, or what is still missing of it. Progress goes to stderr.
///
/// errors: those of the journal, the views and the snapshot
[[nodiscard]] Status make(const DataFolder& wish);

}  // namespace actuary::bench
