#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "journal/base/id.h"
#include "journal/base/result.h"
#include "journal/events/run.h"

namespace actuary::engine::ports {

/// One attempt's container: the same key is never started twice.
struct ContainerKey {
  RunId run_id;
  Position epoch = 0;

  friend auto operator<=>(const ContainerKey&, const ContainerKey&) = default;
};

struct ContainerSpec {
  ContainerKey key;
  std::uint64_t term = 0;  ///< of the engine that wants it, a label on the container
  events::Image image;
  std::vector<events::EnvVar> env;  ///< complete and unsealed; later entries win over the image's
  std::uint32_t memory_mbytes = 0;
  std::uint32_t disk_mbytes = 0;
  std::uint32_t pids_max = 0;
};

/// How a container ended, as far as anyone saw.
struct ContainerExit {
  std::optional<std::int32_t> exit_code;  ///< 128 + signal when killed
  std::int32_t signal = 0;
  bool out_of_memory = false;
  bool proven_empty = false;  ///< no exit record, but no process is left either
  std::string detail;         ///< a conflict between two witnesses, a missing record
  events::ResourceUsage usage = {};
};

enum class ContainerState : std::uint8_t { kMissing, kCreated, kRunning, kExited };

struct ContainerView {
  ContainerKey key;
  ContainerState state = ContainerState::kMissing;
  std::optional<ContainerExit> exit;  ///< when kExited
};

/// What a running container has used so far, and uses now.
struct ContainerUsage {
  events::ResourceUsage totals;
  std::uint64_t memory_bytes_now = 0;
  double cpu_percent_now = 0;
  bool web_server_ready = false;  ///< somebody listens on the web server's port
};

/// Where a container's web server is reached from this host.
struct WebServer {
  std::string host;  ///< an IPv4 address
  std::uint16_t port = 0;
};

/// What an Actor is told through its events websocket, so that it saves its state in time.
struct Announcement {
  enum class Kind : std::uint8_t { kAborting, kMigrating };
  Kind kind = Kind::kAborting;
  Timestamp at;
  Microseconds remaining{};  ///< until it is stopped
};

/// What runs containers. Every call is idempotent by key and answers on the loop's thread, also
/// when the container is already in the wanted state.
///
/// errors: kUnavailable (certainly not done), kUnknown (perhaps: never repeat a start blindly); a
/// start that meets no runtime answers kNoRuntime, is tried again by itself, and answers again
class ContainerRuntime {
 public:
  template <class T>
  using Done = std::function<void(Result<T>)>;

  virtual ~ContainerRuntime() = default;

  /// Runs once per container end; level-triggered, so a repeated call for one key is allowed.
  using OnExit = std::function<void(const ContainerKey&, const ContainerExit&)>;
  virtual void on_exit(OnExit listener) = 0;

  /// Creates and starts it, or finds it started already. The user's process is started at most once
  /// per key, whatever the number of calls and crashes.
  virtual void start(ContainerSpec spec, Done<void> done) = 0;
  /// Tells the process inside. One announcement of a kind reaches every client of the container's
  /// websocket once, also one that connects later, whatever the number of calls and crashes. A
  /// container that does not run is success.
  virtual void announce(const ContainerKey& key, Announcement announcement, Done<void> done) = 0;
  /// SIGKILL to everything inside. A missing container is success.
  virtual void kill(const ContainerKey& key, Done<void> done) = 0;
  /// Kills what is left and frees all it held: cgroup, mounts, network, bundle. A missing container
  /// is success.
  virtual void remove(const ContainerKey& key, Done<void> done) = 0;
  virtual void inspect(const ContainerKey& key, Done<ContainerView> done) = 0;
  /// The last sample of a container, a few seconds old at most; nothing before the first, and once
  /// it is removed. From memory, on the loop's thread.
  [[nodiscard]] virtual std::optional<ContainerUsage> usage(const ContainerKey& key) const = 0;
  /// Of a container that was started and not yet removed, whether anybody listens there or not.
  /// From memory, on the loop's thread.
  [[nodiscard]] virtual std::optional<WebServer> web_server(const ContainerKey& key) const = 0;
  /// Every container of this installation, running or not.
  virtual void list(Done<std::vector<ContainerView>> done) = 0;
};

/// What one host can give to runs.
struct Capacity {
  std::uint64_t memory_mbytes = 0;
  std::uint64_t disk_mbytes = 0;
};

}  // namespace actuary::engine::ports
