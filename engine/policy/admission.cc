#include "engine/policy/admission.h"

#include <compare>
#include <iterator>
#include <map>
#include <set>

#include "engine/policy/account_limits.h"

namespace actuary::engine::policy {
namespace {

struct Room {
  std::uint64_t memory_mbytes;
  std::uint64_t disk_mbytes;
};

std::uint64_t left(std::uint64_t capacity, std::uint64_t used) {
  return capacity > used ? capacity - used : 0;
}

std::string lack(std::string_view what, std::uint64_t needed, std::uint64_t free,
                 std::uint64_t all) {
  return "Waiting for " + std::string(what) + ": needs " + std::to_string(needed) + " MB, " +
         std::to_string(free) + " of " + std::to_string(all) + " MB are free.";
}

std::optional<std::string> lacking(const directory::RunDemand& demand, const Room& room,
                                   const ports::Capacity& capacity) {
  if (demand.memory_mbytes > room.memory_mbytes) {
    return lack("memory", demand.memory_mbytes, room.memory_mbytes, capacity.memory_mbytes);
  }
  if (demand.disk_mbytes > room.disk_mbytes) {
    return lack("disk", demand.disk_mbytes, room.disk_mbytes, capacity.disk_mbytes);
  }
  return std::nullopt;
}

/// Whose turn it is, as if each that comes were started.
class Turns {
 public:
  explicit Turns(const directory::Directory& directory) : directory_(directory) {
    for (const auto& [user, account] : directory.accounts()) {
      if (account.queue.empty()) continue;
      const auto rank = account.passed >= kPassedMax ? Rank::kPassed : Rank::kOrdinary;
      const Place place = account.queue.begin()->first;
      heads_.insert({rank, account.memory_in_use_mbytes, place.second, user, place});
    }
  }

  [[nodiscard]] bool empty() const { return heads_.empty(); }
  RunId take() {
    const Head head = *heads_.begin();
    heads_.erase(heads_.begin());
    const auto& queue = directory_.accounts().at(head.user).queue;
    const auto run = queue.find(head.place);
    if (const auto next = std::next(run); next != queue.end()) {
      const std::uint64_t more = directory_.find_demand(run->second)->memory_mbytes;
      heads_.insert(
          {Rank::kOrdinary, head.memory_mbytes + more, next->first.second, head.user, next->first});
    }
    return run->second;
  }

 private:
  using Place = std::pair<std::int64_t, Position>;
  enum class Rank : std::uint8_t { kPassed, kOrdinary };
  /// Between accounts only memory and waiting count: a priority is of one's own runs.
  struct Head {
    Rank rank;
    std::uint64_t memory_mbytes;
    Position since;
    UserId user;
    Place place;
    auto operator<=>(const Head&) const = default;
  };

  const directory::Directory& directory_;
  std::set<Head> heads_;
};

/// What each account holds, as if each that was let in were started.
class Shares {
 public:
  Shares(const directory::Directory& directory, const decision::Settings& settings) {
    for (const auto& [user, account] : directory.accounts()) {
      if (account.queue.empty()) continue;
      shares_[user] = {share_of(account), limits_of(directory, settings, user), false};
    }
  }

  /// Why the run waits for others of its account.
  std::optional<std::string> lacking(const directory::RunDemand& demand) {
    Each& each = shares_.at(demand.user_id);
    if (each.full) return "Waiting for its turn: other runs of this account come first.";
    auto reason = over_limit(each.share, each.limits, demand.memory_mbytes);
    // Limits that were lowered since: this run waits for higher ones, the others do not.
    each.full = reason && !over_limit({}, each.limits, demand.memory_mbytes);
    return reason;
  }
  void add(const directory::RunDemand& demand) {
    Share& share = shares_.at(demand.user_id).share;
    share.memory_mbytes += demand.memory_mbytes;
    ++share.runs;
  }

 private:
  struct Each {
    Share share;
    decision::AccountLimits limits;
    bool full = false;
  };
  std::map<UserId, Each> shares_;
};

/// Whatever there is room for, nothing starts.
Admission hold_everything(const directory::Directory& directory) {
  Admission result;
  for (const auto& [since, id] : directory.waiting_runs()) {
    std::string reason = "Waiting: this host is being drained, and starts nothing until that ends.";
    if (directory.find_demand(id)->held != reason) result.held.emplace_back(id, std::move(reason));
  }
  return result;
}

}  // namespace

Admission admit(const directory::Directory& directory, const decision::Settings& settings) {
  if (directory.drain_window()) return hold_everything(directory);
  Admission result;
  Room room{left(settings.capacity.memory_mbytes, directory.memory_in_use_mbytes()),
            left(settings.capacity.disk_mbytes, directory.disk_in_use_mbytes())};
  Shares shares(directory, settings);
  bool blocked = false;
  std::uint32_t runs = directory.runs_admitted();
  const auto hold = [&](const RunId& id, const directory::RunDemand& demand, std::string reason) {
    if (demand.held != reason) result.held.emplace_back(id, std::move(reason));
  };
  for (Turns turns(directory); !turns.empty();) {
    const RunId id = turns.take();
    const directory::RunDemand& demand = *directory.find_demand(id);
    if (auto own = shares.lacking(demand)) {
      hold(id, demand, std::move(*own));
    } else if (blocked) {
      hold(id, demand, "Waiting for its turn: other runs come first.");
    } else if (auto reason = lacking(demand, room, settings.capacity)) {
      hold(id, demand, std::move(*reason));
      // A host that was made smaller since: this run waits for a larger one, the others do not.
      const Room all{settings.capacity.memory_mbytes, settings.capacity.disk_mbytes};
      blocked = !lacking(demand, all, settings.capacity);
    } else if (runs >= settings.concurrent_runs_max) {
      hold(id, demand,
           "Waiting for a free place: " + std::to_string(settings.concurrent_runs_max) +
               " runs are the most that this host takes.");
      blocked = true;
    } else {
      ++runs;
      shares.add(demand);
      room.memory_mbytes -= demand.memory_mbytes;
      room.disk_mbytes -= demand.disk_mbytes;
      result.runs.push_back(id);
    }
  }
  std::uint32_t builds = directory.builds_running();
  for (const auto& [since, id] : directory.waiting_builds()) {
    if (builds++ >= settings.concurrent_builds_max) break;
    result.builds.push_back(id);
  }
  return result;
}

}  // namespace actuary::engine::policy
