#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "engine/decision/decision.h"
#include "engine/policy/retention.h"
#include "engine/ports/runtime.h"
#include "journal/base/result.h"

namespace actuary::adapters::host {

/// What to do when the API's address is taken by somebody else.
enum class PortTaken : std::uint8_t {
  kRefuse,   ///< name the holder: live containers know this address
  kTakeAny,  ///< only where no address was ever recorded in DATA
};

/// What runs the containers.
enum class RuntimeKind : std::uint8_t {
  kAuto,  ///< what DATA had last time; the first time the OCI runtime, if it works here, else
          ///< Docker
  kOci,   ///< conmon and crun or runc, without a daemon
  kDocker,
};

/// What becomes of a journal that a newer program went on with.
enum class NewerJournal : std::uint8_t {
  kRefuse,
  kShow,  ///< what was up to there is served; nothing is taken, started or written
};

struct Options {
  std::filesystem::path data;  ///< DATA; made when missing
  RuntimeKind runtime = RuntimeKind::kAuto;
  /// A path; empty: DOCKER_HOST if that is a unix socket, else /var/run/docker.sock.
  std::string docker_socket;
  /// Where the API listens. Absent: where it listened last time, else 127.0.0.1:8010. Port 0: any
  /// free one.
  std::optional<std::string> listen_address;
  std::optional<std::uint16_t> listen_port;
  PortTaken port_taken = PortTaken::kRefuse;
  NewerJournal newer_journal = NewerJournal::kRefuse;
  /// Containers can write only /tmp, in memory, and the volumes of their image. Else the whole of
  /// their disk up to its limit, as Actors that nobody has changed expect.
  bool read_only_root = false;
  /// Absent: most of the machine's memory and of the free disk.
  std::optional<engine::ports::Capacity> capacity;
  /// Bytes kept free on each file system of DATA; absent: a twentieth of it, 16 to 512 MiB.
  std::optional<std::uint64_t> disk_reserve_bytes;
  /// What is deleted when it is old; recorded in the journal. By default everything is kept.
  engine::policy::Retention retention;
  /// What each account may hold at once, unless it was given limits of its own; 0: no limit.
  engine::decision::AccountLimits account_limits;
  /// How long a run waits for room; then it fails. 0: for ever.
  std::uint32_t waiting_secs_max = engine::decision::Settings{}.waiting_secs_max;
  events::WhenOverLimit when_over_limit = events::WhenOverLimit::kRefuse;
  /// The operator vouches for a wall clock that is more than a week ahead of the last record. Else
  /// nothing is deleted in the engine's first day then.
  bool clock_vouched = false;
  /// When retention looks first, and how often from then on.
  std::chrono::milliseconds retention_first{2'000};
  std::chrono::milliseconds retention_every{3'600'000};
  /// `actuary-init`; empty: looked for beside this program and in the installation's libexec.
  std::filesystem::path init_binary;
  /// The journal refused to go on: nothing is acknowledged any more. Empty: the process is left to
  /// its host.
  std::function<void(const Error&)> on_fatal;
  /// A line for the operator about something that only costs time or waits: a snapshot that was not
  /// used, and why; a disk that runs full or has room again. On the loop's thread.
  std::function<void(const std::string&)> on_note;
};

inline constexpr std::uint16_t kPortDefault = 8010;
inline constexpr const char* kAddressDefault = "127.0.0.1";
/// The user that the first start makes, and for whom DATA/engine.sock speaks.
inline constexpr const char* kLocalUser = "admin";

}  // namespace actuary::adapters::host
