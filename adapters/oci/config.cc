#include "adapters/oci/config.h"

#include <nlohmann/json.hpp>

#include "adapters/containers/process.h"

namespace actuary::adapters::oci {
namespace {

using Json = nlohmann::ordered_json;

Json mount(std::string_view target, std::string_view type, std::string_view source,
           std::vector<std::string> options) {
  return {{"destination", target}, {"type", type}, {"source", source}, {"options", options}};
}

Json mounts(const ConfigInputs& inputs) {
  const auto bind = [](std::string_view target, const std::string& source, bool writable) {
    return mount(target, "bind", source,
                 {"bind", "private", writable ? "rw" : "ro", "nosuid", "nodev"});
  };
  const Bundle& bundle = inputs.bundle;
  Json list = Json::array();
  list.push_back(mount("/proc", "proc", "proc", {"nosuid", "noexec", "nodev"}));
  list.push_back(
      mount("/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=64k"}));
  list.push_back(mount("/dev/pts", "devpts", "devpts",
                       {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"}));
  list.push_back(
      mount("/dev/shm", "tmpfs", "shm", {"nosuid", "noexec", "nodev", "mode=1777", "size=64m"}));
  list.push_back(mount("/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"}));
  list.push_back(mount("/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", "ro"}));
  // Libraries size their heaps by it, and actuary-init samples from it.
  list.push_back(mount("/sys/fs/cgroup", "cgroup", "cgroup", {"nosuid", "noexec", "nodev", "ro"}));
  list.push_back(bind("/etc/resolv.conf", bundle.at("resolv.conf"), false));
  list.push_back(bind("/etc/hosts", bundle.at("hosts"), false));
  list.push_back(bind("/etc/hostname", bundle.at("hostname"), false));
  list.push_back(bind("/.actuary", bundle.at("control"), true));
  list.push_back(bind("/.actuary/init", bundle.root.parent_path().parent_path() / "init", false));
  list.push_back(bind("/.actuary/log", inputs.log_file, true));
  if (inputs.options.read_only_root) {
    list.push_back(mount("/tmp", "tmpfs", "tmpfs", containers::tmp_options(inputs.spec)));
  }
  return list;
}

Json resources(const engine::ports::ContainerSpec& spec) {
  const containers::Limits limits = containers::limits_of(spec);
  const auto device = [](std::int64_t major, std::int64_t minor) {
    return Json{
        {"allow", true}, {"type", "c"}, {"major", major}, {"minor", minor}, {"access", "rwm"}};
  };
  return {{"memory", {{"limit", limits.memory_bytes}, {"swap", limits.memory_and_swap_bytes}}},
          {"cpu",
           {{"quota", limits.cpu_quota_micros},
            {"period", limits.cpu_period_micros},
            {"shares", 1024}}},
          {"pids", {{"limit", limits.processes}}},
          {"devices",
           {{{"allow", false}, {"access", "rwm"}},
            device(1, 3),
            device(1, 5),
            device(1, 7),
            device(1, 8),
            device(1, 9),
            device(5, 0),
            device(5, 2),
            Json{{"allow", true}, {"type", "c"}, {"major", 136}, {"access", "rwm"}}}}};
}

Json namespaces(const ConfigInputs& inputs) {
  Json list = Json::array();
  for (const char* kind : {"pid", "mount", "ipc", "uts", "cgroup"})
    list.push_back({{"type", kind}});
  list.push_back({{"type", "network"}, {"path", inputs.network_namespace}});
  return list;
}

Json process(const ConfigInputs& inputs, const std::vector<std::string>& arguments) {
  const std::vector<std::string> capabilities(containers::kInitCapabilities.begin(),
                                              containers::kInitCapabilities.end());
  const std::uint64_t files_max = containers::open_files_max();
  return {{"terminal", false},
          {"user", {{"uid", 0}, {"gid", 0}}},
          {"args", arguments},
          {"env", containers::environment_of(inputs.spec)},
          {"cwd", "/"},
          {"capabilities",
           {{"bounding", capabilities}, {"effective", capabilities}, {"permitted", capabilities}}},
          {"rlimits",
           {{{"type", "RLIMIT_CORE"}, {"hard", 0}, {"soft", 0}},
            {{"type", "RLIMIT_NOFILE"}, {"hard", files_max}, {"soft", files_max}}}},
          {"noNewPrivileges", true}};
}

}  // namespace

Result<std::string> runtime_config(const ConfigInputs& inputs) {
  const engine::ports::ContainerSpec& spec = inputs.spec;
  TRY(arguments, containers::init_arguments(inputs.options, spec));
  const Json config = {
      {"ociVersion", "1.0.2"},
      {"process", process(inputs, arguments)},
      {"root",
       {{"path", inputs.bundle.at("rootfs").string()},
        {"readonly", inputs.options.read_only_root}}},
      {"hostname", spec.key.run_id.str()},
      {"mounts", mounts(inputs)},
      {"annotations",
       {{"actuary.installation", inputs.options.installation},
        {"actuary.run", spec.key.run_id.str()},
        {"actuary.epoch", std::to_string(spec.key.epoch)},
        {"actuary.term", std::to_string(spec.term)}}},
      {"linux",
       {{"namespaces", namespaces(inputs)},
        {"cgroupsPath", inputs.cgroup_path},
        {"resources", resources(spec)},
        {"maskedPaths",
         {"/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
          "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi",
          "/sys/firmware", "/sys/devices/virtual/powercap"}},
        {"readonlyPaths",
         {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"}}}}};
  return config.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace actuary::adapters::oci
