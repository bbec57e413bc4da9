#include <CLI/CLI.hpp>
#include <bit>
#include <memory>

#include "tools/actuary/command_line.h"
#include "tools/actuary/commands.h"

namespace actuary::tools {
namespace {

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

void add_runtime(CLI::App& command, std::string& runtime) {
  command
      .add_option("--runtime", runtime,
                  "What runs containers: auto, oci (no daemon) or docker (DOCKER_HOST, else "
                  "/var/run/docker.sock).\nauto: what the folder had last time; the first time "
                  "oci if it works here, else docker.\nWhere an engine runs already, its runtime "
                  "counts")
      ->check(CLI::IsMember({"auto", "oci", "docker"}))
      ->envname("ACTUARY_RUNTIME");
}

}  // namespace

void add_run(CLI::App& app, Choice& choice) {
  const auto arguments = std::make_shared<RunArguments>();
  CLI::App* run = app.add_subcommand("run", "Build a folder with a Dockerfile and run it");
  run->footer(
      "Log and progress go to stderr, dataset items to stdout as JSON lines.\n"
      "Ctrl-C aborts gracefully, a second one at once.\n\n"
      "Exit codes: 0 SUCCEEDED, 1 FAILED, 2 TIMED-OUT, 3 ABORTED, 64 usage, 65 the build failed,\n"
      "            69 no usable container runtime, 74 the journal was refused, 75 the folder is in "
      "use\n\n"
      "Example: actuary run tools/examples/hello --input '{\"name\":\"Ada\"}'");
  run->add_option("DIR", arguments->folder, "The Actor's folder")->required();
  run->add_option("--input", arguments->input, "Input: JSON text, @FILE, or - for stdin");
  run->add_option("--memory", arguments->memory_mbytes,
                  "Memory in MB, a power of two from 128 to 32768")
      ->check(power_of_two());
  run->add_option("--timeout", arguments->timeout_secs, "Timeout in seconds, 0 for none");
  run->add_option("--data", arguments->data, kDataHelp);
  add_runtime(*run, arguments->runtime);
  run->add_flag("--json", arguments->json,
                "One document {\"run\":…,\"items\":[…]} on stdout instead of items");
  run->callback([&choice, arguments] { choice = [arguments] { return run_command(*arguments); }; });
}

void add_serve(CLI::App& app, Choice& choice) {
  const auto arguments = std::make_shared<ServeArguments>();
  CLI::App* serve = app.add_subcommand("serve", "Serve the HTTP API until interrupted");
  serve->footer(
      "The first start makes a user and a token; every start prints how clients are aimed at it.\n"
      "The address is remembered in the data folder, because live containers hold it.\n"
      "A journal that a newer program went on with is shown as it was before that: GET answers,\n"
      "everything else is refused, nothing is started, stopped or written.\n\n"
      "Exit codes: 0 stopped, 69 no usable container runtime, 74 the journal was refused or only\n"
      "            shown, 75 the folder is in use\n\n"
      "Example: actuary serve --data /srv/actuary --listen 127.0.0.1:8010\n"
      "then paste the printed export lines where the clients run.");
  serve->add_option("--data", arguments->data, kDataHelp);
  add_runtime(*serve, arguments->runtime);
  serve->add_option("--listen", arguments->listen,
                    "ADDR:PORT (else as last time, else 127.0.0.1:8010)");
  serve
      ->add_option("--disk-reserve", arguments->disk_reserve_mbytes,
                   "MB kept free: below it commands are refused (else a twentieth of the disk, 16 "
                   "to 512)")
      ->check(CLI::Range(std::uint64_t{8}, std::uint64_t{1} << 20U));
  serve->add_flag("--read-only-root", arguments->read_only_root,
                  "Containers write only to /tmp, in memory, and to volumes of their image (else "
                  "anywhere, up to the limit of their disk)");
  add_retention_policy(*serve, arguments->retention);
  add_admission_policy(*serve, arguments->admission);
  serve->add_flag("--clock-is-right", arguments->clock_is_right,
                  "Delete what is due at once, although the last record is more than a week old "
                  "(else a clock so far ahead is believed after a day)");
  serve->callback(
      [&choice, arguments] { choice = [arguments] { return serve_command(*arguments); }; });
}

void add_history(CLI::App& app, Choice& choice) {
  const auto arguments = std::make_shared<HistoryArguments>();
  CLI::App* history =
      app.add_subcommand("history", "Show what the journal says about a run, build or Actor");
  history->footer("Needs no running engine.\n\nExample: actuary history HG7ML7M8z78YcAPEB --json");
  history->add_option("RUN", arguments->job, "Id of a run, build or Actor")->required();
  history->add_option("--data", arguments->data, kDataHelp);
  history->add_flag("--json", arguments->json, "Whole records as JSON");
  history->callback(
      [&choice, arguments] { choice = [arguments] { return history_command(*arguments); }; });
}

void add_token(CLI::App& app, Choice& choice) {
  const auto arguments = std::make_shared<TokenArguments>();
  CLI::App* token = app.add_subcommand("token", "Create, list and revoke API tokens");
  token->require_subcommand(1);
  const auto common = [arguments](CLI::App* command) {
    command->add_option("--data", arguments->data, kDataHelp);
    command->add_flag("--json", arguments->json, "The answer as JSON");
  };
  CLI::App* create =
      token->add_subcommand("create", "Make a token; it is printed alone on stdout, and only now");
  create->add_option("--user", arguments->user,
                     "Whose token (a new name makes a new user; default: admin)");
  common(create);
  create->callback(
      [&choice, arguments] { choice = [arguments] { return token_create_command(*arguments); }; });
  CLI::App* list = token->add_subcommand("list", "List tokens, without their text");
  common(list);
  list->callback(
      [&choice, arguments] { choice = [arguments] { return token_list_command(*arguments); }; });
  CLI::App* revoke = token->add_subcommand("revoke", "Make a token worthless at once");
  revoke->add_option("TOKEN", arguments->token, "The token's id, see list")->required();
  common(revoke);
  revoke->callback(
      [&choice, arguments] { choice = [arguments] { return token_revoke_command(*arguments); }; });
}

}  // namespace actuary::tools
