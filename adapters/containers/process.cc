#include "adapters/containers/process.h"

#include <sys/resource.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

namespace actuary::adapters::containers {
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

std::vector<std::string> environment_of(const engine::ports::ContainerSpec& spec) {
  const Json process = image_process(spec.image.config);
  std::map<std::string, std::string> values = {
      {"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}};
  std::vector<std::string> from_image;
  append_texts(process, "Env", from_image);
  for (const std::string& entry : from_image) {
    const std::size_t equals = entry.find('=');
    if (equals != std::string::npos) values[entry.substr(0, equals)] = entry.substr(equals + 1);
  }
  for (const events::EnvVar& entry : spec.env) values[entry.name] = entry.value;
  std::vector<std::string> entries;
  entries.reserve(values.size());
  for (const auto& [name, value] : values) {
    entries.emplace_back(name).append("=").append(value);
  }
  return entries;
}

Result<std::vector<std::string>> init_arguments(const Options& options,
                                                const engine::ports::ContainerSpec& spec) {
  const Json image = image_process(spec.image.config);
  std::vector<std::string> command;
  append_texts(image, "Entrypoint", command);
  append_texts(image, "Cmd", command);
  if (command.empty())
    return fail(Code::kInvalidArgument, "the image has neither CMD nor ENTRYPOINT");
  const std::string directory = text_at(image, "WorkingDir");
  const std::vector<std::string> env = environment_of(spec);
  const bool has_home = std::any_of(
      env.begin(), env.end(), [](const std::string& entry) { return entry.starts_with("HOME="); });
  std::vector<std::string> arguments = {"/.actuary/init",
                                        "--run",
                                        spec.key.run_id.str(),
                                        "--home",
                                        has_home ? "keep" : "user",
                                        "--user",
                                        text_at(image, "User"),
                                        "--directory",
                                        directory.empty() ? "/" : directory,
                                        "--log-bytes-max",
                                        std::to_string(options.log_bytes_max),
                                        "--disk-free-min",
                                        std::to_string(options.disk_free_min),
                                        "--"};
  arguments.insert(arguments.end(), command.begin(), command.end());
  return arguments;
}

std::uint64_t open_files_max() {
  constexpr std::uint64_t kFilesMax = 65'536;
  rlimit own{};
  return getrlimit(RLIMIT_NOFILE, &own) == 0 ? std::min<std::uint64_t>(own.rlim_max, kFilesMax)
                                             : kFilesMax;
}

std::vector<std::string> tmp_options(const engine::ports::ContainerSpec& spec) {
  return {"nosuid", "nodev", "mode=1777", "size=" + std::to_string(spec.memory_mbytes / 2) + "m"};
}

bool runs_as_root(std::string_view image_config) {
  const std::string user = text_at(image_process(image_config), "User");
  const std::string name = user.substr(0, user.find(':'));
  return name.empty() || name == "root" || name == "0";
}

}  // namespace actuary::adapters::containers
