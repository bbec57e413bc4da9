#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "adapters/containers/files.h"
#include "engine/ports/runtime.h"

namespace actuary::adapters::containers {

using engine::ports::ContainerExit;
using engine::ports::ContainerKey;

/// `<run id>-<epoch>`: the container's name everywhere, in folders, cgroups and the OCI runtime.
[[nodiscard]] std::string container_name(const ContainerKey& key);
[[nodiscard]] std::optional<ContainerKey> parse_container_name(std::string_view name);

/// A process that cannot be mistaken for another one that got its number later.
struct ProcessMark {
  pid_t pid = 0;
  std::uint64_t start_ticks = 0;
  std::string boot;
};

/// Marks a process that exists now.
[[nodiscard]] std::optional<ProcessMark> mark_process(pid_t pid);
[[nodiscard]] bool is_alive(const ProcessMark& mark);
/// SIGKILL to exactly that process; gone already is success.
void kill_process(const ProcessMark& mark);

/// What `actuary-init` wrote when the user's process had ended.
struct ExitRecord {
  std::int32_t code = 0;
  std::int32_t signal = 0;
  std::uint64_t oom_kills = 0;  ///< by the kernel, in this container
};

/// What two witnesses say together: init's record, and the exit code that the runtime saw. They
/// differ where somebody tampers: of a user that is uid 0 the runtime's is believed.
[[nodiscard]] ContainerExit exit_of(const std::optional<ExitRecord>& record,
                                    const std::optional<std::int32_t>& reported, bool runs_as_root);

/// The folder of one container, `DATA/runtime/containers/<name>`.
///
///   config.json   the OCI bundle, with the environment and its secrets
///   control/      actuary-init's folder, mounted at /.actuary; see adapters/init/init.h
///   disk.img      the writable layer's file system, mounted on disk/ (upper/, work/)
///   rootfs/       the overlay
///   process.json  the init as seen from the host; slot: its network; pid, conmon.pid, conmon.log:
///   the shim's
struct Bundle {
  std::filesystem::path root;
  std::string name;

  [[nodiscard]] std::filesystem::path at(std::string_view file) const { return root / file; }

  [[nodiscard]] bool started() const;
  [[nodiscard]] std::optional<ExitRecord> exit_record() const;
  /// What init sampled last; nothing before the first sample.
  [[nodiscard]] std::optional<engine::ports::ContainerUsage> usage() const;
  [[nodiscard]] std::optional<ProcessMark> process() const;
  [[nodiscard]] Status save_process(const ProcessMark& mark) const;
  [[nodiscard]] bool shim_alive() const;
};

/// The bundle of a container, there or not, and the containers that have one, under DATA.
[[nodiscard]] Bundle bundle_of(const std::filesystem::path& data, const ContainerKey& key);
[[nodiscard]] std::vector<ContainerKey> bundles_in(const std::filesystem::path& data);

}  // namespace actuary::adapters::containers
