#include "adapters/docker/disk.h"

#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "adapters/containers/mounts.h"
#include "adapters/docker/json.h"
#include "adapters/reactor/process.h"

namespace actuary::adapters::docker {

Status make_disk(const std::filesystem::path& templates, const engine::ports::ContainerSpec& spec,
                 const Bundle& bundle) {
  TRY_VOID(make_directory(bundle.at("disk")));
  if (!containers::is_mount_point(bundle.at("disk"))) {
    TRY_VOID(containers::mount_disk(templates, spec.disk_mbytes, bundle.at("disk.img"),
                                    bundle.at("disk")));
  }
  const nlohmann::json image = nlohmann::json::parse(spec.image.config, nullptr, false);
  const std::size_t volumes =
      image.is_object() && image.contains("config") && image["config"].is_object()
          ? image["config"].value("Volumes", nlohmann::json::object()).size()
          : 0;
  for (std::size_t i = 0; i < volumes; ++i) {
    TRY_VOID(make_directory(bundle.at("disk/volume-" + std::to_string(i))));
  }
  return {};
}

Status limit_layer(const nlohmann::json& shown, const Bundle& bundle) {
  const std::string upper = text_in(shown, {"GraphDriver", "Data", "UpperDir"});
  const std::filesystem::path layer = std::filesystem::path(upper).parent_path();
  const std::string driver = text_in(shown, {"GraphDriver", "Name"});
  // `overlay` is Podman's, and keeps a layer in the same way.
  if ((driver != "overlay2" && driver != "overlay") || !upper.ends_with("/diff") ||
      access(layer.c_str(), R_OK | W_OK) != 0) {
    return fail(Code::kUnavailable,
                "Docker keeps its layers with the driver '" + driver +
                    "', whose size cannot be limited here: give the daemon \"storage-driver\": "
                    "\"overlay2\" in /etc/docker/daemon.json, on this machine");
  }
  if (containers::is_mount_point(layer)) return {};
  const std::filesystem::path copy = bundle.at("disk/layer");
  TRY_VOID(reactor::run_ok({.argv = {"cp", "-a", "-T", layer, copy}}));
  if (mount(copy.c_str(), layer.c_str(), nullptr, MS_BIND, nullptr) != 0) {
    return fail_errno("bind " + layer.string());
  }
  return write_scratch(bundle.at("layer"), layer.string());
}

Status check_layer(const engine::ports::ContainerSpec& spec,
                   const containers::ProcessMark& process) {
  struct statvfs root {};
  const std::string path = "/proc/" + std::to_string(process.pid) + "/root/";
  if (statvfs(path.c_str(), &root) != 0) return fail_errno(path);
  const std::uint64_t bytes = static_cast<std::uint64_t>(root.f_blocks) * root.f_frsize;
  if (bytes <= static_cast<std::uint64_t>(spec.disk_mbytes) << 20U) return {};
  return fail(Code::kUnavailable,
              "the container's disk has " + std::to_string(bytes >> 20U) + " MB instead of " +
                  std::to_string(spec.disk_mbytes) +
                  ": the Docker daemon does not see this engine's mounts (does it run in a mount "
                  "namespace of its own, or in a container?)");
}

void drop_disk(const Bundle& bundle) {
  if (const auto layer = read_file(bundle.at("layer"))) containers::unmount(*layer);
  containers::unmount(bundle.at("disk"));
}

}  // namespace actuary::adapters::docker
