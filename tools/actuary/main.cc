#include <CLI/CLI.hpp>

#include "tools/actuary/command_line.h"
#include "tools/actuary/exit_codes.h"

namespace actuary::tools {

int main(int argc, char** argv) {
  CLI::App app{
      "Actuary: builds Actors into container images, runs them, and keeps a journal of everything"};
  app.name("actuary");
  app.require_subcommand(1);
  app.set_version_flag("--version", ACTUARY_VERSION);
  app.footer(
      "Start with: actuary run DIR      Then: actuary serve, actuary history RUN, actuary COMMAND "
      "--help");
  Choice choice;
  add_run(app, choice);
  add_serve(app, choice);
  add_history(app, choice);
  add_token(app, choice);
  add_erase(app, choice);
  add_audit(app, choice);
  add_journal(app, choice);
  add_backup(app, choice);
  add_retention(app, choice);
  add_replay(app, choice);
  add_state(app, choice);
  add_fleet(app, choice);
  add_diff(app, choice);
  add_explain(app, choice);
  add_migrate(app, choice);
  add_drain(app, choice);
  add_hold(app, choice);
  add_limits(app, choice);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kSucceeded : kUsage;
  }
  return choice();
}

}  // namespace actuary::tools

int main(int argc, char** argv) { return actuary::tools::main(argc, argv); }
