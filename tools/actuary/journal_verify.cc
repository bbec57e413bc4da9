#include "journal/verify/acknowledged.h"

#include "journal/merkle/verify_tree.h"
#include "journal/verify/stats.h"
#include "tools/actuary/commands.h"
#include "tools/actuary/console.h"
#include "tools/actuary/engine_access.h"
#include "tools/actuary/exit_codes.h"
#include "tools/actuary/journal_access.h"

namespace actuary::tools {
namespace {

using adapters::client::Json;
using journal::verify::Fault;
using journal::verify::Report;
using journal::verify::Share;

/// Position 0: of the journal as a whole, or the text says where.
int show_fault(const JournalArguments& arguments, const Fault& fault) {
  if (arguments.json) {
    Json json{{"ok", false}, {"fault", {{"position", fault.position}, {"what", fault.what}}}};
    console::out(json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
    return kFailed;
  }
  const std::string where =
      fault.position == 0 ? "" : " at position " + std::to_string(fault.position);
  console::out("damaged" + where + ": " + fault.what + "\n");
  return kFailed;
}

int show_whole(const JournalArguments& arguments, const journal::Head& head, const Report& report,
               Position witnessed) {
  if (arguments.json) {
    console::out(Json{{"ok", true},
                      {"journalId", head.id},
                      {"position", head.position},
                      {"witnessed", witnessed},
                      {"first", report.first},
                      {"records", report.records},
                      {"bytes", report.bytes},
                      {"streams", report.streams},
                      {"terms", report.terms},
                      {"unknown",
                       {{"records", report.unknown},
                        {"first", report.first_unknown},
                        {"what", report.why_unknown}}}}
                     .dump() +
                 "\n");
    return kSucceeded;
  }
  console::out("whole: " + std::to_string(report.records) + " records up to position " +
               std::to_string(head.position) + ", " + std::to_string(report.streams) +
               " streams, " + std::to_string(report.terms) + " terms, journal " + head.id + "\n");
  if (witnessed != 0) {
    console::out("nothing is missing that the witness saw, up to record " +
                 std::to_string(witnessed) + "\n");
  }
  if (report.unknown > 0) {
    console::out(std::to_string(report.unknown) +
                 " records were not understood, and nothing can be written here by this program: " +
                 report.why_unknown + "\n");
  }
  if (report.first > 1) {
    console::out("records 1 to " + std::to_string(report.first - 1) +
                 " are in archives that are not there; only their hashes were checked\n");
  }
  return kSucceeded;
}

Json json_of(const std::map<std::string_view, Share>& shares) {
  Json json = Json::object();
  for (const auto& [name, share] : shares) {
    json[std::string(name)] = {{"records", share.records}, {"bytes", share.bytes}};
  }
  return json;
}

std::string table_of(std::string_view title, const std::map<std::string_view, Share>& shares) {
  std::string text = "\n" + std::string(title) + "\n";
  for (const auto& [name, share] : shares) {
    std::string line = "  " + std::string(name);
    line.resize(std::max<std::size_t>(line.size() + 1, 26), ' ');
    line += std::to_string(share.records) + " records";
    line.resize(std::max<std::size_t>(line.size() + 1, 46), ' ');
    text += line + std::to_string(share.bytes) + " bytes\n";
  }
  return text;
}

}  // namespace

int journal_verify_command(const JournalArguments& arguments) {
  const auto opened = journal::verify::open_beside_witness(journal_folder(arguments));
  if (!opened) return report_error(opened.error());
  if (!opened->journal) return show_fault(arguments, *opened->fault);
  const journal::rocks::RocksReader& journal = *opened->journal;
  ProgressLine line("verified");
  const auto report = journal::verify::verify(
      journal, [&](std::uint64_t done, std::uint64_t all) { line(done, all); });
  if (!report) return report_error(report.error());
  if (report->fault) return show_fault(arguments, *report->fault);
  const auto told = [&](Position at) {
    line(at, journal.head().position, "hashes");
    return true;
  };
  const Status tree = journal::merkle::verify_tree(journal, told, report->first);
  if (!tree && tree.error().code != Code::kCorrupt) return report_error(tree.error());
  if (!tree) return show_fault(arguments, {0, tree.error().detail});
  // Last: what is there is whole, and something is not there.
  if (opened->fault) return show_fault(arguments, *opened->fault);
  return show_whole(arguments, journal.head(), *report, opened->witnessed);
}

int journal_stats_command(const JournalArguments& arguments) {
  const auto journal = open_journal(arguments);
  if (!journal) return report_error(journal.error());
  const auto head = (*journal)->head();
  ProgressLine line("counted");
  const auto stats =
      journal::verify::count(**journal, [&](std::uint64_t done) { line(done, head.position); });
  if (!stats) return report_error(stats.error());
  const std::uint64_t each = stats->all.records == 0 ? 0 : stats->all.bytes / stats->all.records;
  if (arguments.json) {
    console::out(Json{{"journalId", head.id},
                      {"format", head.format},
                      {"position", head.position},
                      {"records", stats->all.records},
                      {"bytes", stats->all.bytes},
                      {"bytesPerRecord", each},
                      {"streams", stats->streams},
                      {"terms", stats->terms},
                      {"commands", stats->commands},
                      {"earliest", to_iso(stats->earliest)},
                      {"latest", to_iso(stats->latest)},
                      {"byEvent", json_of(stats->by_event)},
                      {"byStream", json_of(stats->by_stream)}}
                     .dump() +
                 "\n");
    return kSucceeded;
  }
  console::out("journal  " + head.id + ", format " + std::to_string(head.format) + "\nrecords  " +
               std::to_string(stats->all.records) + "\nbytes    " +
               std::to_string(stats->all.bytes) + ", " + std::to_string(each) +
               " a record\nstreams  " + std::to_string(stats->streams) + "\nterms    " +
               std::to_string(stats->terms) + "\ncommands " + std::to_string(stats->commands) +
               "\ntime     " + to_iso(stats->earliest) + " to " + to_iso(stats->latest) + "\n" +
               table_of("by event", stats->by_event) + table_of("by stream", stats->by_stream));
  return kSucceeded;
}

}  // namespace actuary::tools
