#include "adapters/host/backup.h"

#include <algorithm>

#include "tools/actuary/commands.h"
#include "tools/actuary/console.h"
#include "tools/actuary/engine_access.h"
#include "tools/actuary/exit_codes.h"
#include "tools/actuary/journal_access.h"

namespace actuary::tools {
namespace {

namespace fs = std::filesystem;
using adapters::client::Json;
using journal::archive::Manifest;
using journal::archive::Progress;

Progress progress_on(ProgressLine& line) {
  return [&line](std::string_view what, std::uint64_t done, std::uint64_t all) {
    line(done, all, what);
  };
}

/// A folder gets a file with a name that says what it is.
std::string file_for(const BackupArguments& arguments, std::string_view what) {
  std::error_code error;
  if (!fs::is_directory(arguments.file, error)) return arguments.file;
  std::string time =
      to_iso(std::chrono::time_point_cast<Microseconds>(std::chrono::system_clock::now()));
  std::replace(time.begin(), time.end(), ':', '-');
  return (fs::path(arguments.file) / ("actuary-" + std::string(what) + "-" + time + ".tar"))
      .string();
}

int show(const BackupArguments& arguments, const Result<Manifest>& done, const std::string& said) {
  if (!done) {
    console::error(done.error().detail);
    return done.error().code == Code::kUnavailable ? kFailed : exit_code_of(done.error());
  }
  if (arguments.json) {
    console::out(Json{{"kind", done->kind},
                      {"journalId", done->journal_id},
                      {"position", done->position},
                      {"term", done->term},
                      {"createdAt", done->created_at},
                      {"where", said}}
                     .dump() +
                 "\n");
    return kSucceeded;
  }
  console::out(said + ": journal " + done->journal_id + " up to position " +
               std::to_string(done->position) + "\n");
  return kSucceeded;
}

Timestamp now() {
  return std::chrono::time_point_cast<Microseconds>(std::chrono::system_clock::now());
}

/// Where `restore` puts things: said, never guessed.
int without_target() {
  console::error("say where to: --data NEWDIR, a folder that is empty or not there");
  return kUsage;
}

}  // namespace

int backup_command(const BackupArguments& arguments) {
  ProgressLine line("backed up");
  const std::string file = file_for(arguments, "data");
  return show(arguments,
              adapters::host::back_up(data_folder(arguments.data), file, now(), progress_on(line)),
              file);
}

int restore_command(const BackupArguments& arguments) {
  if (arguments.data.empty()) return without_target();
  ProgressLine line("restored");
  const auto done = adapters::host::restore(arguments.file, arguments.data, progress_on(line),
                                            arguments.erasures);
  if (done && done->erased_again) {
    const auto& again = *done->erased_again;
    console::note("what was erased up to position " + std::to_string(again.position) +
                  " is erased again: " + std::to_string(again.keys) + " keys of " +
                  std::to_string(again.streams) + " runs, builds and users were destroyed");
  } else if (done) {
    console::note("personal keys are those of " + done->manifest.created_at +
                  ": what was erased later can be read again; erase it once more (actuary erase), "
                  "or restore with --erasures");
  }
  return show(arguments, done.map([](const auto& restored) { return restored.manifest; }),
              arguments.data);
}

int erasures_command(const BackupArguments& arguments) {
  const auto journal =
      journal::rocks::RocksReader::open((data_folder(arguments.data) / "journal").string());
  if (!journal) return report_error(journal.error());
  const auto written = adapters::host::write_erasures(**journal, arguments.file);
  if (!written) {
    console::error(written.error().detail);
    return written.error().code == Code::kUnavailable ? kFailed : exit_code_of(written.error());
  }
  if (arguments.json) {
    console::out(Json{{"journalId", written->journal_id},
                      {"position", written->position},
                      {"erased", written->streams},
                      {"keys", written->keys},
                      {"where", arguments.file}}
                     .dump() +
                 "\n");
    return kSucceeded;
  }
  console::out(arguments.file + ": " + std::to_string(written->streams) + " erasures of journal " +
               written->journal_id + " up to position " + std::to_string(written->position) + "\n");
  return kSucceeded;
}

int journal_backup_command(const BackupArguments& arguments) {
  const auto journal =
      journal::rocks::RocksReader::open((data_folder(arguments.data) / "journal").string());
  if (!journal) return report_error(journal.error());
  ProgressLine line("backed up");
  const std::string file = file_for(arguments, "journal");
  return show(arguments,
              journal::archive::back_up_journal(**journal, file, now(), progress_on(line)), file);
}

int journal_restore_command(const BackupArguments& arguments) {
  if (arguments.data.empty()) return without_target();
  ProgressLine line("restored");
  return show(arguments,
              journal::archive::restore_journal(arguments.file, arguments.data, progress_on(line)),
              arguments.data);
}

}  // namespace actuary::tools
