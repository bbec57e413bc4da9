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

void forget_idle(Tables& d, const UserId& user) {
  const auto found = d.accounts.find(user);
  if (found != d.accounts.end() && found->second.idle()) d.accounts.erase(found);
}

void release_run(Tables& d, const RunId& id) {
  const auto found = d.demands.find(id);
  if (found == d.demands.end()) return;
  const RunDemand demand = found->second;
  if (demand.admitted) {
    --d.runs_admitted;
    d.admitted.erase(id);
    d.memory_in_use_mbytes -= demand.memory_mbytes;
    d.disk_in_use_mbytes -= demand.disk_mbytes;
    Account& account = d.accounts.at(demand.user_id);
    account.memory_in_use_mbytes -= demand.memory_mbytes;
    --account.runs_admitted;
  }
  d.demands.erase(found);
  forget_idle(d, demand.user_id);
}

/// Who waited longer and was not chosen has been passed.
void pass_others(Tables& d, const UserId& chosen, Position since) {
  for (auto& [user, account] : d.accounts) {
    const bool older = !account.waiting.empty() && account.waiting.begin()->first < since;
    if (user != chosen && older) ++account.passed;
  }
}

void finish_build(Tables& d, const BuildId& id) {
  BuildFacts& build = d.builds.at(id);
  if (!build.finished) {
    d.accounts.at(build.user_id).builds_memory_mbytes -= build.memory_mbytes;
    forget_idle(d, build.user_id);
  }
  build.finished = true;
  if (!build.image) build.env_vars.clear();
  if (build.running) {
    build.running = false;
    --d.builds_running;
  }
  std::erase_if(d.waiting_builds, [&](const auto& entry) { return entry.second == id; });
}

/// One overload per event that changes a cross-stream fact; the rest is nobody else's business.
struct Folder {
  Tables& d;
  const Record& record;

  void operator()(const events::UserCreated& e) const {
    d.users[e.user_id] = e.username;
    d.user_names[e.username] = e.user_id;
  }
  void operator()(const events::TokenCreated& e) const {
    d.tokens[e.hash] = {e.token_id, id_of<UserId>(record.stream)};
  }
  void operator()(const events::TokenRevoked& e) const {
    std::erase_if(d.tokens, [&](const auto& entry) { return entry.second.token_id == e.token_id; });
  }

  void operator()(const events::AccountLimitsSet& e) const {
    const auto user = id_of<UserId>(record.stream);
    if (e.memory_mbytes || e.runs) {
      d.limits[user] = {e.memory_mbytes, e.runs};
    } else {
      d.limits.erase(user);
    }
  }

  void operator()(const events::ActorCreated& e) const {
    d.actors[e.actor_id] = {e.user_id, e.profile.name,    e.profile.default_options, {}, {},
                            {},        e.profile.pricings};
    d.actor_names[{e.user_id, e.profile.name}] = e.actor_id;
  }
  void operator()(const events::ActorProfileChanged& e) const {
    ActorFacts& actor = d.actors.at(id_of<ActorId>(record.stream));
    d.actor_names.erase({actor.user_id, actor.name});
    actor.name = e.profile.name;
    actor.default_options = e.profile.default_options;
    actor.pricings = e.profile.pricings;
    d.actor_names[{actor.user_id, actor.name}] = id_of<ActorId>(record.stream);
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
    d.actor_names.erase({d.actors.at(id).user_id, d.actors.at(id).name});
    d.actors.erase(id);
  }

