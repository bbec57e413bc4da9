#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/directory/command_keys.h"
#include "journal/record/record.h"

/// Facts that span streams. Folded from every event, the pending ones too, so that a decision sees
/// what the decision before it did; projections never feed a decision.
namespace actuary::engine::directory {

struct TokenFacts {
  TokenId token_id;
  UserId user_id;
  ACTUARY_FIELDS(TokenFacts, token_id, user_id);
};

struct ActorFacts {
  UserId user_id;
  std::string name;
  events::RunOptions default_options;
  std::map<std::string, events::ActorVersion> versions;
  std::map<std::string, BuildId> tags;
  std::map<std::string, std::uint32_t> last_build;  ///< by version number; survives the version
  std::vector<events::Pricing> pricings;
  ACTUARY_FIELDS(ActorFacts, user_id, name, default_options, versions, tags, last_build, pricings);
};

/// Stays until its build is deleted: a number or a tag may ask for it at any time.
struct BuildFacts {
  ActorId actor_id;
  std::string number;
  std::uint64_t memory_mbytes = 0;
  std::vector<events::EnvVar> env_vars;  ///< none any more when it ended without an image
  std::optional<events::Image> image;    ///< once it has succeeded
  bool running = false;
  bool finished = false;
  UserId user_id;  ///< whose share it takes
  ACTUARY_FIELDS(BuildFacts, actor_id, number, memory_mbytes, env_vars, image, running, finished,
                 user_id);
};

/// Of named storages, and of those unnamed ones that are in memory; see executor/folded.h.
struct StorageFacts {
  UserId user_id;
  events::StorageKind kind = events::StorageKind::kKeyValueStore;
  std::string name;
  ACTUARY_FIELDS(StorageFacts, user_id, kind, name);
};

/// What a run asks of the host, and whether it holds it now.
struct RunDemand {
  UserId user_id;
  std::uint64_t memory_mbytes = 0;
  std::uint64_t disk_mbytes = 0;
  bool admitted = false;
  std::string held;  ///< why it waits, as its user was told
  BuildId build_id;  ///< what it runs, or will
  std::uint32_t priority = 0;
  ACTUARY_FIELDS(RunDemand, user_id, memory_mbytes, disk_mbytes, admitted, held, build_id,
                 priority);
};

/// One account's share: what it waits for, what it holds, and how long it was patient.
struct Account {
  std::map<Position, RunId> waiting;
  std::uint64_t memory_in_use_mbytes = 0;
  std::uint32_t passed = 0;  ///< younger runs of others that came before its oldest waiting one
  /// The same runs as they come: the higher priority first, then who waits longer.
  std::map<std::pair<std::int64_t, Position>, RunId> queue;
  std::uint64_t memory_waiting_mbytes = 0;
  std::uint32_t runs_admitted = 0;
  std::uint64_t builds_memory_mbytes = 0;  ///< of builds that are not over
  ACTUARY_FIELDS(Account, waiting, memory_in_use_mbytes, passed, queue, memory_waiting_mbytes,
                 runs_admitted, builds_memory_mbytes);

