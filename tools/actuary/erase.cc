#include "tools/actuary/commands.h"
#include "tools/actuary/console.h"
#include "tools/actuary/engine_access.h"
#include "tools/actuary/exit_codes.h"

namespace actuary::tools {

int erase_command(const EraseArguments& arguments) {
  using adapters::client::Json;
  using adapters::client::text_at;
  Json body = Json::object();
  if (!arguments.reason.empty()) body["reason"] = arguments.reason;
  // What is not UTF-8 makes no JSON.
  if (Json::parse(body.dump(-1, ' ', false, Json::error_handler_t::replace)) != body) {
    console::error("--reason is not UTF-8");
    return kUsage;
  }
  auto access = EngineAccess::open(data_folder(arguments.data));
  if (!access) {
    console::error(access.error().detail);
    return exit_code_of(access.error());
  }
  const std::string path = "/actuary/v1/erasures/" + adapters::client::percent_encode(arguments.id);
  const auto answer = access->client().data("POST", path, body.dump());
  if (!answer) {
    console::error(answer.error().detail);
    return kFailed;
  }
  if (arguments.json) {
    console::out(answer->dump(2) + "\n");
    return kSucceeded;
  }
  const Json* plain = adapters::client::at(*answer, {"plainTexts"});
  if (plain != nullptr && *plain != 0) {
    console::error(plain->dump() +
                   " texts were recorded in plain by an older program: they stay in the journal "
                   "and are not shown any more");
  }
  console::out("nobody can read the personal texts of " + text_at(*answer, {"kind"}) + " " +
               text_at(*answer, {"id"}) +
               " any more; backups from before still have their key: keep a list for a restore "
               "(actuary erasures)\n");
  return kSucceeded;
}

}  // namespace actuary::tools