  void operator()(const events::BuildCreated& e) const {
    d.builds[e.build_id] = {e.actor_id, e.build_number, e.memory_mbytes, e.version.env_vars,
                            {},         false,          false,           e.user_id};
    d.accounts[e.user_id].builds_memory_mbytes += e.memory_mbytes;
    d.build_numbers[{e.actor_id, e.build_number}] = e.build_id;
    d.waiting_builds[record.position] = e.build_id;
  }
  void operator()(const events::BuildStarted&) const {
    const auto id = id_of<BuildId>(record.stream);
    std::erase_if(d.waiting_builds, [&](const auto& entry) { return entry.second == id; });
    d.builds.at(id).running = true;
    ++d.builds_running;
  }
  void operator()(const events::BuildSucceeded& e) const {
    const auto id = id_of<BuildId>(record.stream);
    d.builds.at(id).image = e.image;
    finish_build(d, id);
  }
  void operator()(const events::BuildFailed&) const {
    finish_build(d, id_of<BuildId>(record.stream));
  }
  void operator()(const events::BuildAborted&) const {
    finish_build(d, id_of<BuildId>(record.stream));
  }
  void operator()(const events::BuildTimedOut&) const {
    finish_build(d, id_of<BuildId>(record.stream));
  }
  void operator()(const events::BuildDeleted&) const {
    removed();
    const auto id = id_of<BuildId>(record.stream);
    d.build_numbers.erase({d.builds.at(id).actor_id, d.builds.at(id).number});
    d.builds.erase(id);
  }

  void operator()(const events::RunCreated& e) const {
    wait(e.run_id, demand_of(e.user_id, e.options, e.build_id));
  }
  /// Its share is that of whoever asks for it again.
  void operator()(const events::RunResurrected& e) const {
    wait(id_of<RunId>(record.stream), demand_of(record.principal.user_id, e.options, e.build_id));
  }
  /// It gives back what it held and waits behind those that wait already.
  void operator()(const events::ReplacementQueued&) const {
    const auto id = id_of<RunId>(record.stream);
    RunDemand demand = d.demands.at(id);
    release_run(d, id);
    demand.admitted = false;
    demand.held.clear();
    wait(id, std::move(demand));
  }
  void operator()(const events::RunMetamorphed& e) const {
    d.demands.at(id_of<RunId>(record.stream)).build_id = e.build_id;
  }
  void operator()(const events::DrainBegan& e) const { d.drain_window_secs = e.window_secs; }
  void operator()(const events::DrainEnded&) const { d.drain_window_secs.reset(); }
  void operator()(const events::RunHeld& e) const {
    d.demands.at(id_of<RunId>(record.stream)).held = e.reason;
  }
  void operator()(const events::AttemptBegan&) const {
    const auto id = id_of<RunId>(record.stream);
    RunDemand& demand = d.demands.at(id);
    if (const auto since = d.waiting_since.find(id); since != d.waiting_since.end())
      pass_others(d, demand.user_id, since->second);
    stop_waiting(id);
    if (demand.admitted) return;
    demand.admitted = true;
    Account& account = d.accounts[demand.user_id];
    account.memory_in_use_mbytes += demand.memory_mbytes;
    ++account.runs_admitted;
    ++d.runs_admitted;
    d.admitted.insert(id);
    d.memory_in_use_mbytes += demand.memory_mbytes;
    d.disk_in_use_mbytes += demand.disk_mbytes;
  }
  void operator()(const events::RunFinished&) const {
    const auto id = id_of<RunId>(record.stream);
    stop_waiting(id);
    release_run(d, id);
  }

  void operator()(const events::StorageCreated& e) const {
    d.storages[e.storage_id] = {e.user_id, e.kind, e.name};
    if (!e.name.empty()) d.storage_names[{e.user_id, e.kind, e.name}] = e.storage_id;
  }
  void operator()(const events::StorageChanged& e) const {
    const auto id = id_of<StorageId>(record.stream);
    StorageFacts& storage = d.storages.at(id);
    d.storage_names.erase({storage.user_id, storage.kind, storage.name});
    storage.name = e.name;
    if (!e.name.empty()) d.storage_names[{storage.user_id, storage.kind, e.name}] = id;
  }
  void operator()(const events::RunDeleted&) const { removed(); }
  void operator()(const events::StorageDeleted&) const {
    removed();
    const auto id = id_of<StorageId>(record.stream);
    const auto found = d.storages.find(id);
    if (found == d.storages.end()) return;  // unnamed, and it had left memory
    const StorageFacts storage = found->second;
    d.storage_names.erase({storage.user_id, storage.kind, storage.name});
    d.storages.erase(id);
  }

  template <class Other>
  void operator()(const Other&) const {}

 private:
  void removed() const { d.removed[record.position] = record.stream; }
  [[nodiscard]] ActorFacts& actor() const { return d.actors.at(id_of<ActorId>(record.stream)); }

