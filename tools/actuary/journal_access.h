#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "journal/rocks/rocks_reader.h"
#include "tools/actuary/commands.h"

namespace actuary::tools {

/// DATA/journal.
[[nodiscard]] std::string journal_folder(const JournalArguments& arguments);
/// The journal of the command's DATA folder, to look at.
[[nodiscard]] Result<std::unique_ptr<journal::rocks::RocksReader>> open_journal(
    const JournalArguments& arguments);
/// Says what is wrong; the exit code.
[[nodiscard]] int report_error(const Error& error);

/// One line on stderr now and then, so that long work shows that it goes on.
class ProgressLine {
 public:
  explicit ProgressLine(std::string what) : what_(std::move(what)) {}
  void operator()(std::uint64_t done, std::uint64_t all, std::string_view things = "records");

 private:
  const std::string what_;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

}  // namespace actuary::tools
