#include "engine/directory/directory.h"

#include <algorithm>

namespace actuary::engine::directory {
namespace {

template <class AnyIdType>
AnyIdType id_of(const StreamId& stream) {
  return AnyIdType::parse(stream.id.view()).value();
}

template <class Map, class Key>
const typename Map::mapped_type* find_in(const Map& map, const Key& key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

}  // namespace

/// One overload per event that changes a cross-stream fact; the rest is nobody else's business.
struct Folder {
  Directory& d;
  const Record& record;

  void operator()(const events::UserCreated& e) const {
    d.users_[e.user_id] = e.username;
    d.user_names_[e.username] = e.user_id;
  }
  void operator()(const events::TokenCreated& e) const {
    d.tokens_[e.hash] = {e.token_id, id_of<UserId>(record.stream)};
  }
  void operator()(const events::TokenRevoked& e) const {
    std::erase_if(d.tokens_,
                  [&](const auto& entry) { return entry.second.token_id == e.token_id; });
  }

  void operator()(const events::ActorCreated& e) const {
    d.actors_[e.actor_id] = {e.user_id, e.profile.name, e.profile.default_options, {}, {}, {}};
    d.actor_names_[{e.user_id, e.profile.name}] = e.actor_id;
  }
  void operator()(const events::ActorProfileChanged& e) const {
    ActorFacts& actor = d.actors_.at(id_of<ActorId>(record.stream));
    d.actor_names_.erase({actor.user_id, actor.name});
    actor.name = e.profile.name;
    actor.default_options = e.profile.default_options;
    d.actor_names_[{actor.user_id, actor.name}] = id_of<ActorId>(record.stream);
  }
  void operator()(const events::VersionPut& e) const {
    actor().versions[e.version.number] = e.version;
  }
  void operator()(const events::VersionDeleted& e) const { actor().versions.erase(e.number); }
  void operator()(const events::BuildNumberDrawn& e) const {
    actor().last_build[e.version_number] = e.build;
  }
  void operator()(const events::TagMoved& e) const { actor().tags[e.tag] = e.build_id; }
  void operator()(const events::TagRemoved& e) const { actor().tags.erase(e.tag); }
  void operator()(const events::ActorDeleted&) const {
    const auto id = id_of<ActorId>(record.stream);
    d.actor_names_.erase({d.actors_.at(id).user_id, d.actors_.at(id).name});
    d.actors_.erase(id);
  }

  void operator()(const events::BuildCreated& e) const {
    d.builds_[e.build_id] = {e.actor_id, e.build_number, e.memory_mbytes, e.version.env_vars, {},
                             false,      false};
    d.build_numbers_[{e.actor_id, e.build_number}] = e.build_id;
    d.waiting_builds_[record.position] = e.build_id;
  }
  void operator()(const events::BuildStarted&) const {
    const auto id = id_of<BuildId>(record.stream);
    std::erase_if(d.waiting_builds_, [&](const auto& entry) { return entry.second == id; });
    d.builds_.at(id).running = true;
    ++d.builds_running_;
  }
  void operator()(const events::BuildSucceeded& e) const {
    const auto id = id_of<BuildId>(record.stream);
    d.builds_.at(id).image = e.image;
    d.finish_build(id);
  }
  void operator()(const events::BuildFailed&) const {
    d.finish_build(id_of<BuildId>(record.stream));
  }
  void operator()(const events::BuildAborted&) const {
    d.finish_build(id_of<BuildId>(record.stream));
  }
  void operator()(const events::BuildTimedOut&) const {
    d.finish_build(id_of<BuildId>(record.stream));
  }
  void operator()(const events::BuildDeleted&) const {
    const auto id = id_of<BuildId>(record.stream);
    d.build_numbers_.erase({d.builds_.at(id).actor_id, d.builds_.at(id).number});
    d.builds_.erase(id);
  }

  void operator()(const events::RunCreated& e) const { wait(e.run_id, e.options); }
  void operator()(const events::RunResurrected& e) const {
    wait(id_of<RunId>(record.stream), e.options);
  }
  void operator()(const events::RunHeld& e) const {
    d.demands_.at(id_of<RunId>(record.stream)).held = e.reason;
  }
  void operator()(const events::AttemptBegan&) const {
    const auto id = id_of<RunId>(record.stream);
    RunDemand& demand = d.demands_.at(id);
    stop_waiting(id);
    if (demand.admitted) return;
    demand.admitted = true;
    ++d.runs_admitted_;
    d.memory_in_use_mbytes_ += demand.memory_mbytes;
    d.disk_in_use_mbytes_ += demand.disk_mbytes;
  }
  void operator()(const events::RunFinished&) const {
    const auto id = id_of<RunId>(record.stream);
    stop_waiting(id);
    d.release_run(id);
  }

