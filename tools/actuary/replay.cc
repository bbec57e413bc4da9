#include <filesystem>
#include <memory>

#include "adapters/host/scratch.h"
#include "journal/codec/to_json.h"
#include "journal/rocks/rocks_reader.h"
#include "projections/history/moment.h"
#include "projections/rebuild/rebuild.h"
#include "tools/actuary/commands.h"
#include "tools/actuary/console.h"
#include "tools/actuary/engine_access.h"
#include "tools/actuary/exit_codes.h"
#include "tools/actuary/progress.h"

namespace actuary::tools {
namespace {

namespace fs = std::filesystem;
namespace rebuild = projections::rebuild;
using projections::runner::Views;

Result<Position> position_of(const journal::Reader& journal, const std::string& until) {
  if (until.empty()) return Position{0};
  const auto now = std::chrono::time_point_cast<Microseconds>(std::chrono::system_clock::now());
  TRY(when, projections::history::parse_when(until, now));
  TRY(moment, projections::history::find_moment(journal, when));
  return moment.position;
}

Result<rebuild::Report> replay(const ReplayArguments& arguments) {
  const fs::path data = data_folder(arguments.data);
  // The views first: a running engine writes them after the journal, so this journal has what they
  // show.
  std::unique_ptr<Views> stored;
  if (arguments.check) {
    TRY(views, Views::open_read_only((data / "views").string()));
    stored = std::move(views);
  }
  TRY(journal, journal::rocks::RocksReader::open((data / "journal").string()));
  TRY(scratch, adapters::host::Scratch::make("replay"));
  rebuild::Wish wish;
  wish.scratch = scratch.path();
  wish.stored = stored.get();
  TRY(until, position_of(*journal, arguments.until));
  wish.until = until;
  Progress progress("events");
  wish.progress = [&](Position done, Position of) {
    progress.at(done, of);
    return true;
  };
  return rebuild::replay(*journal, wish);
}

void print_divergence(const engine::replay::Divergence& found) {
  console::out("DIVERGENCE at position " + std::to_string(found.position) + ", command " +
               found.command + " [" + std::to_string(found.command_position) + "]: " + found.why +
               "\n  journal  " + found.expected + "\n  replay   " + found.got + "\n");
}

void print_comparison(const rebuild::Comparison& comparison) {
  const std::string at = " at position " + std::to_string(comparison.position);
  if (comparison.stored == comparison.rebuilt) {
    console::out("The stored views are equal" + at + ", digest " + comparison.stored + "\n");
    return;
  }
  console::out("DIVERGENCE of the stored views" + at + "\n  stored   " + comparison.stored +
               "\n  rebuilt  " + comparison.rebuilt + "\n");
  if (!comparison.difference) return;
  console::out("first row that differs: " + comparison.difference->key + "\n  stored   " +
               comparison.difference->stored + "\n  rebuilt  " + comparison.difference->rebuilt +
               "\n");
}

void print_report(const rebuild::Report& report) {
  const auto& counts = report.counts;
  console::out("Journal " + report.journal_id + ", positions 1 to " +
               std::to_string(report.position) + "\nViews    " + report.digest + "\nEvents   " +
               std::to_string(counts.events) + "\nCommands " + std::to_string(counts.commands) +
               ": " + std::to_string(counts.decided_again) + " decided again, " +
               std::to_string(counts.admissions) + " of them chosen by admission, " +
               std::to_string(counts.system) + " of the writer itself\n");
  if (counts.without_settings + counts.other_policy + counts.untold + counts.other_rules > 0) {
    console::out("Taken as they are: " + std::to_string(counts.without_settings) +
                 " without recorded settings, " + std::to_string(counts.other_policy) +
                 " by another policy version, " + std::to_string(counts.other_rules) +
                 " by older rules, " + std::to_string(counts.untold) +
                 " records without a command\n");
  }
  if (report.comparison) print_comparison(*report.comparison);
  if (report.divergence) print_divergence(*report.divergence);
}

}  // namespace

int replay_command(const ReplayArguments& arguments) {
  const auto report = replay(arguments);
  if (!report) {
    console::error(report.error().detail);
    return exit_code_of(report.error());
  }
  if (arguments.json) {
    console::out(journal::codec::to_json(*report) + "\n");
  } else {
    print_report(*report);
  }
  return report->equal() ? kSucceeded : kFailed;
}

}  // namespace actuary::tools
