#include "tools/actuary/engine_access.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "tools/actuary/exit_codes.h"

namespace actuary::tools {

std::filesystem::path data_folder(const std::string& flag) {
  if (!flag.empty()) return std::filesystem::absolute(flag);
  if (const char* named = std::getenv("ACTUARY_DATA"); named != nullptr && *named != '\0') {
    return std::filesystem::absolute(named);
  }
  const char* home = std::getenv("HOME");
  return std::filesystem::path(home != nullptr ? home : "/root") / ".actuary";
}

adapters::host::RuntimeKind runtime_of(const std::string& flag) {
  using adapters::host::RuntimeKind;
  if (flag == "oci") return RuntimeKind::kOci;
  return flag == "docker" ? RuntimeKind::kDocker : RuntimeKind::kAuto;
}

bool is_utf8(const std::string& text) {
  using adapters::client::Json;
  const Json json = text;
  return Json::parse(json.dump(-1, ' ', false, Json::error_handler_t::replace)) == json;
}

void exit_when_refused(const Error& error) {
  std::fprintf(stderr, "actuary: the journal refused to go on: %s\n", error.detail.c_str());
  ::_exit(kJournalRefused);
}

Result<EngineAccess> EngineAccess::open(const std::filesystem::path& data,
                                        adapters::host::RuntimeKind runtime) {
  adapters::client::Client running((data / "engine.sock").string());
  if (running.alive()) return EngineAccess(nullptr, std::move(running));
  ControlPlaneOptions options;
  options.data = data;
  options.runtime = runtime;
  options.port_taken = adapters::host::PortTaken::kTakeAny;
  options.on_fatal = exit_when_refused;
  TRY(plane, ControlPlane::open(std::move(options)));
  adapters::client::Client client(plane->socket_path());
  return EngineAccess(std::move(plane), std::move(client));
}

}  // namespace actuary::tools
