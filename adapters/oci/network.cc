#include "adapters/oci/network.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "adapters/containers/fence.h"
#include "adapters/containers/files.h"
#include "adapters/containers/mounts.h"
#include "adapters/reactor/process.h"

namespace actuary::adapters::oci {
namespace {

using Json = nlohmann::json;
using reactor::run_ok;

void set_kernel_option(const std::string& file, std::string_view value) {
  std::ofstream(file) << value;
}

void raise_loopback() {
  const Descriptor socket_fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  request.ifr_name[0] = 'l';
  request.ifr_name[1] = 'o';
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  ioctl(socket_fd.get(), SIOCSIFFLAGS, &request);
}

/// A file that keeps a new network namespace alive.
Status pin_namespace(const std::filesystem::path& path) {
  Status answer;
  std::thread([&answer, &path] {
    const Descriptor file(open(path.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0600));
    if (file.get() < 0 || unshare(CLONE_NEWNET) != 0) {
      answer = fail_errno("network namespace");
      return;
    }
    raise_loopback();
    if (mount("/proc/thread-self/ns/net", path.c_str(), nullptr, MS_BIND, nullptr) != 0) {
      answer = fail_errno("network namespace");
    }
  }).join();
  return answer;
}

std::string host_interface(const Json& result) {
  const auto interfaces = result.find("interfaces");
  if (interfaces == result.end() || !interfaces->is_array()) return {};
  for (const Json& each : *interfaces) {
    const std::string name = each.value("name", "");
    if (name.rfind("veth", 0) == 0 && each.value("sandbox", "").empty()) return name;
  }
  return {};
}

}  // namespace

Network::Network(const Options& options)
    : options_(options), bridge_("act-" + options.installation) {}

/// Locally administered, and the same for as long as the installation lives.
std::string Network::bridge_address() const {
  std::string address = "02:ac";
  for (std::size_t at = 0; at < options_.installation.size(); at += 2) {
    address += ":" + options_.installation.substr(at, 2);
  }
  return address;
}

std::filesystem::path Network::folder() const { return options_.data / "runtime/netns"; }

Status Network::open(const std::set<unsigned>& in_use) {
  for (const char* program : {"ip", "iptables", "iptables-restore", "static"}) {
    if (reactor::find_program(program).empty()) {
      return fail(Code::kNoRuntime, std::string(program) +
                                        " is missing: apt-get install iproute2 iptables "
                                        "containernetworking-plugins");
    }
  }
  TRY_VOID(make_directory(folder()));
  TRY(prefix, containers::choose_prefix(options_.data / "runtime/network.json",
                                        options_.installation, bridge_));
  prefix_ = prefix;
  TRY_VOID(make_bridge());
  TRY_VOID(make_rules());
  const std::lock_guard lock(mutex_);
  used_ = in_use;
  for (unsigned number = 0; number < kSlotsMax; ++number) {
    if (used_.count(number) > 0) continue;
    if (access((folder() / (std::to_string(number) + ".ready")).c_str(), F_OK) == 0) {
      ready_.push_back(number);
    }
  }
  return {};
}

Status Network::make_bridge() {
  if (access(("/sys/class/net/" + bridge_).c_str(), F_OK) != 0) {
    // A new bridge means a new boot: what was connected to the old one is gone with it.
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(folder(), ignored)) {
      containers::unmount(entry.path());
    }
    std::filesystem::remove_all(folder(), ignored);
    std::filesystem::remove_all(options_.data / "runtime/cni", ignored);
    TRY_VOID(make_directory(folder()));
    TRY_VOID(run_ok({.argv = {"ip", "link", "add", bridge_, "type", "bridge"}}));
  }
  // Left to itself a bridge takes the lowest of its ports' addresses: the next container's port may
  // change it, and what the others send goes to the old one, unanswered, until they ask again.
  TRY_VOID(run_ok({.argv = {"ip", "link", "set", bridge_, "address", bridge_address()}}));
  TRY_VOID(run_ok({.argv = {"ip", "addr", "replace", gateway() + "/24", "dev", bridge_}}));
  TRY_VOID(run_ok({.argv = {"ip", "link", "set", bridge_, "up"}}));
  set_kernel_option("/proc/sys/net/ipv6/conf/" + bridge_ + "/disable_ipv6", "1");
  set_kernel_option("/proc/sys/net/ipv4/ip_forward", "1");
  return {};
}

