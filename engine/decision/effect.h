#pragma once

#include <string>
#include <variant>
#include <vector>

#include "engine/ports/builder.h"
#include "engine/ports/runtime.h"
#include "journal/record/record.h"

/// What a decision wants done outside. An effect is performed once its event is durable; performing
/// it twice is harmless, and after a crash it is derived again from the state.
namespace actuary::engine::decision {

struct FenceStorages {
  ports::ContainerKey key;
};
/// Addresses, tokens and opened secrets are added by whoever performs it: they are not state.
struct StartContainer {
  UserId user_id;
  ActorId actor_id;
  ports::ContainerSpec spec;
  BuildId build_id;
};
struct KillContainer {
  ports::ContainerKey key;
};
/// Told again after a restart of the engine: the container knows what it has heard.
struct AnnounceToContainer {
  ports::ContainerKey key;
  ports::Announcement announcement;
};
enum class WhenGone : std::uint8_t { kStayQuiet, kReportIt };
struct RemoveContainer {
  ports::ContainerKey key;
  WhenGone when_gone = WhenGone::kStayQuiet;
};
struct BuildImage {
  ports::BuildSpec spec;
};
struct CancelBuild {
  BuildId build_id;
};
struct RemoveImage {
  events::Image image;
};
struct WriteLog {
  std::string job_id;
  Timestamp at;
  std::string text;
};
struct RemoveLog {
  std::string job_id;
};
struct DropStorage {
  StorageId storage_id;
};

/// Counts what is in the run's default dataset: each item is paid for.
struct CountItems {
  RunId run_id;
  StorageId dataset_id;
};

using Effect = std::variant<FenceStorages, StartContainer, KillContainer, RemoveContainer,
                            BuildImage, CancelBuild, RemoveImage, WriteLog, RemoveLog, DropStorage,
                            AnnounceToContainer, CountItems>;
using Effects = std::vector<Effect>;

}  // namespace actuary::engine::decision
