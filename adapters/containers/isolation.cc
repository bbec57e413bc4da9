#include "adapters/containers/isolation.h"

#include <sys/stat.h>

#include <charconv>

namespace actuary::adapters::containers {
namespace {

/// CAP_DAC_OVERRIDE, CAP_KILL, CAP_SETGID, CAP_SETUID, CAP_SETPCAP: their numbers in the kernel's
/// sets. See kInitCapabilities.
constexpr std::uint64_t kInitCapabilitySet = 1U << 1U | 1U << 5U | 1U << 6U | 1U << 7U | 1U << 8U;

std::string proc(const ProcessMark& process, const std::string& file) {
  return "/proc/" + std::to_string(process.pid) + "/" + file;
}

bool is_same_file(const std::string& left, const std::string& right) {
  struct stat a {};
  struct stat b {};
  if (stat(left.c_str(), &a) != 0 || stat(right.c_str(), &b) != 0) return false;
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/// The value of `Name:\tvalue` in a status file.
std::string value_of(const std::string& status, const std::string& name) {
  const std::size_t at = status.find("\n" + name + ":\t");
  if (at == std::string::npos) return {};
  const std::size_t begin = at + name.size() + 3;
  return status.substr(begin, status.find('\n', begin) - begin);
}

}  // namespace

Status check_limits(const Limits& recorded, const Cgroup& cgroup) {
  const Limits shown = cgroup.limits();
  if (shown == recorded) return {};
  return fail(Code::kUnavailable, "the container's limits are not what was asked for: wanted " +
                                      to_text(recorded) + "; got " + to_text(shown));
}

Status check_namespaces(const ProcessMark& process, const std::filesystem::path& network_namespace,
                        CgroupNamespace cgroup) {
  for (const char* kind : {"pid", "mnt", "ipc", "uts", "cgroup", "net"}) {
    if (cgroup == CgroupNamespace::kAny && kind == std::string_view("cgroup")) continue;
    const std::string inside = proc(process, std::string("ns/") + kind);
    struct stat there {};
    if (stat(inside.c_str(), &there) != 0) return fail_errno(inside);
    if (is_same_file(inside, std::string("/proc/self/ns/") + kind)) {
      return fail(Code::kUnavailable,
                  std::string("the container shares this host's ") + kind + " namespace");
    }
  }
  if (network_namespace.empty() || is_same_file(proc(process, "ns/net"), network_namespace)) {
    return {};
  }
  return fail(Code::kUnavailable, "the container is not in the network that was made for it");
}

Status check_privileges(const ProcessMark& process) {
  const auto status = read_file(proc(process, "status"));
  if (!status) return {};  // ended already: there is nothing to hold any privilege
  for (const char* set : {"CapPrm", "CapEff", "CapBnd", "CapAmb", "CapInh"}) {
    const std::string hex = value_of(*status, set);
    std::uint64_t bits = ~std::uint64_t{0};
    std::from_chars(hex.data(), hex.data() + hex.size(), bits, 16);
    if ((bits & ~kInitCapabilitySet) != 0) {
      return fail(Code::kUnavailable, std::string("the container has more capabilities than asked "
                                                  "for: ") +
                                          set + " " + hex);
    }
  }
  if (value_of(*status, "NoNewPrivs") == "1") return {};
  return fail(Code::kUnavailable, "the container may gain new privileges");
}

std::string describe_isolation(const std::vector<Program>& programs,
                               const std::filesystem::path& data) {
  std::string text =
      "isolation: " + describe_patch_level(programs) + "; user namespaces are not used";
  const std::string modules = read_file("/sys/kernel/security/lsm").value_or(std::string());
  if (modules.find("apparmor") == std::string::npos &&
      modules.find("selinux") == std::string::npos) {
    text += "; neither AppArmor nor SELinux is active";
  }
  struct stat journal {};
  struct stat containers {};
  if (stat((data / "journal").c_str(), &journal) == 0 &&
      stat((data / "runtime").c_str(), &containers) == 0 && journal.st_dev == containers.st_dev) {
    text += "; containers share the journal's file system (DATA/runtime can be one of its own)";
  }
  return text;
}

}  // namespace actuary::adapters::containers
