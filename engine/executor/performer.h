#pragma once

#include <functional>
#include <string>

#include "engine/decision/effect.h"
#include "engine/directory/directory.h"
#include "engine/executor/command.h"
#include "engine/ports/builder.h"
#include "engine/ports/logs.h"
#include "engine/ports/runtime.h"
#include "engine/ports/secrets.h"
#include "engine/ports/storages.h"

namespace actuary::engine::executor {

/// Turns effects into calls of the ports, and what the ports answer into reports. It decides
/// nothing: an answer of "perhaps" becomes no report at all, and the run's deadline takes it from
/// there.
class Performer {
 public:
  struct Outside {
    ports::ContainerRuntime& runtime;
    ports::ImageBuilder& builder;
    ports::Storages& storages;
    ports::Logs& logs;
    ports::Secrets& secrets;
    /// Submits a report; `cause` is the position of the event whose effect was performed, 0 for
    /// news.
    std::function<void(Command report, Position cause)> report;
  };
  /// What containers must know about this host.
  struct Host {
    std::string api_base_url;         ///< as containers reach it
    std::string api_public_base_url;  ///< as the world reaches it
    std::string live_base_url;        ///< of runs' web servers, for both
  };

  Performer(Outside outside, Host host, const directory::Directory& directory);
  Performer(const Performer&) = delete;
  Performer& operator=(const Performer&) = delete;

  void perform(const decision::Effect& effect, Position cause);

  /// The writer's term, a label on every container from now on.
  void set_term(std::uint64_t term) { term_ = term; }

 private:
  friend struct PerformerVisitor;

  [[nodiscard]] Result<ports::ContainerSpec> complete(const decision::StartContainer& effect);
  void on_exit(const ports::ContainerKey& key, const ports::ContainerExit& exit);

  Outside outside_;
  Host host_;
  const directory::Directory& directory_;
  std::uint64_t term_ = 0;
};

}  // namespace actuary::engine::executor
