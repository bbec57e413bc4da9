#include "engine/policy/admission.h"

#include <compare>
#include <iterator>
#include <set>

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
      if (account.waiting.empty()) continue;
      const auto rank = account.passed >= kPassedMax ? Rank::kPassed : Rank::kOrdinary;
      heads_.insert({rank, account.memory_in_use_mbytes, account.waiting.begin()->first, user});
    }
  }

  [[nodiscard]] bool empty() const { return heads_.empty(); }
  RunId take() {
    const Head head = *heads_.begin();
    heads_.erase(heads_.begin());
    const auto& waiting = directory_.accounts().at(head.user).waiting;
    const auto run = waiting.find(head.since);
    if (const auto next = std::next(run); next != waiting.end()) {
      const std::uint64_t more = directory_.find_demand(run->second)->memory_mbytes;
      heads_.insert({Rank::kOrdinary, head.memory_mbytes + more, next->first, head.user});
    }
    return run->second;
  }

 private:
  enum class Rank : std::uint8_t { kPassed, kOrdinary };
  struct Head {
    Rank rank;
    std::uint64_t memory_mbytes;
    Position since;
    UserId user;
    auto operator<=>(const Head&) const = default;
  };

  const directory::Directory& directory_;
  std::set<Head> heads_;
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
  bool blocked = false;
  std::uint32_t runs = directory.runs_admitted();
  const auto hold = [&](const RunId& id, const directory::RunDemand& demand, std::string reason) {
    if (demand.held != reason) result.held.emplace_back(id, std::move(reason));
  };
  for (Turns turns(directory); !turns.empty();) {
    const RunId id = turns.take();
    const directory::RunDemand& demand = *directory.find_demand(id);
    if (blocked) {
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
