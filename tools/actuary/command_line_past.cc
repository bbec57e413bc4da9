#include <CLI/CLI.hpp>
#include <memory>

#include "tools/actuary/command_line.h"
#include "tools/actuary/commands.h"

namespace actuary::tools {
namespace {

constexpr const char* kAtHelp =
    "Position (123), UTC time (2026-11-22T10:11:12Z), or a span before now (-90s, -5m, -1h, -2d)";
constexpr const char* kExitCodes =
    "Reads the journal only; an engine may be running in the folder.\n"
    "Exit codes: 0 answered, 1 no such run or nothing then, 64 usage, 74 the journal was "
    "refused\n\n";

void add_common(CLI::App* command, PastArguments& arguments) {
  command->add_option("--data", arguments.data, kDataHelp);
  command->add_flag("--json", arguments.json, "One JSON document on stdout");
}

}  // namespace

void add_replay(CLI::App& app, Choice& choice) {
  const auto arguments = std::make_shared<ReplayArguments>();
  CLI::App* replay = app.add_subcommand(
      "replay", "Tell a journal again: rebuild every view, decide every command");
  replay->footer(
      "Every view is rebuilt from nothing in a scratch folder under $TMPDIR, and every recorded\n"
      "command is decided again from its state, principal, time and settings then; the first\n"
      "divergence ends it and is printed. DATA is only read; an engine may be running in it.\n"
      "With --check the stored views are compared at their own position, by digest, and the first\n"
      "row that differs is printed.\n\n"
      "Exit codes: 0 equal, 1 a divergence, 64 usage, 74 the journal was refused\n\n"
      "Example: actuary replay /srv/actuary --check");
  replay->add_option("DATA", arguments->data, kDataHelp);
  replay->add_flag("--check", arguments->check, "Compare with the stored views");
  replay->add_option("--until", arguments->until, kAtHelp);
  replay->add_flag("--json", arguments->json, "The report as one JSON document on stdout");
  replay->callback(
      [&choice, arguments] { choice = [arguments] { return replay_command(*arguments); }; });
}

void add_state(CLI::App& app, Choice& choice) {
  const auto arguments = std::make_shared<PastArguments>();
  CLI::App* state = app.add_subcommand("state", "Show a run as it was at a position or a time");
  state->footer(std::string(kExitCodes) +
                "Example: actuary state HG7ML7M8z78YcAPEB --at -1h\n"
                "         actuary state HG7ML7M8z78YcAPEB --at 1234 --json");
  state->add_option("RUN", arguments->run, "Id of the run")->required();
  state->add_option("--at", arguments->at, std::string(kAtHelp) + "; else now");
  add_common(state, *arguments);
  state->callback(
      [&choice, arguments] { choice = [arguments] { return state_command(*arguments); }; });
}

void add_fleet(CLI::App& app, Choice& choice) {
  const auto arguments = std::make_shared<PastArguments>();
  CLI::App* fleet =
      app.add_subcommand("fleet", "Show which runs there were at a position or a time");
  fleet->footer(
      std::string("Without --status: the runs that were not over. Reads the journal up to "
                  "there.\n") +
      kExitCodes + "Example: actuary fleet --at -1h --status RUNNING");
  fleet->add_option("--at", arguments->at, std::string(kAtHelp) + "; else now");
  fleet
      ->add_option("--status", arguments->statuses,
                   "READY, RUNNING, TIMING-OUT, ABORTING, SUCCEEDED, FAILED, TIMED-OUT, ABORTED")
      ->delimiter(',');
  add_common(fleet, *arguments);
  fleet->callback(
      [&choice, arguments] { choice = [arguments] { return fleet_command(*arguments); }; });
}

void add_diff(CLI::App& app, Choice& choice) {
  const auto arguments = std::make_shared<PastArguments>();
  CLI::App* diff = app.add_subcommand("diff", "Line up what happened to two runs");
  diff->footer(std::string("= both runs have the event, - only the first one, + only the second "
                           "one.\n") +
               kExitCodes + "Example: actuary diff HG7ML7M8z78YcAPEB wRsJZtadYvn4mBZmm");
  diff->add_option("RUN", arguments->run, "Id of the first run")->required();
  diff->add_option("OTHER", arguments->other_run, "Id of the second run")->required();
  add_common(diff, *arguments);
  diff->callback(
      [&choice, arguments] { choice = [arguments] { return diff_command(*arguments); }; });
}

void add_explain(CLI::App& app, Choice& choice) {
  const auto arguments = std::make_shared<PastArguments>();
  CLI::App* explain =
      app.add_subcommand("explain", "Say why a run is as it is, with the positions of its events");
  explain->footer(std::string(kExitCodes) + "Example: actuary explain HG7ML7M8z78YcAPEB");
  explain->add_option("RUN", arguments->run, "Id of the run")->required();
  explain->add_option("--at", arguments->at, std::string(kAtHelp) + "; else now");
  add_common(explain, *arguments);
  explain->callback(
      [&choice, arguments] { choice = [arguments] { return explain_command(*arguments); }; });
}

}  // namespace actuary::tools