  void operator()(const events::StorageCreated& e) const {
    d.storages_[e.storage_id] = {e.user_id, e.kind, e.name};
    if (!e.name.empty()) d.storage_names_[{e.user_id, e.kind, e.name}] = e.storage_id;
  }
  void operator()(const events::StorageChanged& e) const {
    const auto id = id_of<StorageId>(record.stream);
    StorageFacts& storage = d.storages_.at(id);
    d.storage_names_.erase({storage.user_id, storage.kind, storage.name});
    storage.name = e.name;
    if (!e.name.empty()) d.storage_names_[{storage.user_id, storage.kind, e.name}] = id;
  }
  void operator()(const events::StorageDeleted&) const {
    const auto id = id_of<StorageId>(record.stream);
    const StorageFacts storage = d.storages_.at(id);
    d.storage_names_.erase({storage.user_id, storage.kind, storage.name});
    d.storages_.erase(id);
  }

  template <class Other>
  void operator()(const Other&) const {}

 private:
  [[nodiscard]] ActorFacts& actor() const { return d.actors_.at(id_of<ActorId>(record.stream)); }

  void wait(const RunId& id, const events::RunOptions& options) const {
    d.demands_[id] = {options.memory_mbytes, options.disk_mbytes, false, {}};
    d.waiting_runs_[record.position] = id;
    d.waiting_since_[id] = record.position;
  }
  void stop_waiting(const RunId& id) const {
    if (const auto since = d.waiting_since_.find(id); since != d.waiting_since_.end()) {
      d.waiting_runs_.erase(since->second);
      d.waiting_since_.erase(since);
    }
  }
};

void Directory::apply(const Record& record) { std::visit(Folder{*this, record}, record.event); }

void Directory::release_run(const RunId& id) {
  const auto found = demands_.find(id);
  if (found == demands_.end()) return;
  if (found->second.admitted) {
    --runs_admitted_;
    memory_in_use_mbytes_ -= found->second.memory_mbytes;
    disk_in_use_mbytes_ -= found->second.disk_mbytes;
  }
  demands_.erase(found);
}

void Directory::finish_build(const BuildId& id) {
  BuildFacts& build = builds_.at(id);
  build.finished = true;
  if (build.running) {
    build.running = false;
    --builds_running_;
  }
  std::erase_if(waiting_builds_, [&](const auto& entry) { return entry.second == id; });
}

std::optional<UserId> Directory::find_user(std::string_view username) const {
  const UserId* id = find_in(user_names_, username);
  return id ? std::optional(*id) : std::nullopt;
}

std::string Directory::username_of(const UserId& id) const {
  const std::string* name = find_in(users_, id);
  return name ? *name : std::string{};
}

const TokenFacts* Directory::find_token(std::string_view hash) const {
  return find_in(tokens_, hash);
}
const ActorFacts* Directory::find_actor(const ActorId& id) const { return find_in(actors_, id); }
const BuildFacts* Directory::find_build(const BuildId& id) const { return find_in(builds_, id); }
const StorageFacts* Directory::find_storage(const StorageId& id) const {
  return find_in(storages_, id);
}
const RunDemand* Directory::find_demand(const RunId& id) const { return find_in(demands_, id); }

std::optional<ActorId> Directory::find_actor(const UserId& owner, std::string_view name) const {
  const ActorId* id = find_in(actor_names_, std::pair{owner, std::string(name)});
  return id ? std::optional(*id) : std::nullopt;
}

std::optional<StorageId> Directory::find_storage(const UserId& owner, events::StorageKind kind,
                                                 std::string_view name) const {
  const StorageId* id = find_in(storage_names_, std::tuple{owner, kind, std::string(name)});
  return id ? std::optional(*id) : std::nullopt;
}

Result<BuildId> Directory::resolve_build(const ActorId& actor,
                                         std::string_view tag_or_number) const {
  const ActorFacts* facts = find_actor(actor);
  if (facts == nullptr) return fail(Code::kNotFound, "Actor was not found");
  const std::string wanted(tag_or_number);
  const bool is_number = std::count(wanted.begin(), wanted.end(), '.') == 2;
  const BuildId* id =
      is_number ? find_in(build_numbers_, std::pair{actor, wanted}) : find_in(facts->tags, wanted);
  if (id == nullptr && is_number)
    return fail(Code::kNotFound, "Build number \"" + wanted + "\" was not found.");
  if (id == nullptr) {
    return fail(Code::kUnknownBuildTag, "Build with tag \"" + wanted +
                                            "\" was not found. Has the Actor been built already?");
  }
  const BuildFacts* build = find_build(*id);
  if (build == nullptr || !build->image) {
    return fail(Code::kBuildNotFinished,
                "Build \"" + wanted + "\" has not finished or was not successful.");
  }
  return *id;
}

}  // namespace actuary::engine::directory
