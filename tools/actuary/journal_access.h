#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
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
/// Visits records from `from` on as lines of JSON, until `visit` returns false. What a newer
/// program wrote and this one cannot read is visited as it is stored, and said once on stderr.
///
/// errors: kCorrupt, kNewerVersion: a writer asks for a newer reader; both name the position
using VisitJson = std::function<bool(Position position, const std::string& json)>;
[[nodiscard]] Status scan_json(const journal::rocks::RocksReader& journal, Position from,
                               const VisitJson& visit);
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
