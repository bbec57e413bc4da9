#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/client/client.h"

namespace actuary::adapters::client {

struct RunFolder {
  std::filesystem::path folder;
  std::string input;  ///< JSON; empty: none
  std::optional<std::uint32_t> memory_mbytes;
  std::optional<std::uint32_t> timeout_secs;
};

/// What whoever waits may want to show.
struct Progress {
  std::function<void(const std::string& line)> note;       ///< a step was taken
  std::function<void(std::string_view bytes)> log;         ///< of the build, then of the run
  std::function<void(const std::string& build_id)> build;  ///< it exists now
  std::function<void(const std::string& run_id)> run;      ///< it exists now
};

struct RunReport {
  Json run;                 ///< as the API shows it when it has finished
  std::string items_jsonl;  ///< the default dataset, one JSON text a line
};

/// What `run_folder` could not do, and in which step.
struct RunFailure {
  enum class Step : std::uint8_t { kFolder, kBuild, kRun };
  Step step = Step::kRun;
  Error error;
};

/// Builds the folder as the next build of its Actor and runs it to its end. Blocking.
[[nodiscard]] tl::expected<RunReport, RunFailure> run_folder(const Client& client,
                                                             const RunFolder& wanted,
                                                             const Progress& progress);

}  // namespace actuary::adapters::client
