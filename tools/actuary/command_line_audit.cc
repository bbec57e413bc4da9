#include <CLI/CLI.hpp>
#include <memory>

#include "tools/actuary/command_line.h"
#include "tools/actuary/commands.h"

namespace actuary::tools {
namespace {

using SharedAudit = std::shared_ptr<AuditArguments>;

void add_key(CLI::App& audit, Choice& choice, const SharedAudit& arguments) {
  CLI::App* key =
      audit.add_subcommand("key", "Print the key that this folder's proofs verify with");
  key->footer(
      "Give it to whoever is to verify, over another way than the proofs.\n\n"
      "Example: actuary audit key > audit.vkey");
  key->add_option("--data", arguments->data, kDataHelp);
  key->callback(
      [&choice, arguments] { choice = [arguments] { return audit_key_command(*arguments); }; });
}

void add_checkpoint(CLI::App& audit, Choice& choice, const SharedAudit& arguments) {
  CLI::App* checkpoint =
      audit.add_subcommand("checkpoint", "Print the newest signed checkpoint of the journal");
  checkpoint->footer(
      "Copy it off this host, often: whoever changes the journal later cannot change the copy.\n"
      "From the running engine, else the last one that it signed.\n\n"
      "Example: actuary audit checkpoint -o /mnt/elsewhere/$(date +%F).checkpoint");
  checkpoint->add_option("-o,--output", arguments->out, "File to write (else stdout)");
  checkpoint->add_option("--data", arguments->data, kDataHelp);
  checkpoint->callback([&choice, arguments] {
    choice = [arguments] { return audit_checkpoint_command(*arguments); };
  });
}

void add_prove(CLI::App& audit, Choice& choice, const SharedAudit& arguments) {
  CLI::App* prove = audit.add_subcommand(
      "prove", "Write a run's whole history, with proofs, into one file that stands alone");
  prove->footer(
      "The file holds the records, their proofs and a signed checkpoint; verifying it needs no\n"
      "data folder. Works beside a running engine and on a closed folder.\n\n"
      "Exit codes: 0 written, 1 not covered by a checkpoint yet, 64 no such run, 74 damaged\n\n"
      "Example: actuary audit prove HG7ML7M8z78YcAPEB -o run.proof --since last-week.checkpoint");
  prove->add_option("RUN", arguments->run, "Id of a run, build or Actor")->required();
  prove->add_option("-o,--output", arguments->out, "File to write")->required();
  prove->add_option("--since", arguments->checkpoint,
                    "File with an earlier checkpoint: also prove that nothing before it changed");
  prove->add_option("--data", arguments->data, kDataHelp);
  prove->callback(
      [&choice, arguments] { choice = [arguments] { return audit_prove_command(*arguments); }; });
}

void add_verify(CLI::App& audit, Choice& choice, const SharedAudit& arguments) {
  CLI::App* verify =
      audit.add_subcommand("verify", "Check a proof file; needs nothing but the file");
  verify->footer(
      "Without --key the key that the file names is used: then compare it with the one you know.\n"
      "tools/audit-verify does the same without this program.\n\n"
      "Exit codes: 0 proven, 1 not proven, 64 usage\n\n"
      "Example: actuary audit verify run.proof --key audit.vkey --checkpoint last-week.checkpoint");
  verify->add_option("FILE", arguments->file, "The proof file")->required();
  verify->add_option("--key", arguments->key, "The log's key, or a file with it");
  verify->add_option("--checkpoint", arguments->checkpoint,
                     "File with an earlier checkpoint that the file must be consistent with");
  verify->add_flag("--json", arguments->json, "What was verified, as JSON");
  verify->callback(
      [&choice, arguments] { choice = [arguments] { return audit_verify_command(*arguments); }; });
}

void add_compare(CLI::App& audit, Choice& choice, const SharedAudit& arguments) {
  CLI::App* compare = audit.add_subcommand(
      "compare", "Prove that the journal extends an earlier checkpoint or another data folder");
  compare->footer(
      "Finds a journal that was rolled back, lost records, or was rewritten.\n\n"
      "Exit codes: 0 the same or extended, 1 older or forked, 64 usage, 74 damaged\n\n"
      "Example: actuary audit compare /mnt/elsewhere/2026-11-22.checkpoint");
  compare->add_option("OLD", arguments->old, "An earlier checkpoint, or another data folder")
      ->required();
  compare->add_option("--key", arguments->key,
                      "The log's key, or a file with it (else the folder's)");
  compare->add_option("--data", arguments->data, kDataHelp);
  compare->add_flag("--json", arguments->json, "The comparison as JSON");
  compare->callback(
      [&choice, arguments] { choice = [arguments] { return audit_compare_command(*arguments); }; });
}

void add_tiles(CLI::App& audit, Choice& choice, const SharedAudit& arguments) {
  CLI::App* tiles = audit.add_subcommand(
      "tiles", "Export the tree as the static files of C2SP tlog-tiles, for other people's tools");
  tiles->footer(
      "Repeat it into the same folder: only what is new is written.\n\n"
      "Example: actuary audit tiles -o /srv/www/log");
  tiles->add_option("-o,--output", arguments->out, "Folder to write into")->required();
  tiles->add_flag("--entries", arguments->entries, "The records too, not only their hashes");
  tiles->add_option("--data", arguments->data, kDataHelp);
  tiles->callback(
      [&choice, arguments] { choice = [arguments] { return audit_tiles_command(*arguments); }; });
}

}  // namespace

void add_audit(CLI::App& app, Choice& choice) {
  const auto arguments = std::make_shared<AuditArguments>();
  CLI::App* audit =
      app.add_subcommand("audit", "Prove what the journal says, and check such proofs");
  audit->require_subcommand(1);
  add_key(*audit, choice, arguments);
  add_checkpoint(*audit, choice, arguments);
  add_prove(*audit, choice, arguments);
  add_verify(*audit, choice, arguments);
  add_compare(*audit, choice, arguments);
  add_tiles(*audit, choice, arguments);
}

}  // namespace actuary::tools
