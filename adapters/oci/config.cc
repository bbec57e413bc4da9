#include "adapters/oci/config.h"

#include <sys/resource.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

namespace actuary::adapters::oci {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t kCpuPeriodMicros = 100'000;
/// A run of 128 MB is entitled to 3 % of a core, in which a shell barely starts.
constexpr std::uint64_t kCpuQuotaMicrosMin = 25'000;
constexpr std::uint64_t kMemoryMbytesPerCore = 4096;

Json image_process(std::string_view image_config) {
  const Json image = Json::parse(image_config, nullptr, false);
  if (!image.is_object()) return Json::object();
  const auto process = image.find("config");
  return process != image.end() && process->is_object() ? *process : Json::object();
}

std::string text_at(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

void append_texts(const Json& json, const char* name, std::vector<std::string>& texts) {
  const auto found = json.find(name);
  if (found == json.end() || !found->is_array()) return;
  for (const Json& each : *found) {
    if (each.is_string()) texts.push_back(each.get<std::string>());
  }
}

std::vector<std::string> environment(const Json& process,
                                     const std::vector<events::EnvVar>& wanted) {
  std::map<std::string, std::string> values = {
      {"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}};
  std::vector<std::string> from_image;
  append_texts(process, "Env", from_image);
  for (const std::string& entry : from_image) {
    const std::size_t equals = entry.find('=');
    if (equals != std::string::npos) values[entry.substr(0, equals)] = entry.substr(equals + 1);
  }
  for (const events::EnvVar& entry : wanted) values[entry.name] = entry.value;
  std::vector<std::string> entries;
  entries.reserve(values.size());
  for (const auto& [name, value] : values) entries.push_back(name + "=" + value);
  return entries;
}

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
  return list;
}

Json resources(const engine::ports::ContainerSpec& spec) {
  const Limits limits = limits_of(spec);
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

/// Of open files, for each process. Nobody may be given more than this process may have.
std::uint64_t files_max() {
  constexpr std::uint64_t kFilesMax = 65'536;
  rlimit own{};
  return getrlimit(RLIMIT_NOFILE, &own) == 0 ? std::min<std::uint64_t>(own.rlim_max, kFilesMax)
                                             : kFilesMax;
}

Json process(const ConfigInputs& inputs, const Json& image, std::vector<std::string> command) {
  std::string directory = text_at(image, "WorkingDir");
  const std::vector<std::string> env = environment(image, inputs.spec.env);
  const bool has_home = std::any_of(
      env.begin(), env.end(), [](const std::string& entry) { return entry.starts_with("HOME="); });
  std::vector<std::string> arguments = {"/.actuary/init",
                                        "--run",
                                        inputs.spec.key.run_id.str(),
                                        "--home",
                                        has_home ? "keep" : "user",
                                        "--user",
                                        text_at(image, "User"),
                                        "--directory",
                                        directory.empty() ? "/" : directory,
                                        "--log-bytes-max",
                                        std::to_string(inputs.options.log_bytes_max),
                                        "--disk-free-min",
                                        std::to_string(inputs.options.disk_free_min),
                                        "--"};
  arguments.insert(arguments.end(), command.begin(), command.end());
  const std::vector<std::string> capabilities(kInitCapabilities.begin(), kInitCapabilities.end());
  return {{"terminal", false},
          {"user", {{"uid", 0}, {"gid", 0}}},
          {"args", arguments},
          {"env", env},
          {"cwd", "/"},
          {"capabilities",
           {{"bounding", capabilities}, {"effective", capabilities}, {"permitted", capabilities}}},
          {"rlimits",
           {{{"type", "RLIMIT_CORE"}, {"hard", 0}, {"soft", 0}},
            {{"type", "RLIMIT_NOFILE"}, {"hard", files_max()}, {"soft", files_max()}}}},
          {"noNewPrivileges", true}};
}

}  // namespace

Limits limits_of(const engine::ports::ContainerSpec& spec) {
  const std::uint64_t memory_bytes = static_cast<std::uint64_t>(spec.memory_mbytes) << 20U;
  return {.memory_bytes = memory_bytes,
          .memory_and_swap_bytes = memory_bytes,
          .processes = spec.pids_max,
          .cpu_quota_micros = std::max(spec.memory_mbytes * kCpuPeriodMicros / kMemoryMbytesPerCore,
                                       kCpuQuotaMicrosMin),
          .cpu_period_micros = kCpuPeriodMicros};
}

Result<std::string> runtime_config(const ConfigInputs& inputs) {
  const engine::ports::ContainerSpec& spec = inputs.spec;
  const Json image = image_process(spec.image.config);
  std::vector<std::string> command;
  append_texts(image, "Entrypoint", command);
  append_texts(image, "Cmd", command);
  if (command.empty())
    return fail(Code::kInvalidArgument, "the image has neither CMD nor ENTRYPOINT");
  const Json config = {
      {"ociVersion", "1.0.2"},
      {"process", process(inputs, image, std::move(command))},
      {"root", {{"path", inputs.bundle.at("rootfs").string()}, {"readonly", false}}},
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

bool runs_as_root(std::string_view image_config) {
  const std::string user = text_at(image_process(image_config), "User");
  const std::string name = user.substr(0, user.find(':'));
  return name.empty() || name == "root" || name == "0";
}

}  // namespace actuary::adapters::oci
