// What the engine's own client refuses to ask a Docker Engine for, and that it never gets so far.
#include "adapters/docker/allowed.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "adapters/docker/create_request.h"

namespace actuary::tests {
namespace {

using adapters::docker::check_allowed;
using Json = nlohmann::json;

const std::filesystem::path kData = "/srv/actuary";

/// What the engine asks for when it makes a container.
Json container() {
  engine::ports::ContainerSpec spec;
  spec.image.config = R"({"config":{"Cmd":["true"],"Volumes":{"/data":{}},"User":"actor"}})";
  spec.memory_mbytes = 256;
  spec.disk_mbytes = 512;
  spec.pids_max = 128;
  const adapters::docker::Options options{
      .containers = {.data = kData, .installation = "0a1b2c3d", .read_only_root = true},
      .socket = {},
      .export_image = {}};
  const adapters::docker::Bundle bundle{kData / "runtime/containers/one", "one"};
  return adapters::docker::create_request({.spec = spec,
                                           .options = options,
                                           .bundle = bundle,
                                           .network = "actuary-0a1b2c3d",
                                           .gateway = "10.1.2.1"})
      .value();
}

Status ask(const Json& body) {
  return check_allowed({.method = "POST", .path = "/containers/create?name=x", .body = body.dump()},
                       kData);
}

TEST(DockerAllowed, WhatTheEngineAsksForIsAllowed) {
  const Status asked = ask(container());
  EXPECT_TRUE(asked) << asked.error().detail;
}

TEST(DockerAllowed, AFolderOfAnySpellingIsTheSame) {
  for (const char* data : {"/srv/actuary/", "/srv/./actuary", "/srv/other/../actuary//"}) {
    const Status asked = check_allowed(
        {.method = "POST", .path = "/containers/create", .body = container().dump()}, data);
    EXPECT_TRUE(asked) << data << ": " << asked.error().detail;
  }
}

TEST(DockerAllowed, EveryOtherWishOfAContainerIsRefusedByName) {
  const std::vector<std::pair<const char*, Json>> wishes = {
      {"/HostConfig/Privileged", true},
      {"/HostConfig/Binds", {"/:/host"}},
      {"/HostConfig/Devices", {{{"PathOnHost", "/dev/sda"}}}},
      {"/HostConfig/DeviceRequests", Json::array()},
      {"/HostConfig/PidMode", "host"},
      {"/HostConfig/UTSMode", "host"},
      {"/HostConfig/UsernsMode", "host"},
      {"/HostConfig/IpcMode", "host"},
      {"/HostConfig/CgroupnsMode", "host"},
      {"/HostConfig/NetworkMode", "host"},
      {"/HostConfig/NetworkMode", "container:other"},
      {"/HostConfig/CgroupParent", "/"},
      {"/HostConfig/Sysctls", {{"kernel.core_pattern", "|/x"}}},
      {"/HostConfig/VolumesFrom", {"other"}},
      {"/HostConfig/Runtime", "unheard-of"},
      {"/HostConfig/MaskedPaths", Json::array()},
      {"/HostConfig/ReadonlyPaths", Json::array()},
      {"/HostConfig/PortBindings", Json::object()},
      {"/HostConfig/CapAdd", {"CAP_SYS_ADMIN"}},
      {"/HostConfig/CapDrop", Json::array()},
      {"/HostConfig/SecurityOpt", {"no-new-privileges", "seccomp=unconfined"}},
      {"/HostConfig/SecurityOpt", Json::array()},
      {"/HostConfig/RestartPolicy", {{"Name", "always"}}},
      {"/HostConfig/Mounts/0/Source", "/"},
      {"/HostConfig/Mounts/0/Source", "/srv/actuary"},
      {"/HostConfig/Mounts/0/Source", "/srv/actuary/"},
      {"/HostConfig/Mounts/0/Source", "/srv/actuary/../x"},
      {"/HostConfig/Mounts/0/Source", "/srv/actuary-other/x"},
      {"/HostConfig/Mounts/0/Source", "/var/run/docker.sock"},
      {"/HostConfig/Mounts/0/Type", "npipe"},
      {"/HostConfig/Mounts/4/VolumeOptions/DriverConfig/Options/device", "/etc"},
      {"/HostConfig/Mounts/4/VolumeOptions/DriverConfig/Name", "other"},
      {"/HostConfig/Mounts", "all"},
      {"/HostConfig", "none"},
      {"/MacAddress", "00:00:00:00:00:00"},
  };
  for (const auto& [where, value] : wishes) {
    Json body = container();
    body[Json::json_pointer(where)] = value;
    const Status asked = ask(body);
    ASSERT_FALSE(asked) << where << " " << value;
    EXPECT_EQ(asked.error().code, Code::kForbidden) << where;
  }
  for (const char* body : {"", "[]", "7", "{}", "{\"HostConfig\":{}}"}) {
    EXPECT_FALSE(
        check_allowed({.method = "POST", .path = "/containers/create", .body = body}, kData))
        << body;
  }
}

TEST(DockerAllowed, NoOtherEndpointIsAsked) {
  for (const auto& [method, path] : std::vector<std::pair<const char*, const char*>>{
           {"POST", "/containers/x/exec"},
           {"POST", "/exec/x/start"},
           {"POST", "/containers/x/attach"},
           {"GET", "/containers/x/archive?path=/"},
           {"PUT", "/containers/x/archive?path=/"},
           {"GET", "/containers/x/logs"},
           {"POST", "/containers/x/update"},
           {"POST", "/containers/x/../../build"},
           {"POST", "/containers/x%2F..%2F..%2Fbuild/start"},
           {"DELETE", "/containers/.."},
           {"DELETE", "/containers/"},
           {"POST", "/build"},
           {"POST", "/images/create?fromImage=x"},
           {"DELETE", "/images/debian"},
           {"POST", "/volumes/create"},
           {"POST", "/networks/x/connect"},
           {"POST", "/plugins/pull"},
           {"POST", "/swarm/init"},
           {"POST", "/system/prune"},
           {"GET", "/version/x"},
       }) {
    const Status asked = check_allowed({.method = method, .path = path}, kData);
    ASSERT_FALSE(asked) << method << " " << path;
    EXPECT_EQ(asked.error().code, Code::kForbidden) << path;
  }
  EXPECT_FALSE(check_allowed(
      {.method = "POST", .path = "/networks/create", .body = R"({"Driver":"macvlan"})"}, kData));
}

TEST(DockerAllowed, WhatIsRefusedNeverReachesTheSocket) {
  adapters::docker::Api api("/nonexistent/docker.sock", kData);
  const auto asked = api.call({.method = "POST", .path = "/containers/x/exec"});
  ASSERT_FALSE(asked);
  EXPECT_EQ(asked.error().code, Code::kForbidden) << "not: nobody listens there";
}

}  // namespace
}  // namespace actuary::tests
