#include "adapters/oci/cgroup.h"

#include <signal.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <sstream>

#include "adapters/oci/files.h"

namespace actuary::adapters::oci {
namespace {

constexpr const char* kRoot = "/sys/fs/cgroup";

bool is_version_2() { return access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0; }

std::uint64_t counter(const std::string& file, std::string_view name) {
  std::istringstream rows(read_file(file).value_or(std::string()));
  for (std::string row; std::getline(rows, row);) {
    if (row.rfind(std::string(name) + " ", 0) != 0) continue;
    std::uint64_t value = 0;
    std::from_chars(row.data() + name.size() + 1, row.data() + row.size(), value);
    return value;
  }
  return 0;
}

}  // namespace

Cgroup::Cgroup(std::string path) {
  if (is_version_2()) {
    folders_ = {kRoot + path};
    memory_folder_ = folders_[0];
    return;
  }
  memory_folder_ = std::string(kRoot) + "/memory" + path;
  for (const char* controller :
       {"pids", "memory", "cpu", "cpuacct", "cpu,cpuacct", "cpuset", "devices", "freezer", "blkio",
        "hugetlb", "net_cls", "net_prio", "perf_event", "systemd", "rdma", "misc"}) {
    folders_.push_back(std::string(kRoot) + "/" + controller + path);
  }
}

bool Cgroup::is_hybrid() { return access("/sys/fs/cgroup/unified/cgroup.controllers", F_OK) == 0; }

std::vector<pid_t> Cgroup::processes() const {
  std::istringstream rows(read_file(folders_[0] + "/cgroup.procs").value_or(std::string()));
  std::vector<pid_t> pids;
  for (pid_t pid = 0; rows >> pid;) pids.push_back(pid);
  return pids;
}

std::uint64_t Cgroup::oom_kills() const {
  const std::string version_1 = memory_folder_ + "/memory.oom_control";
  if (!is_version_2()) return counter(version_1, "oom_kill");
  return counter(memory_folder_ + "/memory.events", "oom_kill");
}

void Cgroup::kill_all() const {
  constexpr int kRounds = 50;
  for (int round = 0; round < kRounds; ++round) {
    const std::vector<pid_t> pids = processes();
    if (pids.empty()) return;
    for (const pid_t pid : pids) kill(pid, SIGKILL);
    usleep(2000);
  }
}

void Cgroup::remove() const {
  for (const std::string& folder : folders_) rmdir(folder.c_str());
}

}  // namespace actuary::adapters::oci
