#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace actuary::adapters::containers {

/// Where the daemonless runtime and builder keep their things, and whose they are.
struct Options {
  std::filesystem::path data = {};         ///< DATA; we use runtime/, images/ and logs/ in it
  std::string installation = {};           ///< 8 hex digits: on cgroups, bridge and labels
  std::filesystem::path init_binary = {};  ///< the built `actuary-init`
  std::uint16_t api_port = 8010;  ///< the one host port that containers reach, on the gateway
  std::uint64_t term = 0;         ///< of the engine, a label
  std::uint64_t log_bytes_max = 10'485'760;
  unsigned spare_networks = 2;  ///< network namespaces kept ready
  std::filesystem::path base_archive = "/var/lib/actuary/base/rootfs.tar";  ///< tools/base-image
  std::uint64_t disk_free_min = 0;  ///< bytes below which a container's output is dropped
  /// Only /tmp, in memory, and the image's volumes can be written. Else all of it up to the disk's
  /// limit, as Actors that nobody has changed expect.
  bool read_only_root = false;
};

}  // namespace actuary::adapters::containers
