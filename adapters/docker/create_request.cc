#include "adapters/docker/create_request.h"

#include <sys/resource.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "adapters/containers/control.h"
#include "adapters/containers/process.h"

namespace actuary::adapters::docker {
namespace {

using Json = nlohmann::json;

Json bind(const std::filesystem::path& source, const char* target, bool read_only) {
  return {{"Type", "bind"},
          {"Source", source.string()},
          {"Target", target},
          {"ReadOnly", read_only},
          {"BindOptions", {{"Propagation", "rprivate"}}}};
}

/// Where the image declares volumes: they begin as the image has them, and are on the container's
/// disk, whose size is limited.
void add_volumes(const CreateInputs& inputs, Json& mounts) {
  const Json image = Json::parse(inputs.spec.image.config, nullptr, false);
  if (!image.is_object() || !image.contains("config") || !image["config"].is_object()) return;
  const Json volumes = image["config"].value("Volumes", Json());
  if (!volumes.is_object()) return;
  int number = 0;
  for (const auto& [target, unused] : volumes.items()) {
    const std::filesystem::path folder =
        inputs.bundle.at("disk/volume-" + std::to_string(number++));
    mounts.push_back(
        {{"Type", "volume"},
         {"Target", target},
         {"VolumeOptions",
          {{"DriverConfig",
            {{"Name", "local"},
             {"Options", {{"type", "none"}, {"o", "bind"}, {"device", folder.string()}}}}}}}});
  }
}

Json mounts(const CreateInputs& inputs) {
  const Bundle& bundle = inputs.bundle;
  const containers::Options& options = inputs.options.containers;
  Json list = {bind(bundle.at("control"), "/.actuary", false),
               bind(options.data / "runtime/init", "/.actuary/init", true),
               bind(containers::log_of(options, inputs.spec.key), "/.actuary/log", false),
               bind(bundle.at("resolv.conf"), "/etc/resolv.conf", true)};
  add_volumes(inputs, list);
  return list;
}

Json ulimits(const CreateInputs& inputs) {
  const std::uint64_t files_max = containers::open_files_max();
  Json list = {{{"Name", "core"}, {"Hard", 0}, {"Soft", 0}},
               {{"Name", "nofile"}, {"Hard", files_max}, {"Soft", files_max}}};
  // Podman asks for more processes than it may give itself, unless it is told a number.
  constexpr std::uint64_t kPodmanProcessesMax = 32'768;
  rlimit own{};
  if (inputs.for_podman && getrlimit(RLIMIT_NPROC, &own) == 0) {
    const std::uint64_t most = std::min<std::uint64_t>(own.rlim_max, kPodmanProcessesMax);
    list.push_back({{"Name", "nproc"}, {"Hard", most}, {"Soft", most}});
  }
  return list;
}

/// What Docker's own stop sends: runs are stopped by us. A daemon that is told to end while nothing
/// runs yet forgets live-restore, and stops what it starts meanwhile; whoever waits for that daemon
/// loses his patience before this is over, and the container lives.
constexpr const char* kIgnoredSignal = "SIGURG";
constexpr int kStopSecondsMax = 24 * 3600;

Json tmpfs(const CreateInputs& inputs) {
  std::string options = "rw";
  for (const std::string& each : containers::tmp_options(inputs.spec)) options += "," + each;
  return {{"/tmp", options}};
}

Json host_config(const CreateInputs& inputs) {
  const containers::Limits limits = containers::limits_of(inputs.spec);
  const bool read_only = inputs.options.containers.read_only_root;
  Json config = {
      {"NetworkMode", inputs.network},
      {"IpcMode", "private"},
      {"Memory", limits.memory_bytes},
      {"MemorySwap", limits.memory_and_swap_bytes},
      {"CpuQuota", limits.cpu_quota_micros},
      {"CpuPeriod", limits.cpu_period_micros},
      {"CpuShares", 1024},
      {"PidsLimit", limits.processes},
      {"CapDrop", {"ALL"}},
      {"CapAdd", containers::kInitCapabilities},
      {"SecurityOpt", {"no-new-privileges"}},
      {"Ulimits", ulimits(inputs)},
      {"Mounts", mounts(inputs)},
      {"ReadonlyRootfs", read_only},
      {"Tmpfs", read_only ? tmpfs(inputs) : Json::object()},
      {"RestartPolicy", {{"Name", "no"}}},
      {"AutoRemove", false},
      {"Init", false},
      // What init itself says when it cannot begin; the run's log is init's own file.
      {"LogConfig", {{"Type", "json-file"}, {"Config", {{"max-size", "100k"}, {"max-file", "2"}}}}},
      {"ExtraHosts", {"host.docker.internal:" + inputs.gateway}}};
  if (inputs.own_cgroup_namespace) config["CgroupnsMode"] = "private";
  return config;
}

}  // namespace

std::string image_name(const events::Image& image) { return "localhost/actuary/image:" + image.id; }

Result<Json> create_request(const CreateInputs& inputs) {
  TRY(arguments, containers::init_arguments(inputs.options.containers, inputs.spec));
  // Nothing of the user's runs before we have seen that Docker did what it was told.
  arguments.insert(arguments.begin() + 1, {"--gate", "wait"});
  const engine::ports::ContainerSpec& spec = inputs.spec;
  return Json{{"Image", image_name(spec.image)},
              {"Hostname", spec.key.run_id.str()},
              {"User", "0:0"},
              {"WorkingDir", "/"},
              {"Env", containers::environment_of(spec)},
              {"Entrypoint", arguments},
              {"Cmd", Json::array()},
              {"Tty", false},
              {"OpenStdin", false},
              {"StopSignal", kIgnoredSignal},
              {"StopTimeout", kStopSecondsMax},
              {"Healthcheck", {{"Test", {"NONE"}}}},
              {"Labels",
               {{kOwnerLabel, inputs.options.containers.installation},
                {"actuary.run", spec.key.run_id.str()},
                {"actuary.epoch", std::to_string(spec.key.epoch)},
                {"actuary.term", std::to_string(spec.term)}}},
              {"HostConfig", host_config(inputs)},
              {"NetworkingConfig", {{"EndpointsConfig", {{inputs.network, Json::object()}}}}}};
}

}  // namespace actuary::adapters::docker
