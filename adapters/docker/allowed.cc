#include "adapters/docker/allowed.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

#include "adapters/containers/process.h"
#include "adapters/docker/json.h"

namespace actuary::adapters::docker {
namespace {

using Json = nlohmann::json;

struct Endpoint {
  std::string_view method;
  std::string_view path;  ///< `*` is one name, or an image's, whose slashes count as well
};

constexpr std::array kEndpoints = {
    Endpoint{"GET", "/version"},
    Endpoint{"GET", "/info"},
    Endpoint{"GET", "/containers/json"},
    Endpoint{"GET", "/containers/*/json"},
    Endpoint{"POST", "/containers/create"},
    Endpoint{"POST", "/containers/*/start"},
    Endpoint{"POST", "/containers/*/kill"},
    Endpoint{"POST", "/containers/*/unpause"},
    Endpoint{"DELETE", "/containers/*"},
    Endpoint{"POST", "/images/load"},
    Endpoint{"DELETE", "/images/localhost/actuary/*"},
    Endpoint{"GET", "/networks/*"},
    Endpoint{"POST", "/networks/create"},
    Endpoint{"DELETE", "/networks/*"},
};

/// Of a container; what a field may say is in `check_values`.
constexpr std::array<std::string_view, 15> kFields = {
    "Image",       "Hostname",    "User",   "WorkingDir", "Env",
    "Entrypoint",  "Cmd",         "Tty",    "OpenStdin",  "StopSignal",
    "StopTimeout", "Healthcheck", "Labels", "HostConfig", "NetworkingConfig"};
constexpr std::array<std::string_view, 21> kHostFields = {
    "NetworkMode", "IpcMode",        "CgroupnsMode",  "Memory",     "MemorySwap", "CpuQuota",
    "CpuPeriod",   "CpuShares",      "PidsLimit",     "CapDrop",    "CapAdd",     "SecurityOpt",
    "Ulimits",     "Mounts",         "RestartPolicy", "AutoRemove", "Init",       "LogConfig",
    "ExtraHosts",  "ReadonlyRootfs", "Tmpfs"};

tl::unexpected<Error> forbidden(const std::string& what) {
  return fail(Code::kForbidden, "this engine may not ask Docker for " + what);
}

bool matches(std::string_view pattern, std::string_view path) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == path;
  const std::string_view before = pattern.substr(0, star);
  const std::string_view after = pattern.substr(star + 1);
  if (path.size() <= before.size() + after.size()) return false;
  if (!path.starts_with(before) || !path.ends_with(after)) return false;
  const std::string_view name =
      path.substr(before.size(), path.size() - before.size() - after.size());
  // No way to another endpoint through a name.
  return name.find_first_of("/%") == std::string_view::npos && name != "." && name != "..";
}

template <std::size_t N>
Status check_fields(const Json& json, const std::array<std::string_view, N>& fields,
                    const std::string& where) {
  if (!json.is_object()) return forbidden("a container without " + where);
  for (const auto& [name, unused] : json.items()) {
    if (std::find(fields.begin(), fields.end(), name) == fields.end()) {
      return forbidden(where + name);
    }
  }
  return {};
}

bool is_below(const std::string& path, const std::filesystem::path& folder) {
  // With or without a slash at its end, a folder's own name is not below it.
  const std::string root = (folder / "").lexically_normal();
  const std::string normal = std::filesystem::path(path).lexically_normal();
  return normal.starts_with(root) && normal.size() > root.size();
}

Status check_mounts(const Json& host, const std::filesystem::path& data) {
  const Json mounts = host.value("Mounts", Json::array());
  if (!mounts.is_array()) return forbidden("mounts of another shape");
  for (const Json& each : mounts) {
    const std::string type = text_in(each, {"Type"});
    const std::string source =
        type == "bind" ? text_in(each, {"Source"})
                       : text_in(each, {"VolumeOptions", "DriverConfig", "Options", "device"});
    const bool is_local =
        type == "bind" || text_in(each, {"VolumeOptions", "DriverConfig", "Name"}) == "local";
    if ((type != "bind" && type != "volume") || !is_local || !is_below(source, data)) {
      return forbidden("a mount of `" + source + "`, which is not in " + data.string());
    }
  }
  return {};
}

Status check_privileges(const Json& host) {
  const Json added = host.value("CapAdd", Json::array());
  for (const Json& each : added) {
    const auto& own = containers::kInitCapabilities;
    if (!each.is_string() ||
        std::find(own.begin(), own.end(), each.get<std::string>()) == own.end()) {
      return forbidden("the capability " + each.dump());
    }
  }
  if (host.value("CapDrop", Json()) != Json::array({"ALL"}))
    return forbidden("Docker's own capabilities");
  if (host.value("SecurityOpt", Json()) != Json::array({"no-new-privileges"})) {
    return forbidden("other security options than no-new-privileges");
  }
  return {};
}

Status check_namespaces(const Json& host) {
  if (!text_in(host, {"NetworkMode"}).starts_with("actuary-")) {
    return forbidden("another network than its own");
  }
  if (text_in(host, {"IpcMode"}) != "private") return forbidden("somebody else's IPC namespace");
  const std::string cgroups = text_in(host, {"CgroupnsMode"});
  if (host.contains("CgroupnsMode") && cgroups != "private") {
    return forbidden("the host's cgroup namespace");
  }
  if (text_in(host, {"RestartPolicy", "Name"}) != "no") {
    return forbidden("a container that starts again by itself");
  }
  return {};
}

Status check_create(const std::string& body, const std::filesystem::path& data) {
  const Json wanted = Json::parse(body, nullptr, false);
  TRY_VOID(check_fields(wanted, kFields, ""));
  const Json host = wanted.value("HostConfig", Json());
  TRY_VOID(check_fields(host, kHostFields, "HostConfig."));
  TRY_VOID(check_namespaces(host));
  TRY_VOID(check_privileges(host));
  return check_mounts(host, data);
}

}  // namespace

Status check_allowed(const Request& request, const std::filesystem::path& data) {
  const std::string_view path = std::string_view(request.path).substr(0, request.path.find('?'));
  const bool known = std::any_of(kEndpoints.begin(), kEndpoints.end(), [&](const Endpoint& each) {
    return each.method == request.method && matches(each.path, path);
  });
  if (!known) return forbidden(request.method + " " + std::string(path));
  if (path == "/containers/create") return check_create(request.body, data);
  if (path == "/networks/create" &&
      text_in(Json::parse(request.body, nullptr, false), {"Driver"}) != "bridge") {
    return forbidden("a network that is no bridge");
  }
  return {};
}

}  // namespace actuary::adapters::docker
