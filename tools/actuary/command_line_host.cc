#include <CLI/CLI.hpp>
#include <memory>

#include "tools/actuary/command_line.h"
#include "tools/actuary/commands.h"

namespace actuary::tools {
namespace {

CLI::Option* add_window(CLI::App& command, std::uint32_t& seconds) {
  return command
      .add_option("--within", seconds, "Seconds that an Actor has to save, 0 to 60 (else 60)")
      ->check(CLI::Range(0U, 60U));
}

}  // namespace

void add_migrate(CLI::App& app, Choice& choice) {
  const auto arguments = std::make_shared<MigrateArguments>();
  CLI::App* migrate = app.add_subcommand("migrate", "Move a run to another container");
  migrate->footer(
      "The Actor hears \"migrating\" and has that long to save; then its container is stopped and\n"
      "another one goes on: the same run, storages and timeout. An Actor that has saved sooner\n"
      "calls reboot. Waits until that has happened; interrupting it only ends the waiting.\n\n"
      "Exit codes: 0 it goes on, or has ended by itself, 1 no such run or not RUNNING, 64 usage\n\n"
      "Example: actuary migrate HG7ML7M8z78YcAPEB --within 20");
  migrate->add_option("RUN", arguments->run, "Id of the run")->required();
  add_window(*migrate, arguments->window_secs);
  migrate->add_option("--data", arguments->data, kDataHelp);
  migrate->add_flag("--json", arguments->json, "The run as JSON on stdout");
  migrate->callback(
      [&choice, arguments] { choice = [arguments] { return migrate_command(*arguments); }; });
}

void add_drain(CLI::App& app, Choice& choice) {
  const auto arguments = std::make_shared<DrainArguments>();
  CLI::App* drain = app.add_subcommand("drain", "Empty this host of runs and builds");
  drain->footer(
      "Nothing starts from now on: new runs wait as READY and say why. Every running Actor hears\n"
      "\"migrating\", has that long to save, and is stopped; builds go on to their end.\n"
      "There is one host, so what was stopped waits here, as RUNNING without a container and with\n"
      "its timeout going on, until: actuary drain --end. A drain outlives a restart of the engine\n"
      "and of the machine. Waits until the host is empty; interrupting it only ends the "
      "waiting.\n\n"
      "Exit codes: 0 the host is empty (or --end, --status), 1 the drain was ended meanwhile,\n"
      "            64 usage, 69 no usable container runtime, 74 the journal was refused, 75 the "
      "folder "
      "is in use\n\n"
      "Example: actuary drain --within 30 --reason 'new kernel' && reboot");
  CLI::Option* window = add_window(*drain, arguments->window_secs);
  CLI::Option* reason =
      drain->add_option("--reason", arguments->reason, "Why, for the journal (1024 bytes)");
  CLI::Option* end = drain->add_flag("--end", arguments->end, "What waits may start again");
  CLI::Option* status = drain->add_flag("--status", arguments->status, "Show how far it is");
  end->excludes(window)->excludes(reason)->excludes(status);
  status->excludes(window)->excludes(reason);
  drain->add_option("--data", arguments->data, kDataHelp);
  drain->add_flag("--json", arguments->json, "One JSON document on stdout");
  drain->callback(
      [&choice, arguments] { choice = [arguments] { return drain_command(*arguments); }; });
}

void add_hold(CLI::App& app, Choice& choice) {
  const auto arguments = std::make_shared<HoldArguments>();
  CLI::App* hold = app.add_subcommand("hold", "Keep a run whatever retention says");
  hold->footer(
      "Neither retention nor its user deletes a run on hold; \"actuary retention plan\" leaves it "
      "out.\n\n"
      "Exit codes: 0 done, 1 no such run, 64 usage\n\n"
      "Example: actuary hold HG7ML7M8z78YcAPEB --reason 'evidence in case 7'\n"
      "         actuary hold HG7ML7M8z78YcAPEB --lift --reason 'case closed'");
  hold->add_option("RUN", arguments->run, "Id of the run")->required();
  hold->add_option("--reason", arguments->reason, "Why, for the journal (1024 bytes)")->required();
  hold->add_flag("--lift", arguments->lift, "End the hold");
  hold->add_option("--data", arguments->data, kDataHelp);
  hold->add_flag("--json", arguments->json, "The answer as JSON on stdout");
  hold->callback(
      [&choice, arguments] { choice = [arguments] { return hold_command(*arguments); }; });
}

}  // namespace actuary::tools
