#include <chrono>
#include <thread>

#include "tools/actuary/commands.h"
#include "tools/actuary/console.h"
#include "tools/actuary/engine_access.h"
#include "tools/actuary/exit_codes.h"

namespace actuary::tools {
namespace {

using adapters::client::at;
using adapters::client::Client;
using adapters::client::Json;
using adapters::client::text_at;

constexpr std::chrono::milliseconds kLookEvery{250};
constexpr const char* kDrainPath = "/actuary/v1/drain";

int refused(const Error& error) {
  console::error(error.detail);
  return error.code == Code::kInvalidArgument ? kUsage : kFailed;
}

/// Does `work` with the folder's engine.
template <class Work>
int with_engine(const std::string& data, const Work& work) {
  const auto access = EngineAccess::open(data_folder(data));
  if (access) return work(access->client());
  console::error(access.error().detail);
  return exit_code_of(access.error());
}

std::string admin_path(const std::string& run, const char* what) {
  return "/actuary/v1/runs/" + adapters::client::percent_encode(run) + "/" + what;
}

bool is_true(const Json& json, std::string_view name) {
  const Json* value = at(json, {name});
  return value != nullptr && value->is_boolean() && value->get<bool>();
}

std::uint64_t count_of(const Json& json, std::string_view name) {
  const Json* value = at(json, {name});
  if (value == nullptr) return 0;
  return value->is_number_unsigned() ? value->get<std::uint64_t>() : value->size();
}

/// `3 runs, 1 build`
std::string counted(std::uint64_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::string progress_of(const Json& drain) {
  const std::uint64_t waiting = count_of(drain, "runsWaiting") + count_of(drain, "buildsWaiting");
  const std::string rest = waiting == 0 ? "" : ", " + std::to_string(waiting) + " wait";
  if (is_true(drain, "drained")) return "drained: nothing runs here" + rest;
  const std::string left = counted(count_of(drain, "runs"), "run") + " and " +
                           counted(count_of(drain, "buildsRunning"), "build");
  if (!is_true(drain, "draining")) return "not draining: " + left + " here" + rest;
  return "draining: " + left + " left" + rest;
}

void show(const Json& drain, bool json) {
  json ? console::out(drain.dump(2) + "\n") : console::note(progress_of(drain));
}

/// Until nothing runs here, or somebody else ended the drain.
int watch_drain(const Client& client, Json drain, bool json) {
  std::string said;
  for (;;) {
    const std::string progress = progress_of(drain);
    const bool over = is_true(drain, "drained") || !is_true(drain, "draining");
    if (progress != said) console::note(said = progress);
    if (over) break;
    std::this_thread::sleep_for(kLookEvery);
    auto next = client.data("GET", kDrainPath);
    if (!next) return refused(next.error());
    drain = std::move(*next);
  }
  if (json) console::out(drain.dump(2) + "\n");
  return is_true(drain, "drained") ? kSucceeded : kFailed;
}

/// Until its next container runs, or it is over. `moves` is how often it had migrated before.
int watch_migration(const Client& client, const MigrateArguments& arguments, std::uint64_t moves) {
  for (;;) {
    const auto run =
        client.data("GET", "/v2/actor-runs/" + adapters::client::percent_encode(arguments.run));
    if (!run) return refused(run.error());
    const Json* count = at(*run, {"stats", "migrationCount"});
    const bool moved = count != nullptr && count->get<std::uint64_t>() > moves;
    const bool over = !text_at(*run, {"finishedAt"}).empty();
    if (moved || over) {
      console::note(over ? "it has ended by itself: " + text_at(*run, {"status"})
                         : "goes on in another container");
      if (arguments.json) console::out(run->dump(2) + "\n");
      return kSucceeded;
    }
    std::this_thread::sleep_for(kLookEvery);
  }
}

int migrate(const Client& client, const MigrateArguments& arguments) {
  const auto before =
      client.data("GET", "/v2/actor-runs/" + adapters::client::percent_encode(arguments.run));
  if (!before) return refused(before.error());
  const Json* moves = at(*before, {"stats", "migrationCount"});
  const Json wish{{"windowSecs", arguments.window_secs}};
  const auto told = client.data("POST", admin_path(arguments.run, "migrate"), wish.dump());
  if (!told) {
    console::error(told.error().detail);
    return kFailed;
  }
  if (text_at(*told, {"phase"}) != "migrating") {
    console::note("it has no container of its own just now: the next one is new anyway");
    if (arguments.json) console::out(told->dump(2) + "\n");
    return kSucceeded;
  }
  console::note("told to save, is stopped at " + text_at(*told, {"stopAt"}));
  const auto drain = client.data("GET", kDrainPath);
  if (drain && is_true(*drain, "draining")) {
    console::note("goes on when the drain ends: actuary drain --end");
    if (arguments.json) console::out(told->dump(2) + "\n");
    return kSucceeded;
  }
  return watch_migration(client, arguments, moves != nullptr ? moves->get<std::uint64_t>() : 0);
}

}  // namespace

int migrate_command(const MigrateArguments& arguments) {
  return with_engine(arguments.data,
                     [&](const Client& client) { return migrate(client, arguments); });
}

int drain_command(const DrainArguments& arguments) {
  if (!is_utf8(arguments.reason)) {
    console::error("--reason is not UTF-8");
    return kUsage;
  }
  return with_engine(arguments.data, [&](const Client& client) {
    const Json wish{{"windowSecs", arguments.window_secs}, {"reason", arguments.reason}};
    const bool begins = !arguments.end && !arguments.status;
    const char* method = arguments.end ? "DELETE" : begins ? "POST" : "GET";
    const auto drain = client.data(method, kDrainPath, begins ? wish.dump() : "");
    if (!drain) return refused(drain.error());
    if (begins) return watch_drain(client, *drain, arguments.json);
    show(*drain, arguments.json);
    return static_cast<int>(kSucceeded);
  });
}

int hold_command(const HoldArguments& arguments) {
  if (!is_utf8(arguments.reason)) {
    console::error("--reason is not UTF-8");
    return kUsage;
  }
  return with_engine(arguments.data, [&](const Client& client) {
    const Json wish{{"reason", arguments.reason}};
    const std::string path = admin_path(arguments.run, arguments.lift ? "release" : "hold");
    const auto held = client.data("POST", path, wish.dump());
    if (!held) return refused(held.error());
    if (arguments.json) {
      console::out(held->dump(2) + "\n");
    } else {
      console::note(arguments.lift ? "nothing holds it any more" : "on hold");
    }
    return static_cast<int>(kSucceeded);
  });
}

}  // namespace actuary::tools
