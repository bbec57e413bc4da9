#include <CLI/CLI.hpp>
#include <memory>

#include "tools/actuary/command_line.h"
#include "tools/actuary/commands.h"

namespace actuary::tools {

void add_erase(CLI::App& app, Choice& choice) {
  const auto arguments = std::make_shared<EraseArguments>();
  CLI::App* erase = app.add_subcommand("erase", "Destroy the key of a run's personal texts");
  erase->footer(
      "From where a run or a build was asked for (address, user agent) and what a user's tokens\n"
      "are called is recorded under keys of their own. Without its key nobody can read it: the\n"
      "API shows null, an event says when and why, and every hash and proof still verifies.\n"
      "Deleting a run or a build does the same. Backups from before still have the key.\n\n"
      "Exit codes: 0 erased, 1 not found or not erased, 64 usage, 69 no engine can be started,\n"
      "74 the journal was refused, 75 the folder is in use\n\n"
      "Example: actuary erase HG7ML7M8z78YcAPEB --reason 'asked for by the person'");
  erase->add_option("RUN", arguments->id, "Id of a run, a build or a user")->required();
  erase->add_option("--reason", arguments->reason, "Why; it is recorded, so name nobody in it");
  erase->add_option("--data", arguments->data, kDataHelp);
  erase->add_flag("--json", arguments->json, "The answer as JSON");
  erase->callback(
      [&choice, arguments] { choice = [arguments] { return erase_command(*arguments); }; });
}

}  // namespace actuary::tools
