#include <CLI/CLI.hpp>
#include <memory>

#include "tools/actuary/command_line.h"
#include "tools/actuary/commands.h"

namespace actuary::tools {

void add_admission_policy(CLI::App& command, AdmissionArguments& policy) {
  command.add_option("--account-memory", policy.account_memory_mbytes,
                     "MB that each account's runs and builds may hold at once (else no limit)");
  command.add_option("--account-runs", policy.account_runs,
                     "Runs that each account may have at once (else no limit)");
  command
      .add_option("--over-limit", policy.over_limit,
                  "What becomes of a run that exceeds them: refuse (402, as Apify does) or wait "
                  "(READY, and says why)")
      ->check(CLI::IsMember({"refuse", "wait"}));
  command.add_option("--queue-timeout", policy.queue_timeout_secs,
                     "Seconds that a run waits for room before it fails; 0: for ever (else a day)");
}

void add_limits(CLI::App& app, Choice& choice) {
  const auto arguments = std::make_shared<LimitsArguments>();
  CLI::App* limits =
      app.add_subcommand("limits", "Show or change what an account may hold at once");
  limits->footer(
      "An account has the limits that the engine was started with (actuary serve "
      "--account-memory,\n"
      "--account-runs) until it is given its own, which outlive a restart. What runs goes on; "
      "what\n"
      "waits in a queue says why. Without --memory and --runs nothing is changed.\n\n"
      "Exit codes: 0 done, 1 no such user, 64 usage\n\n"
      "Example: actuary limits clerk --memory 8192 --runs 4 --reason 'shared machine'\n"
      "         actuary limits clerk --memory none --runs default");
  limits->add_option("USER", arguments->user, "Name or id of the user")->required();
  limits->add_option("--memory", arguments->memory,
                     "MB of its runs and builds together; none: no limit; default: the host's");
  limits->add_option("--runs", arguments->runs,
                     "Runs at once; none: no limit; default: the host's");
  limits->add_option("--reason", arguments->reason, "Why, for the journal (1024 bytes)");
  limits->add_option("--data", arguments->data, kDataHelp);
  limits->add_flag("--json", arguments->json, "The answer as JSON on stdout");
  limits->callback(
      [&choice, arguments] { choice = [arguments] { return limits_command(*arguments); }; });
}

}  // namespace actuary::tools
