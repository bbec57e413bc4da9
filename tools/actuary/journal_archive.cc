#include <algorithm>
#include <chrono>
#include <filesystem>

#include "journal/archive/seal.h"
#include "projections/history/moment.h"
#include "projections/snapshot/snapshot.h"
#include "tools/actuary/commands.h"
#include "tools/actuary/console.h"
#include "tools/actuary/engine_access.h"
#include "tools/actuary/exit_codes.h"
#include "tools/actuary/journal_access.h"

namespace actuary::tools {
namespace {

namespace fs = std::filesystem;
namespace archive = journal::archive;
namespace history = projections::history;
namespace snapshot = projections::snapshot;
using journal::rocks::RocksJournal;

Timestamp now() {
  return std::chrono::time_point_cast<Microseconds>(std::chrono::system_clock::now());
}

/// The first position that shall stay.
Result<Position> resolve(const RocksJournal& journal, const std::string& before) {
  TRY(when, history::parse_when(before, now()));
  if (const auto* position = std::get_if<Position>(&when)) return *position;
  TRY(moment, history::find_moment(journal, when));
  return moment.position + 1;
}

/// The position of the snapshot that the next start will begin with.
Result<Position> snapshot_position(const fs::path& data, const RocksJournal& journal) {
  const snapshot::Loaded loaded = snapshot::load(data / "views" / snapshot::kFileName, journal, {});
  if (loaded.image) return loaded.image->position;
  return fail(Code::kInvalidArgument,
              "there is no snapshot that a start could begin with, so the engine needs every "
              "record" +
                  (loaded.note.empty() ? "" : " (" + loaded.note + ")") +
                  ": start the engine and stop it, and try again");
}

Result<Position> last_to_move(const fs::path& data, const RocksJournal& journal, Position before) {
  TRY(from_snapshot, snapshot_position(data, journal));
  const Position last = archive::last_to_archive(journal, std::min(before, from_snapshot));
  const journal::Head head = journal.head();
  if (last >= head.first) return last;
  const std::string why = before > from_snapshot
                              ? "the newest snapshot is at position " +
                                    std::to_string(from_snapshot) +
                                    ", and what comes after it is needed by the next start"
                              : "records are moved by 256, whole tiles of the tree";
  return fail(Code::kInvalidArgument, "nothing can be moved before position " +
                                          std::to_string(before) + ": the journal has records " +
                                          std::to_string(head.first) + " to " +
                                          std::to_string(head.position) + ", and " + why);
}

struct Moved {
  archive::Manifest manifest;
  std::string file;
};

Result<Moved> move(const ArchiveArguments& arguments) {
  const fs::path data = data_folder(arguments.data);
  const std::string folder = (data / "journal").string();
  TRY(journal, RocksJournal::open({.path = folder, .create_if_missing = false}));
  TRY(before, resolve(*journal, arguments.before));
  TRY(last, last_to_move(data, *journal, before));
  std::string file = arguments.file;
  if (file.empty()) {
    const fs::path kept = fs::path(folder) / "archive";
    std::error_code error;
    fs::create_directories(kept, error);
    if (error) return fail(Code::kUnavailable, kept.string() + ": " + error.message());
    file = kept / ("records-" + std::to_string(journal->head().first) + "-" + std::to_string(last) +
                   ".tar");
  }
  ProgressLine line("archived");
  TRY(manifest, archive::move_to_archive(*journal, last, file, now(),
                                         [&](std::string_view what, std::uint64_t done,
                                             std::uint64_t all) { line(done, all, what); }));
  return Moved{std::move(manifest), std::move(file)};
}

}  // namespace

int journal_archive_command(const ArchiveArguments& arguments) {
  const auto moved = move(arguments);
  if (!moved) return report_error(moved.error());
  const archive::Manifest& manifest = moved->manifest;
  if (arguments.json) {
    console::out(adapters::client::Json{{"journalId", manifest.journal_id},
                                        {"first", manifest.first},
                                        {"last", manifest.position},
                                        {"where", moved->file}}
                     .dump() +
                 "\n");
    return kSucceeded;
  }
  console::out("records " + std::to_string(manifest.first) + " to " +
               std::to_string(manifest.position) + " are in " + moved->file +
               " and no more in the journal; keep the file\n");
  return kSucceeded;
}

}  // namespace actuary::tools
