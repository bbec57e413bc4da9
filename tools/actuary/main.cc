#include <CLI/CLI.hpp>
#include <bit>

#include "tools/actuary/commands.h"
#include "tools/actuary/exit_codes.h"

namespace actuary::tools {
namespace {

constexpr const char* kDataHelp = "Data folder (else $ACTUARY_DATA, else ~/.actuary)";
constexpr std::uint32_t kMemoryMbytesMin = 128;
constexpr std::uint32_t kMemoryMbytesMax = 32'768;

/// Checked here too, so that a slip costs no build: the engine refuses it only when the run starts.
CLI::Validator power_of_two() {
  const auto check = [](const std::string& text) {
    std::uint32_t mbytes = 0;
    const bool fits = CLI::detail::lexical_cast(text, mbytes) && std::has_single_bit(mbytes) &&
                      mbytes >= kMemoryMbytesMin && mbytes <= kMemoryMbytesMax;
    return fits ? std::string() : "must be a power of two from 128 to 32768, not " + text;
  };
  return {check, "MB", "power of two"};
}

/// Every command's arguments, and what to call once they are parsed.
struct CommandLine {
  RunArguments run;
  ServeArguments serve;
  HistoryArguments history;
  TokenArguments token;
  std::function<int()> chosen;
};

void add_run(CLI::App& app, CommandLine& line) {
  CLI::App* run = app.add_subcommand("run", "Build a folder with a Dockerfile and run it");
  run->footer(
      "Log and progress go to stderr, dataset items to stdout as JSON lines.\n"
      "Ctrl-C aborts gracefully, a second one at once.\n\n"
      "Exit codes: 0 SUCCEEDED, 1 FAILED, 2 TIMED-OUT, 3 ABORTED, 64 usage, 65 the build failed,\n"
      "            69 no usable container runtime, 74 the journal was refused, 75 the folder is in "
      "use\n\n"
      "Example: actuary run tools/examples/hello --input '{\"name\":\"Ada\"}'");
  run->add_option("DIR", line.run.folder, "The Actor's folder")->required();
  run->add_option("--input", line.run.input, "Input: JSON text, @FILE, or - for stdin");
  run->add_option("--memory", line.run.memory_mbytes,
                  "Memory in MB, a power of two from 128 to 32768")
      ->check(power_of_two());
  run->add_option("--timeout", line.run.timeout_secs, "Timeout in seconds, 0 for none");
  run->add_option("--data", line.run.data, kDataHelp);
  run->add_flag("--json", line.run.json,
                "One document {\"run\":…,\"items\":[…]} on stdout instead of items");
  run->callback([&line] { line.chosen = [&line] { return run_command(line.run); }; });
}

void add_serve(CLI::App& app, CommandLine& line) {
  CLI::App* serve = app.add_subcommand("serve", "Serve the HTTP API until interrupted");
  serve->footer(
      "The first start makes a user and a token; every start prints how clients are aimed at it.\n"
      "The address is remembered in the data folder, because live containers hold it.\n\n"
      "Example: actuary serve --data /srv/actuary --listen 127.0.0.1:8010\n"
      "then paste the printed export lines where the clients run.");
  serve->add_option("--data", line.serve.data, kDataHelp);
  serve->add_option("--listen", line.serve.listen,
                    "ADDR:PORT (else as last time, else 127.0.0.1:8010)");
  serve->callback([&line] { line.chosen = [&line] { return serve_command(line.serve); }; });
}

void add_history(CLI::App& app, CommandLine& line) {
  CLI::App* history =
      app.add_subcommand("history", "Show what the journal says about a run, build or Actor");
  history->footer("Needs no running engine.\n\nExample: actuary history HG7ML7M8z78YcAPEB --json");
  history->add_option("RUN", line.history.job, "Id of a run, build or Actor")->required();
  history->add_option("--data", line.history.data, kDataHelp);
  history->add_flag("--json", line.history.json, "Whole records as JSON");
  history->callback([&line] { line.chosen = [&line] { return history_command(line.history); }; });
}

void add_token(CLI::App& app, CommandLine& line) {
  CLI::App* token = app.add_subcommand("token", "Create, list and revoke API tokens");
  token->require_subcommand(1);
  const auto common = [&line](CLI::App* command) {
    command->add_option("--data", line.token.data, kDataHelp);
    command->add_flag("--json", line.token.json, "The answer as JSON");
  };
  CLI::App* create =
      token->add_subcommand("create", "Make a token; it is printed alone on stdout, and only now");
  create->add_option("--user", line.token.user,
                     "Whose token (a new name makes a new user; default: admin)");
  common(create);
  create->callback([&line] { line.chosen = [&line] { return token_create_command(line.token); }; });
  CLI::App* list = token->add_subcommand("list", "List tokens, without their text");
  common(list);
  list->callback([&line] { line.chosen = [&line] { return token_list_command(line.token); }; });
  CLI::App* revoke = token->add_subcommand("revoke", "Make a token worthless at once");
  revoke->add_option("TOKEN", line.token.token, "The token's id, see list")->required();
  common(revoke);
  revoke->callback([&line] { line.chosen = [&line] { return token_revoke_command(line.token); }; });
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Actuary: builds Actors into container images, runs them, and keeps a journal of everything"};
  app.name("actuary");
  app.require_subcommand(1);
  app.set_version_flag("--version", ACTUARY_VERSION);
  app.footer(
      "Start with: actuary run DIR      Then: actuary serve, actuary history RUN, actuary COMMAND "
      "--help");
  CommandLine line;
  add_run(app, line);
  add_serve(app, line);
  add_history(app, line);
  add_token(app, line);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kSucceeded : kUsage;
  }
  return line.chosen();
}

}  // namespace actuary::tools

int main(int argc, char** argv) { return actuary::tools::main(argc, argv); }