  [[nodiscard]] bool idle() const {
    return waiting.empty() && runs_admitted == 0 && builds_memory_mbytes == 0;
  }
};

/// Limits of one account's own; absent: the host's for each.
struct OwnLimits {
  std::optional<std::uint64_t> memory_mbytes;
  std::optional<std::uint32_t> runs;
  ACTUARY_FIELDS(OwnLimits, memory_mbytes, runs);
};

struct NameLess {
  using is_transparent = void;
  template <class A, class B>
  bool operator()(const A& a, const B& b) const {
    return std::string_view(a) < std::string_view(b);
  }
};

/// All that a directory knows: what a snapshot of it holds.
struct Tables {
  std::map<UserId, std::string> users;
  std::map<std::string, UserId, NameLess> user_names;
  std::map<std::string, TokenFacts, NameLess> tokens;  ///< by hash
  std::map<ActorId, ActorFacts> actors;
  std::map<std::pair<UserId, std::string>, ActorId> actor_names;
  std::map<BuildId, BuildFacts> builds;
  std::map<std::pair<ActorId, std::string>, BuildId> build_numbers;
  std::map<StorageId, StorageFacts> storages;
  std::map<std::tuple<UserId, events::StorageKind, std::string>, StorageId> storage_names;
  std::map<Position, RunId> waiting_runs;
  std::map<RunId, Position> waiting_since;
  std::map<RunId, RunDemand> demands;
  std::map<UserId, Account> accounts;  ///< those that are not idle
  std::map<Position, BuildId> waiting_builds;
  std::uint64_t memory_in_use_mbytes = 0;
  std::uint64_t disk_in_use_mbytes = 0;
  std::uint32_t builds_running = 0;
  std::uint32_t runs_admitted = 0;
  CommandKeys command_keys;
  std::map<Position, StreamId> removed;            ///< the last deletions, at most kRemovedAge old
  std::set<RunId> admitted;                        ///< whose container may exist, or will
  std::optional<std::uint32_t> drain_window_secs;  ///< nothing starts; what runs is migrated
  std::map<UserId, OwnLimits> limits;
  ACTUARY_FIELDS(Tables, users, user_names, tokens, actors, actor_names, builds, build_numbers,
                 storages, storage_names, waiting_runs, waiting_since, demands, accounts,
                 waiting_builds, memory_in_use_mbytes, disk_in_use_mbytes, builds_running,
                 runs_admitted, command_keys, removed, admitted, drain_window_secs, limits);
};

/// For so many records a deletion is remembered, so that what a crash left outside is removed by
/// the next start.
inline constexpr Position kRemovedAge = 4096;

class Directory {
 public:
  Directory() = default;
  explicit Directory(Tables tables) : tables_(std::move(tables)) {}

  void apply(const Record& record);

  /// An unnamed storage leaves memory, and comes back as it was.
  void forget(const StorageId& id) { tables_.storages.erase(id); }
  void recall(const StorageId& id, StorageFacts facts) { tables_.storages[id] = std::move(facts); }
  [[nodiscard]] const Tables& tables() const { return tables_; }

  [[nodiscard]] bool user_exists(const UserId& id) const { return tables_.users.contains(id); }
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
  [[nodiscard]] const std::map<Position, RunId>& waiting_runs() const {
    return tables_.waiting_runs;
  }
  [[nodiscard]] const std::map<Position, BuildId>& waiting_builds() const {
    return tables_.waiting_builds;
  }
  [[nodiscard]] const RunDemand* find_demand(const RunId& id) const;
  /// Of those whose runs wait or hold something, or whose builds do.
  [[nodiscard]] const std::map<UserId, Account>& accounts() const { return tables_.accounts; }
  /// What that account holds and waits for now; empty when that is nothing.
  [[nodiscard]] const Account& account_of(const UserId& id) const;
  /// Null: it has the host's limits.
  [[nodiscard]] const OwnLimits* find_limits(const UserId& id) const;
  /// Runs, builds and storages whose contents may still be there, although they are deleted.
  [[nodiscard]] const std::map<Position, StreamId>& removed() const { return tables_.removed; }
  [[nodiscard]] std::uint64_t memory_in_use_mbytes() const { return tables_.memory_in_use_mbytes; }
  [[nodiscard]] std::uint64_t disk_in_use_mbytes() const { return tables_.disk_in_use_mbytes; }
  [[nodiscard]] std::uint32_t builds_running() const { return tables_.builds_running; }
  [[nodiscard]] std::uint32_t runs_admitted() const { return tables_.runs_admitted; }
  [[nodiscard]] const std::set<RunId>& admitted_runs() const { return tables_.admitted; }
  /// Seconds between the word to save and the stop, while this host is being drained.
  [[nodiscard]] std::optional<std::uint32_t> drain_window() const {
    return tables_.drain_window_secs;
  }
  /// A run of it waits or runs.
  [[nodiscard]] bool is_in_use(const BuildId& id) const;

  [[nodiscard]] const CommandKeys& command_keys() const { return tables_.command_keys; }

 private:
  Tables tables_;
};

}  // namespace actuary::engine::directory