containers::Fence Network::fence() const {
  return {.installation = options_.installation,
          .bridge = bridge_,
          .gateway = gateway(),
          .api_port = options_.api_port};
}

std::vector<std::string> Network::masquerade(const char* action) const {
  return {"iptables",        "-w", "-t", "nat",   action, "POSTROUTING", "-s",
          prefix_ + ".0/24", "!",  "-o", bridge_, "-j",   "MASQUERADE"};
}

Status Network::make_rules() {
  TRY_VOID(containers::raise_fence(fence()));
  TRY(present, reactor::run({.argv = masquerade("-C")}));
  if (present.exit_code == 0) return {};
  TRY_VOID(run_ok({.argv = masquerade("-I")}));
  return {};
}

Status Network::make_slot(unsigned number) const {
  const NetworkSlot made = slot(number);
  containers::unmount(made.path);
  TRY_VOID(pin_namespace(made.path));
  std::string plugin;
  for (const char* place : {"/usr/lib/cni/bridge", "/opt/cni/bin/bridge"}) {
    if (plugin.empty() && access(place, X_OK) == 0) plugin = place;
  }
  if (plugin.empty()) {
    return fail(Code::kNoRuntime,
                "the CNI bridge plugin is missing: apt-get install containernetworking-plugins");
  }
  const Json config = {
      {"cniVersion", "0.4.0"},
      {"name", bridge_},
      {"type", "bridge"},
      {"bridge", bridge_},
      {"isGateway", true},
      {"ipMasq", false},
      {"ipam",
       {{"type", "static"},
        {"addresses", {{{"address", made.address + "/24"}, {"gateway", gateway()}}}},
        {"routes", {{{"dst", "0.0.0.0/0"}}}}}}};
  TRY(answer, run_ok({.argv = {plugin},
                      .extra_env = {"CNI_COMMAND=ADD",
                                    "CNI_CONTAINERID=" + bridge_ + "-" + std::to_string(number),
                                    "CNI_NETNS=" + made.path.string(), "CNI_IFNAME=eth0",
                                    "CNI_PATH=/usr/lib/cni:/opt/cni/bin"},
                      .input = config.dump()}));
  const Json result = Json::parse(answer, nullptr, false);
  const std::string port = result.is_object() ? host_interface(result) : std::string();
  if (port.empty()) return fail(Code::kUnavailable, "the CNI bridge plugin answered: " + answer);
  containers::isolate_port(port);
  return write_scratch(folder() / (std::to_string(number) + ".ready"), port);
}

NetworkSlot Network::slot(unsigned number) const {
  return {number, folder() / std::to_string(number), prefix_ + "." + std::to_string(number + 2)};
}

bool Network::is_busy(unsigned number) const {
  return used_.count(number) > 0 || std::find(ready_.begin(), ready_.end(), number) != ready_.end();
}

Result<NetworkSlot> Network::take() {
  unsigned number = 0;
  {
    const std::lock_guard lock(mutex_);
    if (!ready_.empty()) {
      number = ready_.front();
      ready_.pop_front();
      used_.insert(number);
      return slot(number);
    }
    while (is_busy(number)) ++number;
    if (number >= kSlotsMax) return fail(Code::kUnavailable, "all container networks are in use");
    used_.insert(number);
  }
  if (auto made = make_slot(number); !made) {
    const std::lock_guard lock(mutex_);
    used_.erase(number);
    return tl::make_unexpected(made.error());
  }
  return slot(number);
}

void Network::give_back(unsigned number) {
  const std::lock_guard lock(mutex_);
  if (used_.erase(number) > 0) ready_.push_back(number);
}

void Network::refill() {
  while (true) {
    unsigned number = 0;
    {
      const std::lock_guard lock(mutex_);
      if (ready_.size() >= options_.spare_networks) return;
      while (is_busy(number)) ++number;
      if (number >= kSlotsMax) return;
      used_.insert(number);
    }
    const Status made = make_slot(number);
    const std::lock_guard lock(mutex_);
    used_.erase(number);
    if (!made) return;
    ready_.push_back(number);
  }
}

void Network::tear_down() {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder(), ignored)) {
    containers::unmount(entry.path());
  }
  std::filesystem::remove_all(folder(), ignored);
  containers::drop_fence(fence());
  (void)reactor::run({.argv = masquerade("-D")});
  (void)reactor::run({.argv = {"ip", "link", "del", bridge_}});
}

}  // namespace actuary::adapters::oci