  static std::pair<std::int64_t, Position> place_of(const RunDemand& demand, Position since) {
    return {-static_cast<std::int64_t>(demand.priority), since};
  }
  static RunDemand demand_of(const UserId& user, const events::RunOptions& options,
                             const BuildId& build) {
    return {user, options.memory_mbytes, options.disk_mbytes, false, {}, build, options.priority};
  }
  void wait(const RunId& id, RunDemand demand) const {
    Account& account = d.accounts[demand.user_id];
    account.waiting[record.position] = id;
    account.queue[place_of(demand, record.position)] = id;
    account.memory_waiting_mbytes += demand.memory_mbytes;
    d.demands[id] = std::move(demand);
    d.waiting_runs[record.position] = id;
    d.waiting_since[id] = record.position;
  }
  void stop_waiting(const RunId& id) const {
    const auto since = d.waiting_since.find(id);
    if (since == d.waiting_since.end()) return;
    const RunDemand& demand = d.demands.at(id);
    Account& account = d.accounts.at(demand.user_id);
    if (account.waiting.begin()->first == since->second) account.passed = 0;
    account.waiting.erase(since->second);
    account.queue.erase(place_of(demand, since->second));
    account.memory_waiting_mbytes -= demand.memory_mbytes;
    d.waiting_runs.erase(since->second);
    d.waiting_since.erase(since);
  }
};

}  // namespace

void Directory::apply(const Record& record) {
  tables_.command_keys.apply(record);
  std::visit(Folder{tables_, record}, record.event);
  auto& removed = tables_.removed;
  while (!removed.empty() && removed.begin()->first + kRemovedAge <= record.position)
    removed.erase(removed.begin());
}

std::optional<UserId> Directory::find_user(std::string_view username) const {
  const UserId* id = find_in(tables_.user_names, username);
  return id ? std::optional(*id) : std::nullopt;
}

std::string Directory::username_of(const UserId& id) const {
  const std::string* name = find_in(tables_.users, id);
  return name ? *name : std::string{};
}

const TokenFacts* Directory::find_token(std::string_view hash) const {
  return find_in(tables_.tokens, hash);
}
const ActorFacts* Directory::find_actor(const ActorId& id) const {
  return find_in(tables_.actors, id);
}
const BuildFacts* Directory::find_build(const BuildId& id) const {
  return find_in(tables_.builds, id);
}
const StorageFacts* Directory::find_storage(const StorageId& id) const {
  return find_in(tables_.storages, id);
}
const RunDemand* Directory::find_demand(const RunId& id) const {
  return find_in(tables_.demands, id);
}

const OwnLimits* Directory::find_limits(const UserId& id) const {
  return find_in(tables_.limits, id);
}
const Account& Directory::account_of(const UserId& id) const {
  static const Account kIdle;
  const Account* account = find_in(tables_.accounts, id);
  return account ? *account : kIdle;
}

bool Directory::is_in_use(const BuildId& id) const {
  return std::any_of(tables_.demands.begin(), tables_.demands.end(),
                     [&](const auto& each) { return each.second.build_id == id; });
}

std::optional<ActorId> Directory::find_actor(const UserId& owner, std::string_view name) const {
  const ActorId* id = find_in(tables_.actor_names, std::pair{owner, std::string(name)});
  return id ? std::optional(*id) : std::nullopt;
}

std::optional<StorageId> Directory::find_storage(const UserId& owner, events::StorageKind kind,
                                                 std::string_view name) const {
  const StorageId* id = find_in(tables_.storage_names, std::tuple{owner, kind, std::string(name)});
  return id ? std::optional(*id) : std::nullopt;
}

Result<BuildId> Directory::resolve_build(const ActorId& actor,
                                         std::string_view tag_or_number) const {
  const ActorFacts* facts = find_actor(actor);
  if (facts == nullptr) return fail(Code::kNotFound, "Actor was not found");
  const std::string wanted(tag_or_number);
  const bool is_number = std::count(wanted.begin(), wanted.end(), '.') == 2;
  const BuildId* id = is_number ? find_in(tables_.build_numbers, std::pair{actor, wanted})
                                : find_in(facts->tags, wanted);
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
