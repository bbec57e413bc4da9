#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

#include "journal/record/record.h"

/// Facts that span streams. Folded from every event, the pending ones too, so that a decision sees
/// what the decision before it did; projections never feed a decision.
namespace actuary::engine::directory {

struct TokenFacts {
  TokenId token_id;
  UserId user_id;
};

struct ActorFacts {
  UserId user_id;
  std::string name;
  events::RunOptions default_options;
  std::map<std::string, events::ActorVersion> versions;
  std::map<std::string, BuildId> tags;
  std::map<std::string, std::uint32_t> last_build;  ///< by version number; survives the version
};

struct BuildFacts {
  ActorId actor_id;
  std::string number;
  std::uint64_t memory_mbytes = 0;
  std::vector<events::EnvVar> env_vars;
  std::optional<events::Image> image;  ///< once it has succeeded
  bool running = false;
  bool finished = false;
};

struct StorageFacts {
  UserId user_id;
  events::StorageKind kind = events::StorageKind::kKeyValueStore;
  std::string name;
};

/// What a run asks of the host, and whether it holds it now.
struct RunDemand {
  std::uint64_t memory_mbytes = 0;
  std::uint64_t disk_mbytes = 0;
  bool admitted = false;
  std::string held;  ///< why it waits, as its user was told
};

class Directory {
 public:
  void apply(const Record& record);

  [[nodiscard]] bool user_exists(const UserId& id) const { return users_.contains(id); }
  [[nodiscard]] std::optional<UserId> find_user(std::string_view username) const;
  [[nodiscard]] std::string username_of(const UserId& id) const;
  /// By the token's keyed hash; a revoked token is not found.
  [[nodiscard]] const TokenFacts* find_token(std::string_view hash) const;

  [[nodiscard]] const ActorFacts* find_actor(const ActorId& id) const;
  [[nodiscard]] std::optional<ActorId> find_actor(const UserId& owner, std::string_view name) const;
  [[nodiscard]] const BuildFacts* find_build(const BuildId& id) const;
  /// By tag or by full number.
  ///
  /// errors: kUnknownBuildTag; kNotFound: no such number; kBuildNotFinished: not SUCCEEDED
  [[nodiscard]] Result<BuildId> resolve_build(const ActorId& actor,
                                              std::string_view tag_or_number) const;

  [[nodiscard]] const StorageFacts* find_storage(const StorageId& id) const;
  [[nodiscard]] std::optional<StorageId> find_storage(const UserId& owner, events::StorageKind kind,
                                                      std::string_view name) const;

  /// Runs and builds in the order in which they began to wait.
  [[nodiscard]] const std::map<Position, RunId>& waiting_runs() const { return waiting_runs_; }
  [[nodiscard]] const std::map<Position, BuildId>& waiting_builds() const {
    return waiting_builds_;
  }
  [[nodiscard]] const RunDemand* find_demand(const RunId& id) const;
  [[nodiscard]] std::uint64_t memory_in_use_mbytes() const { return memory_in_use_mbytes_; }
  [[nodiscard]] std::uint64_t disk_in_use_mbytes() const { return disk_in_use_mbytes_; }
  [[nodiscard]] std::uint32_t builds_running() const { return builds_running_; }
  [[nodiscard]] std::uint32_t runs_admitted() const { return runs_admitted_; }

 private:
  friend struct Folder;
  struct NameLess {
    using is_transparent = void;
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return std::string_view(a) < std::string_view(b);
    }
  };

  void release_run(const RunId& id);
  void finish_build(const BuildId& id);

  std::map<UserId, std::string> users_;
  std::map<std::string, UserId, NameLess> user_names_;
  std::map<std::string, TokenFacts, NameLess> tokens_;  ///< by hash
  std::map<ActorId, ActorFacts> actors_;
  std::map<std::pair<UserId, std::string>, ActorId> actor_names_;
  std::map<BuildId, BuildFacts> builds_;
  std::map<std::pair<ActorId, std::string>, BuildId> build_numbers_;
  std::map<StorageId, StorageFacts> storages_;
  std::map<std::tuple<UserId, events::StorageKind, std::string>, StorageId> storage_names_;
  std::map<Position, RunId> waiting_runs_;
  std::map<RunId, Position> waiting_since_;
  std::map<RunId, RunDemand> demands_;
  std::map<Position, BuildId> waiting_builds_;
  std::uint64_t memory_in_use_mbytes_ = 0;
  std::uint64_t disk_in_use_mbytes_ = 0;
  std::uint32_t builds_running_ = 0;
  std::uint32_t runs_admitted_ = 0;
};

}  // namespace actuary::engine::directory
