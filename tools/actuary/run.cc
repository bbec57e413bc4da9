#include <unistd.h>

#include <fstream>
#include <iostream>
#include <mutex>
#include <sstream>

#include "adapters/client/folder.h"
#include "adapters/client/run_folder.h"
#include "tools/actuary/commands.h"
#include "tools/actuary/console.h"
#include "tools/actuary/engine_access.h"
#include "tools/actuary/exit_codes.h"
#include "tools/actuary/interrupts.h"

namespace actuary::tools {
namespace {

using adapters::client::at;
using adapters::client::Client;
using adapters::client::Json;
using adapters::client::RunFailure;
using adapters::client::RunReport;
using adapters::client::text_at;

/// What a Ctrl-C has to end: the build, then the run. The container lives in its own session and
/// hears nothing of the terminal.
class Current {
 public:
  /// A Ctrl-C that came before there was a job, or between two, ends the next one as it begins.
  void begin(const Client& client, std::string path) {
    const std::lock_guard lock(mutex_);
    client_ = &client;
    path_ = std::move(path);
    if (interrupts_ > 0) abort();
  }
  /// Nothing is left to end, and nobody to tell.
  void end() {
    const std::lock_guard lock(mutex_);
    path_.clear();
  }
  /// The first one ends it gracefully, the second one at once; a third one does not wait for the
  /// engine.
  void interrupt(int count) {
    if (count > 2) ::_exit(kAborted);
    const std::lock_guard lock(mutex_);
    interrupts_ = count;
    console::note(count == 1 ? "aborting gracefully; interrupt again to abort at once"
                             : "aborting at once");
    if (!path_.empty()) abort();
  }
  [[nodiscard]] bool interrupted() const {
    const std::lock_guard lock(mutex_);
    return interrupts_ > 0;
  }

 private:
  void abort() const {
    (void)client_->call("POST", path_ + "/abort?gracefully=" + (interrupts_ == 1 ? "1" : "0"));
  }

  const Client* client_ = nullptr;
  mutable std::mutex mutex_;
  std::string path_;
  int interrupts_ = 0;
};

Result<std::string> read_input(const std::string& flag) {
  std::ostringstream text;
  if (flag == "-") {
    text << std::cin.rdbuf();
  } else if (flag.starts_with("@")) {
    std::ifstream in(flag.substr(1), std::ios::binary);
    if (!in) return fail(Code::kInvalidArgument, "--input: cannot read " + flag.substr(1));
    text << in.rdbuf();
  } else {
    text << flag;
  }
  std::string input = text.str();
  if (!input.empty() && !Json::accept(input)) {
    return fail(Code::kInvalidArgument,
                "--input is not JSON; give JSON text, @FILE, or - for stdin");
  }
  return input;
}

int exit_code_of_run(const Json& run) {
  const std::string status = text_at(run, {"status"});
  if (status == "SUCCEEDED") return kSucceeded;
  if (status == "TIMED-OUT") return kTimedOut;
  return status == "ABORTED" ? kAborted : kFailed;
}

void show_end(const Json& run) {
  const Json* code = at(run, {"exitCode"});
  const Json* millis = at(run, {"stats", "durationMillis"});
  const double active = millis != nullptr && millis->is_number() ? millis->get<double>() / 1000 : 0;
  console::note("run " + text_at(run, {"id"}) + " " + text_at(run, {"status"}) + ", exit code " +
                (code != nullptr ? code->dump() : "null") + ", active " + console::seconds(active));
  if (const std::string message = text_at(run, {"statusMessage"}); !message.empty())
    console::note(message);
}

void print(const RunReport& report, bool json) {
  if (!json) return console::out(report.items_jsonl);
  Json items = Json::array();
  std::istringstream lines(report.items_jsonl);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) items.push_back(Json::parse(line, nullptr, false));
  }
  console::out(Json{{"run", report.run}, {"items", items}}.dump(2) + "\n");
}

int explain(const RunFailure& failure) {
  console::error(failure.error.detail);
  const bool own_fault = failure.error.code != Code::kUnavailable;
  if (failure.step == RunFailure::Step::kBuild && own_fault) return kBuildFailed;
  return exit_code_of(failure.error);
}

}  // namespace

int run_command(const RunArguments& arguments) {
  const auto input = read_input(arguments.input);
  if (!input) {
    console::error(input.error().detail);
    return kUsage;
  }
  // Before the engine is opened: a folder that cannot be built changes nothing.
  if (const auto folder = adapters::client::read_folder(arguments.folder); !folder) {
    console::error(folder.error().detail);
    return kUsage;
  }
  Current current;
  const Interrupts interrupts([&](int count) { current.interrupt(count); });
  auto access = EngineAccess::open(data_folder(arguments.data), runtime_of(arguments.runtime));
  if (!access) {
    console::error(access.error().detail);
    return exit_code_of(access.error());
  }
  const Client& client = access->client();
  const adapters::client::Progress progress{
      .note = console::note,
      .log = console::log,
      .build = [&](const std::string& id) { current.begin(client, "/v2/actor-builds/" + id); },
      .run = [&](const std::string& id) { current.begin(client, "/v2/actor-runs/" + id); }};
  const auto report = adapters::client::run_folder(
      client, {arguments.folder, *input, arguments.memory_mbytes, arguments.timeout_secs},
      progress);
  current.end();
  if (!report) {
    const int code = explain(report.error());
    return current.interrupted() ? kAborted : code;
  }
  show_end(report->run);
  print(*report, arguments.json);
  return exit_code_of_run(report->run);
}

}  // namespace actuary::tools
