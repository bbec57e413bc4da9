#include "adapters/docker/docker_network.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "adapters/docker/create_request.h"
#include "adapters/docker/json.h"
#include "adapters/reactor/process.h"

namespace actuary::adapters::docker {
namespace {

using Json = nlohmann::json;

/// The first thing that Docker asks about what is forwarded, and the one place of its rules that is
/// the host's. Without it Docker was told to keep its hands off.
bool has_docker_chain() {
  const auto listed = reactor::run({.argv = {"iptables", "-w", "-n", "-L", "DOCKER-USER"}});
  return listed && listed->exit_code == 0;
}

}  // namespace

DockerNetwork::DockerNetwork(Api& api, const Options& options)
    : api_(api),
      options_(options),
      name_("actuary-" + options.containers.installation),
      bridge_("acd-" + options.containers.installation) {}

Status DockerNetwork::open() {
  for (const char* program : {"iptables", "iptables-restore"}) {
    if (!reactor::find_program(program).empty()) continue;
    return fail(Code::kNoRuntime, std::string(program) + " is missing: apt-get install iptables");
  }
  TRY(prefix, containers::choose_prefix(options_.containers.data / "runtime/docker-network.json",
                                        options_.containers.installation, bridge_));
  prefix_ = prefix;
  TRY_VOID(make());
  return containers::raise_fence(fence());
}

Status DockerNetwork::make() {
  TRY(shown, api_.call({.path = "/networks/" + name_}));
  if (shown.status == 200) {
    const Json network = shown.json();
    if (text_in(network, {"Labels", kOwnerLabel}) == options_.containers.installation) return {};
    return fail(Code::kNoRuntime, "the Docker network " + name_ +
                                      " is somebody else's: `docker network rm " + name_ + "`");
  }
  const Json wanted = {{"Name", name_},
                       {"CheckDuplicate", true},
                       {"Driver", "bridge"},
                       {"EnableIPv6", false},
                       {"IPAM",
                        {{"Driver", "default"},
                         {"Config", {{{"Subnet", prefix_ + ".0/24"}, {"Gateway", gateway()}}}}}},
                       {"Options", {{"com.docker.network.bridge.name", bridge_}}},
                       {"Labels", {{kOwnerLabel, options_.containers.installation}}}};
  TRY(made, api_.call({.method = "POST", .path = "/networks/create", .body = wanted.dump()}));
  if (made.status == 201) return {};
  return fail(Code::kNoRuntime, "Docker makes no network for the containers: " + made.message());
}

containers::Fence DockerNetwork::fence() const {
  containers::Fence fence{.installation = options_.containers.installation,
                          .bridge = bridge_,
                          .gateway = gateway(),
                          .api_port = options_.containers.api_port};
  if (has_docker_chain()) {
    fence.forward_chain = "DOCKER-USER";
    fence.allowed = "RETURN";  // what Docker keeps apart stays apart
  }
  return fence;
}

Status DockerNetwork::isolate() const {
  std::error_code ignored;
  bool any = false;
  for (const auto& port :
       std::filesystem::directory_iterator("/sys/class/net/" + bridge_ + "/brif", ignored)) {
    containers::isolate_port(port.path().filename());
    any = true;
  }
  if (any) return {};
  return fail(Code::kUnavailable, "the container is not on the bridge " + bridge_ +
                                      ": does the daemon run in a network of its own?");
}

void DockerNetwork::tear_down() {
  containers::drop_fence(fence());
  (void)api_.call({.method = "DELETE", .path = "/networks/" + name_});
}

}  // namespace actuary::adapters::docker
