#include <CLI/CLI.hpp>
#include <memory>

#include "tools/actuary/command_line.h"
#include "tools/actuary/commands.h"

namespace actuary::tools {
namespace {

using Command = int (*)(const BackupArguments&);

CLI::App* add(CLI::App& parent, const char* name, const char* what, Choice& choice,
              Command command) {
  const auto arguments = std::make_shared<BackupArguments>();
  CLI::App* added = parent.add_subcommand(name, what);
  const bool restores = std::string_view(name) == "restore";
  if (restores) {
    added->add_option("FILE", arguments->file, "The backup")->required();
    added->add_option("--data", arguments->data, "NEWDIR: empty, or not there")->required();
    if (command == restore_command) {
      added->add_option("--erasures", arguments->erasures,
                        "A list of what was erased (actuary erasures): erased again at once");
    }
  } else {
    added->add_option("-o,--output", arguments->file, "FILE, or a folder to put it into")
        ->required();
    added->add_option("--data", arguments->data, kDataHelp);
  }
  added->add_flag("--json", arguments->json, "What was done as one line of JSON");
  added->callback([&choice, arguments, command] {
    choice = [arguments, command] { return command(*arguments); };
  });
  return added;
}

}  // namespace

void add_backup(CLI::App& app, Choice& choice) {
  add(app, "backup", "Back up a data folder, also while its engine runs", choice, backup_command)
      ->footer(
          "One tar file, there whole or not at all. In it: the journal, the contents of storages,\n"
          "logs, build sources, keys (keep the file as safe as those), the address.\n"
          "Not in it: views (made again from the journal), images (build the Actor again), and\n"
          "containers. Everything is as of one position of the journal; what is deleted while the\n"
          "backup is made is still in it. Nothing is stopped. Records in archives are read from\n"
          "them and are in it, too: while one is not there, the error names it and its place.\n\n"
          "Example: actuary backup -o /backups");
  add(app, "restore", "Make a data folder from a backup", choice, restore_command)
      ->footer(
          "NEWDIR appears whole, every checksum compared, or not at all.\n"
          "Runs that were alive are found gone by the next start, and end as such; the containers\n"
          "of the original are never taken for NEWDIR's. What was erased after the backup was "
          "made\n"
          "comes back with it and can be read again, unless --erasures names a list of it: then "
          "its\n"
          "keys are destroyed before NEWDIR appears. Without one, erase once more (actuary "
          "erase).\n\n"
          "Exit codes: 0 done, 1 not done, 64 NEWDIR is not empty or the list is not there or of\n"
          "another journal, 74 the backup or the list is damaged\n\n"
          "Example: actuary restore /backups/actuary-data-2026-11-25.tar --data /srv/actuary "
          "--erasures /backups/erasures");
  add(app, "erasures", "List what was erased, for restores of older backups", choice,
      erasures_command)
      ->footer(
          "A backup has the keys of its time, so a restore brings back what was erased after it.\n"
          "Keep the newest such list beside the backups and hand it to restore. It holds ids and\n"
          "numbers of keys, nothing that anybody could read; the file is replaced. Also while an\n"
          "engine runs.\n\n"
          "Exit codes: 0 written, 1 not written, 64 no journal, 74 the journal was refused\n\n"
          "Example: actuary erasures -o /backups/erasures");
}

void add_journal_backup(CLI::App& journal, Choice& choice) {
  add(journal, "backup", "Back up the journal alone, also while an engine runs", choice,
      journal_backup_command)
      ->footer("Example: actuary journal backup -o journal.tar");
  add(journal, "restore", "Make a folder with the journal of a backup, and nothing else", choice,
      journal_restore_command)
      ->footer(
          "For audits: verify, show, export and replay work on it.\n\n"
          "Example: actuary journal restore journal.tar --data /tmp/audit");
}

}  // namespace actuary::tools
