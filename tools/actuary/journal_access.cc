#include "tools/actuary/journal_access.h"

#include <utility>

#include "journal/codec/record_codec.h"
#include "journal/codec/to_json.h"
#include "tools/actuary/console.h"
#include "tools/actuary/engine_access.h"
#include "tools/actuary/exit_codes.h"

namespace actuary::tools {

namespace codec = journal::codec;

std::string journal_folder(const JournalArguments& arguments) {
  return (data_folder(arguments.data) / "journal").string();
}

Result<std::unique_ptr<journal::rocks::RocksReader>> open_journal(
    const JournalArguments& arguments) {
  // An engine beside us may remove a file just when it is opened.
  constexpr int kTriesMax = 10;
  auto opened = journal::rocks::RocksReader::open(journal_folder(arguments));
  const auto perhaps = [&] {
    return !opened &&
           (opened.error().code == Code::kCorrupt || opened.error().code == Code::kStorageFailed);
  };
  for (int i = 1; perhaps() && i < kTriesMax; ++i) {
    opened = journal::rocks::RocksReader::open(journal_folder(arguments));
  }
  return opened;
}

Status scan_json(const journal::rocks::RocksReader& journal, Position from,
                 const VisitJson& visit) {
  Status problem;
  bool told = false;
  TRY_VOID(journal.scan_stored(from, [&](Position at, BytesView stored) {
    const auto record = codec::decode_record(stored, at);
    if (record) return visit(at, codec::to_json(*record));
    const bool newer = record.error().code == Code::kNewerVersion;
    const auto outline = newer ? codec::decode_outline(stored, at) : Result<codec::Outline>();
    if (!newer || !outline || outline->is_claim()) {
      problem = tl::make_unexpected(record.error());
      return false;
    }
    if (!std::exchange(told, true))
      console::error("shown as it is stored: " + record.error().detail);
    return visit(at, codec::to_json(*outline, stored));
  }));
  return problem;
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
