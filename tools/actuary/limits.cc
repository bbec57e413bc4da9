#include <charconv>
#include <limits>

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

/// A number; 0 for `none`; null for `default`. Empty keeps `now`.
Result<Json> limit_of(const std::string& flag, const std::string& text, const Json* now) {
  if (text.empty()) return now != nullptr ? *now : Json(nullptr);
  if (text == "default") return Json(nullptr);
  if (text == "none") return Json(0);
  std::uint32_t value = 0;
  const char* end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc{} && parsed == end && value > 0) return Json(value);
  return fail(Code::kInvalidArgument,
              flag + " wants a number from 1 to " +
                  std::to_string(std::numeric_limits<std::uint32_t>::max()) +
                  ", none or default, not \"" + text + "\"");
}

std::string number_at(const Json& json, const char* group, const char* name) {
  const Json* value = at(json, {group, name});
  return value != nullptr ? value->dump() : "?";
}

std::string limit_at(const Json& json, const char* name) {
  const std::string value = number_at(json, "limits", name);
  return value == "0" ? "no limit" : "of " + value;
}

void show_limits(const Json& account) {
  console::note(text_at(account, {"username"}) + ": " +
                number_at(account, "current", "memoryMbytes") + " MB in use, " +
                limit_at(account, "memoryMbytes") + "; " + number_at(account, "current", "runs") +
                " runs, " + limit_at(account, "runs") + "; " +
                number_at(account, "current", "runsWaiting") + " wait; what exceeds the limits " +
                (text_at(account, {"whenOverLimit"}) == "wait" ? "waits" : "is refused"));
}

int limits_refused(const Error& error) {
  console::error(error.detail);
  return error.code == Code::kInvalidArgument ? kUsage : kFailed;
}

int change_limits(const Client& client, const LimitsArguments& arguments) {
  const std::string path =
      "/actuary/v1/users/" + adapters::client::percent_encode(arguments.user) + "/limits";
  auto account = client.data("GET", path);
  if (!account) return limits_refused(account.error());
  if (!arguments.memory.empty() || !arguments.runs.empty()) {
    const auto memory =
        limit_of("--memory", arguments.memory, at(*account, {"own", "memoryMbytes"}));
    if (!memory) return limits_refused(memory.error());
    const auto runs = limit_of("--runs", arguments.runs, at(*account, {"own", "runs"}));
    if (!runs) return limits_refused(runs.error());
    const Json wish{{"memoryMbytes", *memory}, {"runs", *runs}, {"reason", arguments.reason}};
    account = client.data("PUT", path, wish.dump());
    if (!account) return limits_refused(account.error());
  }
  arguments.json ? console::out(account->dump(2) + "\n") : show_limits(*account);
  return kSucceeded;
}

}  // namespace

int limits_command(const LimitsArguments& arguments) {
  if (!is_utf8(arguments.reason)) {
    console::error("--reason is not UTF-8");
    return kUsage;
  }
  const auto access = EngineAccess::open(data_folder(arguments.data));
  if (access) return change_limits(access->client(), arguments);
  console::error(access.error().detail);
  return exit_code_of(access.error());
}

}  // namespace actuary::tools
