#include "adapters/containers/cgroup.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <sstream>

#include "adapters/containers/files.h"

namespace actuary::adapters::containers {
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

/// A number, or `max`, which is none; so is a file that is not there.
std::uint64_t number_in(const std::string& file) {
  const std::string text = read_file(file).value_or(std::string());
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  return parsed.ec == std::errc{} ? value : UINT64_MAX;
}

}  // namespace

std::string to_text(const Limits& limits) {
  return std::to_string(limits.memory_bytes) + " bytes, " +
         std::to_string(limits.memory_and_swap_bytes) + " with swap, " +
         std::to_string(limits.processes) + " processes, " +
         std::to_string(limits.cpu_quota_micros) + " of " +
         std::to_string(limits.cpu_period_micros) + " us";
}

Limits Cgroup::limits() const {
  Limits limits;
  if (is_version_2()) {
    limits.memory_bytes = number_in(memory_folder_ + "/memory.max");
    const std::uint64_t swap = number_in(memory_folder_ + "/memory.swap.max");
    const bool counted = access((memory_folder_ + "/memory.swap.max").c_str(), F_OK) == 0;
    limits.memory_and_swap_bytes = !counted             ? limits.memory_bytes
                                   : swap == UINT64_MAX ? swap
                                                        : limits.memory_bytes + swap;
    limits.processes = number_in(memory_folder_ + "/pids.max");
    limits.cpu_quota_micros = number_in(cpu_folder_ + "/cpu.max");
    const std::string both = read_file(cpu_folder_ + "/cpu.max").value_or(std::string());
    const std::size_t space = std::min(both.find(' '), both.size());
    std::from_chars(both.data() + std::min(space + 1, both.size()), both.data() + both.size(),
                    limits.cpu_period_micros);
    return limits;
  }
  limits.memory_bytes = number_in(memory_folder_ + "/memory.limit_in_bytes");
  const std::string with_swap = memory_folder_ + "/memory.memsw.limit_in_bytes";
  const bool counted = access(with_swap.c_str(), F_OK) == 0;
  limits.memory_and_swap_bytes = counted ? number_in(with_swap) : limits.memory_bytes;
  limits.processes = number_in(folders_[0] + "/pids.max");
  limits.cpu_quota_micros = number_in(cpu_folder_ + "/cpu.cfs_quota_us");
  limits.cpu_period_micros = number_in(cpu_folder_ + "/cpu.cfs_period_us");
  return limits;
}

Cgroup::Cgroup(const std::string& path) {
  if (is_version_2()) {
    folders_ = {kRoot + path};
    memory_folder_ = cpu_folder_ = folders_[0];
    return;
  }
  memory_folder_ = std::string(kRoot) + "/memory" + path;
  for (const char* name : {"/cpu", "/cpu,cpuacct"}) {
    if (access((kRoot + std::string(name)).c_str(), F_OK) == 0) {
      cpu_folder_ = kRoot + std::string(name) + path;
    }
  }
  for (const char* controller :
       {"pids", "memory", "cpu", "cpuacct", "cpu,cpuacct", "cpuset", "devices", "freezer", "blkio",
        "hugetlb", "net_cls", "net_prio", "perf_event", "systemd", "rdma", "misc"}) {
    folders_.push_back(std::string(kRoot) + "/" + controller + path);
  }
}

bool Cgroup::is_unified() { return access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0; }

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

}  // namespace actuary::adapters::containers
