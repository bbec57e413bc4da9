#include "tools/actuary/journal_access.h"

#include "tools/actuary/console.h"
#include "tools/actuary/engine_access.h"
#include "tools/actuary/exit_codes.h"

namespace actuary::tools {

std::string journal_folder(const JournalArguments& arguments) {
  return (data_folder(arguments.data) / "journal").string();
}

Result<std::unique_ptr<journal::rocks::RocksReader>> open_journal(
    const JournalArguments& arguments) {
  return journal::rocks::RocksReader::open(journal_folder(arguments));
}

int report_error(const Error& error) {
  console::error(error.detail);
  return exit_code_of(error);
}

void ProgressLine::operator()(std::uint64_t done, std::uint64_t all, std::string_view things) {
  const auto now = std::chrono::steady_clock::now();
  if (now - last_ < std::chrono::seconds{2}) return;
  last_ = now;
  console::note(what_ + " " + std::to_string(done) + " of " + std::to_string(all) + " " +
                std::string(things));
}

}  // namespace actuary::tools
