#include <CLI/CLI.hpp>
#include <memory>

#include "tools/actuary/command_line.h"
#include "tools/actuary/commands.h"

namespace actuary::tools {
namespace {

using SharedJournal = std::shared_ptr<JournalArguments>;

CLI::App* add(CLI::App* journal, const char* name, const char* what, const SharedJournal& arguments,
              Choice& choice, int (*command)(const JournalArguments&)) {
  CLI::App* added = journal->add_subcommand(name, what);
  added->add_option("--data", arguments->data, kDataHelp);
  added->add_flag("--json", arguments->json, "For programs: JSON, one document a line");
  added->callback([&choice, arguments, command] {
    choice = [arguments, command] { return command(*arguments); };
  });
  return added;
}

void add_tail(CLI::App* journal, const SharedJournal& arguments, Choice& choice) {
  CLI::App* tail = add(journal, "tail", "Show the newest events, and go on with --follow",
                       arguments, choice, journal_tail_command);
  tail->add_flag("-f,--follow", arguments->follow,
                 "Wait for more until interrupted; loses nothing");
  tail->add_option("-n,--lines", arguments->lines, "How many of the newest (default: 10)");
  tail->add_option("--from", arguments->from, "From this position on instead");
  tail->add_option("--run", arguments->run, "Only what is about this run, build, Actor or storage");
  tail->footer("Example: actuary journal tail -f --run HG7ML7M8z78YcAPEB --json");
}

void add_show(CLI::App* journal, const SharedJournal& arguments, Choice& choice) {
  CLI::App* show =
      add(journal, "show", "Show whole records", arguments, choice, journal_show_command);
  show->add_option("POSITION", arguments->range, "12, or a range 12..20")->required();
  show->footer("Example: actuary journal show 12..20 --json");
}

void add_export(CLI::App* journal, const SharedJournal& arguments, Choice& choice) {
  CLI::App* exporter = add(journal, "export", "Write records as JSON lines", arguments, choice,
                           journal_export_command);
  exporter->add_option(
      "-o,--output", arguments->output,
      "FILE; one that an interrupted export left is continued, whatever --from says");
  exporter->add_option("--from", arguments->from, "First position (default: the first there is)");
  exporter->add_option("--to", arguments->to, "Last position (default: the head)");
  exporter->footer(
      "A file is checked against the journal before it is continued, and synced at the end.\n\n"
      "Example: actuary journal export -o events.jsonl");
}

void add_stats_and_verify(CLI::App* journal, const SharedJournal& arguments, Choice& choice) {
  add(journal, "stats", "Count records, bytes, streams and terms", arguments, choice,
      journal_stats_command)
      ->footer("Example: actuary journal stats");
  add(journal, "verify", "Walk the whole journal and name the first thing that is wrong", arguments,
      choice, journal_verify_command)
      ->footer(
          "Checks every record's checksum and structure, positions, versions, causes, epochs,\n"
          "terms, the index of streams and the Merkle tree; and names what the witness saw\n"
          "acknowledged and the journal has no more.\n"
          "Exit codes: 0 whole, 1 damaged or incomplete, 64 there is no journal.\n\n"
          "Example: actuary journal verify --data /srv/actuary");
}

void add_archive(CLI::App* journal, Choice& choice) {
  const auto arguments = std::make_shared<ArchiveArguments>();
  CLI::App* archive =
      journal->add_subcommand("archive", "Move the oldest records into a file, proofs and all");
  archive->add_option("DATA", arguments->data, kDataHelp);
  archive->add_option("--data", arguments->data, kDataHelp);
  archive
      ->add_option("--before", arguments->before,
                   "Position, time (2026-11-22T10:00:00Z) or age (-90d); what is there stays")
      ->required();
  archive->add_option("-o,--output", arguments->file,
                      "FILE (default: DATA/journal/archive/records-FIRST-LAST.tar)");
  archive->add_flag("--json", arguments->json, "For programs: JSON, one document a line");
  archive->footer(
      "With the engine stopped. The file is written, synced and compared with the journal before\n"
      "anything is deleted. Hashes stay, so every proof still verifies. Whatever needs an "
      "archived\n"
      "record reads it from FILE; without FILE it says so, and the engine still starts from its\n"
      "snapshot. Only whole tiles of 256 records before the newest snapshot are moved.\n"
      "Exit codes: 0 done, 1 the file cannot be written, 64 nothing may be moved, and why,\n"
      "74 the journal was refused, 75 an engine is running.\n\n"
      "Example: actuary journal archive /srv/actuary --before -90d -o /mnt/old/2026-08.tar");
  archive->callback([&choice, arguments] {
    choice = [arguments] { return journal_archive_command(*arguments); };
  });
}

}  // namespace

void add_journal(CLI::App& app, Choice& choice) {
  const auto arguments = std::make_shared<JournalArguments>();
  CLI::App* journal = app.add_subcommand("journal", "Look into the journal, follow it, check it");
  journal->require_subcommand(1);
  journal->footer(
      "All but restore and archive lock and change nothing, and an engine may be running.\n\n"
      "Example: actuary journal verify");
  add_tail(journal, arguments, choice);
  add_show(journal, arguments, choice);
  add_export(journal, arguments, choice);
  add_stats_and_verify(journal, arguments, choice);
  add_journal_backup(*journal, choice);
  add_archive(journal, choice);
}

}  // namespace actuary::tools
