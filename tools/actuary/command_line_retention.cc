#include <CLI/CLI.hpp>
#include <memory>

#include "tools/actuary/command_line.h"
#include "tools/actuary/commands.h"

namespace actuary::tools {

void add_retention_policy(CLI::App& command, RetentionArguments& policy) {
  const CLI::Range any_age(0.0, 36'500.0);
  command
      .add_option("--delete-runs-after", policy.runs_after_days,
                  "Days after its end that a run is kept, with its log and its unnamed storages "
                  "(else for ever)")
      ->check(any_age);
  command.add_option("--keep-runs", policy.keep_runs,
                     "Each user's newest runs are kept whatever their age (else 10)");
  command
      .add_option("--delete-builds-after", policy.builds_after_days,
                  "Days that a build without a tag and without a run is kept (else for ever)")
      ->check(any_age);
  command
      .add_option("--delete-storages-after", policy.storages_after_days,
                  "Days that an unnamed storage which is no run's is kept after its last use (else "
                  "for ever)")
      ->check(any_age);
}

void add_retention(CLI::App& app, Choice& choice) {
  CLI::App* retention = app.add_subcommand("retention", "What is deleted because it is old");
  retention->require_subcommand(1);
  const auto arguments = std::make_shared<RetentionPlanArguments>();
  CLI::App* plan = retention->add_subcommand(
      "plan", "List what the policy deletes, when and why; changes nothing");
  plan->footer(
      "The policy is the one that the engine was started with (actuary serve "
      "--delete-runs-after);\n"
      "with the options below it shows what another one would do. An engine may be running.\n"
      "Named storages are never deleted, nor what is not over.\n\n"
      "Exit codes: 0 listed, 64 usage, 74 the journal was refused\n\n"
      "Example: actuary retention plan --delete-runs-after 30 --keep-runs 10");
  plan->add_option("--data", arguments->data, kDataHelp);
  add_retention_policy(*plan, arguments->policy);
  plan->add_flag("--json", arguments->json, "One JSON document on stdout");
  plan->callback([&choice, arguments] {
    choice = [arguments] { return retention_plan_command(*arguments); };
  });
}

}  // namespace actuary::tools
