#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/ports/loop.h"
#include "engine/ports/storages.h"

namespace actuary::tests::support {

/// Storages in memory, for simulations: a write is done at once, its answer is posted. The same
/// calls in the same order give the same contents. It outlives a simulated crash; the answers die
/// with the loop's tasks.
class MemoryStorages final : public engine::ports::Storages {
 public:
  MemoryStorages(engine::ports::Loop& loop, Clock& clock) : loop_(&loop), clock_(clock) {}

  /// The engine that crashed had a loop of its own; the next one brings its own too.
  void use(engine::ports::Loop& loop) { loop_ = &loop; }

  void fence(const RunId& run_id, Position epoch, Done<std::uint64_t> done) override {
    answer(std::move(done), fence_now(run_id, epoch));
  }
  void put_record(const StorageId& id, std::string key, engine::ports::KeyValueRecord record,
                  std::optional<engine::ports::Writer> writer, Done<void> done) override {
    answer(std::move(done), put_now(id, key, std::move(record), writer));
  }
  void get_record(const StorageId& id, std::string key, std::optional<std::uint64_t> as_of,
                  Done<engine::ports::KeyValueRecord> done) override {
    answer(std::move(done), get_now(id, key, as_of));
  }
  void delete_record(const StorageId& id, std::string key,
                     std::optional<engine::ports::Writer> writer, Done<void> done) override {
    answer(std::move(done), delete_now(id, key, writer));
  }
  void list_keys(const StorageId& id, std::string after, std::string prefix, std::size_t limit,
                 Done<engine::ports::KeyPage> done) override {
    answer<engine::ports::KeyPage>(std::move(done), list_now(id, after, prefix, limit));
  }
  void push_items(const StorageId& id, std::vector<std::string> items,
                  std::optional<engine::ports::Writer> writer, Done<void> done) override {
    answer(std::move(done), push_now(id, std::move(items), writer));
  }
  void read_items(const StorageId& id, engine::ports::ItemQuery query,
                  std::optional<std::uint64_t> as_of, Done<engine::ports::ItemPage> done) override {
    answer<engine::ports::ItemPage>(std::move(done), items_now(id, query, as_of));
  }
  void stats(const StorageId& id, Done<engine::ports::StorageStats> done) override {
    const auto found = storages_.find(id);
    answer<engine::ports::StorageStats>(std::move(done), found == storages_.end()
                                                             ? engine::ports::StorageStats{}
                                                             : found->second.stats);
  }
  void drop(const StorageId& id, Done<void> done) override {
    storages_.erase(id);
    ++sequence_;
    answer(std::move(done), Status{});
  }

  [[nodiscard]] std::uint64_t stored_versions(const StorageId& id, const std::string& key) const {
    const auto storage = storages_.find(id);
    if (storage == storages_.end()) return 0;
    const auto versions = storage->second.records.find(key);
    return versions == storage->second.records.end() ? 0 : versions->second.size();
  }

 private:
  struct KeyVersion {
    std::uint64_t sequence = 0;
    std::optional<engine::ports::KeyValueRecord> record;  ///< nothing: deleted
  };
  struct Item {
    std::uint64_t sequence = 0;
    std::string text;
  };
  struct Storage {
    engine::ports::StorageStats stats;
    std::map<std::string, std::vector<KeyVersion>> records;  ///< versions oldest first
    std::vector<Item> items;
    std::map<std::uint64_t, std::uint64_t>
        cuts;                                ///< fence's sequence -> last commit before the attempt
    std::map<RunId, std::uint64_t> touched;  ///< by these runs, since that fence
  };
  struct Fence {
    Position epoch = 0;
    std::uint64_t sequence = 0;
  };

  template <class T>
  void answer(Done<T> done, Result<T> result) {
    loop_->post([done = std::move(done), result = std::move(result)] { done(result); });
  }

  Result<std::uint64_t> fence_now(const RunId& run_id, Position epoch) {
    const auto found = fences_.find(run_id);
    if (found != fences_.end() && epoch < found->second.epoch) {
      return fail(Code::kFenced, "the run is at a later epoch");
    }
    if (found != fences_.end() && epoch == found->second.epoch) return found->second.sequence;
    fences_[run_id] = {epoch, ++sequence_};
    for (auto& [id, storage] : storages_) {
      if (storage.touched.contains(run_id)) storage.cuts[sequence_] = sequence_;
    }
    return sequence_;
  }

  Status admit(Storage& storage, const std::optional<engine::ports::Writer>& writer) {
    if (!writer) return {};
    const auto fence = fences_.find(writer->run_id);
    if (fence == fences_.end() || fence->second.epoch != writer->epoch) {
      ++storage.stats.fenced_count;
      return fail(Code::kFenced, "the writer's attempt is over");
    }
    if (storage.touched.emplace(writer->run_id, fence->second.sequence).second) {
      storage.cuts[fence->second.sequence] = sequence_;
    }
    return {};
  }

  static Status check_key(const std::string& key) {
    if (!key.empty() && key.size() <= 256 && key.find('\0') == std::string::npos) return {};
    return fail(Code::kInvalidArgument, "key: 1 to 256 bytes, none of them zero");
  }

  Status put_now(const StorageId& id, const std::string& key, engine::ports::KeyValueRecord record,
                 const std::optional<engine::ports::Writer>& writer) {
    TRY_VOID(check_key(key));
    Storage& storage = storages_[id];
    TRY_VOID(admit(storage, writer));
    ++storage.stats.write_count;
    forget_current(storage, key);
    ++storage.stats.item_count;
    storage.stats.bytes += record.value.size();
    supersede(storage, key, std::move(record));
    return {};
  }

  Status delete_now(const StorageId& id, const std::string& key,
                    const std::optional<engine::ports::Writer>& writer) {
    TRY_VOID(check_key(key));
    Storage& storage = storages_[id];
    TRY_VOID(admit(storage, writer));
    if (!forget_current(storage, key)) return {};
    ++storage.stats.delete_count;
    supersede(storage, key, std::nullopt);
    return {};
  }

  /// Takes the present value out of the statistics; false when there is none.
  static bool forget_current(Storage& storage, const std::string& key) {
    const auto found = storage.records.find(key);
    if (found == storage.records.end() || !found->second.back().record) return false;
    --storage.stats.item_count;
    storage.stats.bytes -= found->second.back().record->value.size();
    return true;
  }

  void supersede(Storage& storage, const std::string& key,
                 std::optional<engine::ports::KeyValueRecord> record) {
    storage.stats.modified_at = clock_.now().utc;
    std::vector<KeyVersion>& versions = storage.records[key];
    versions.push_back({++sequence_, std::move(record)});
    std::vector<KeyVersion> kept;
    for (std::size_t i = 0; i < versions.size(); ++i) {
      const bool newest = i + 1 == versions.size();
      const bool wanted =
          newest || std::any_of(storage.cuts.begin(), storage.cuts.end(), [&](const auto& cut) {
            return versions[i].sequence <= cut.second && cut.second < versions[i + 1].sequence;
          });
      const bool absent = kept.empty() && !versions[i].record;
      if (wanted && !absent) kept.push_back(versions[i]);
    }
    versions = std::move(kept);
    if (versions.empty()) storage.records.erase(key);
  }

  static std::uint64_t cut_of(const Storage& storage, std::optional<std::uint64_t> as_of) {
    if (!as_of) return UINT64_MAX;
    const auto cut = storage.cuts.find(*as_of);
    return cut == storage.cuts.end() ? *as_of : cut->second;
  }

  Result<engine::ports::KeyValueRecord> get_now(const StorageId& id, const std::string& key,
                                                std::optional<std::uint64_t> as_of) {
    TRY_VOID(check_key(key));
    const auto missing = [&] { return fail(Code::kNotFound, "no record " + key); };
    const auto storage = storages_.find(id);
    if (storage == storages_.end()) return missing();
    ++storage->second.stats.read_count;
    const auto versions = storage->second.records.find(key);
    if (versions == storage->second.records.end()) return missing();
    const std::uint64_t cut = cut_of(storage->second, as_of);
    const auto seen = std::find_if(versions->second.rbegin(), versions->second.rend(),
                                   [&](const KeyVersion& each) { return each.sequence <= cut; });
    if (seen == versions->second.rend() || !seen->record) return missing();
    return *seen->record;
  }

  engine::ports::KeyPage list_now(const StorageId& id, const std::string& after,
                                  const std::string& prefix, std::size_t limit) {
    engine::ports::KeyPage page;
    const auto storage = storages_.find(id);
    if (storage == storages_.end()) return page;
    ++storage->second.stats.list_count;
    for (const auto& [key, versions] : storage->second.records) {
      if (key <= after || !key.starts_with(prefix) || !versions.back().record) continue;
      if (page.keys.size() == limit) {
        page.truncated = true;
        break;
      }
      page.keys.push_back({key, versions.back().record->value.size()});
    }
    return page;
  }

  Status push_now(const StorageId& id, std::vector<std::string> items,
                  const std::optional<engine::ports::Writer>& writer) {
    Storage& storage = storages_[id];
    TRY_VOID(admit(storage, writer));
    ++sequence_;
    for (std::string& item : items) {
      ++storage.stats.item_count;
      storage.stats.bytes += item.size();
      storage.items.push_back({sequence_, std::move(item)});
    }
    ++storage.stats.write_count;
    storage.stats.modified_at = clock_.now().utc;
    return {};
  }

  engine::ports::ItemPage items_now(const StorageId& id, const engine::ports::ItemQuery& query,
                                    std::optional<std::uint64_t> as_of) {
    engine::ports::ItemPage page;
    const auto storage = storages_.find(id);
    if (storage == storages_.end()) return page;
    ++storage->second.stats.read_count;
    const std::uint64_t cut = cut_of(storage->second, as_of);
    const std::vector<Item>& items = storage->second.items;
    while (page.total < items.size() && items[page.total].sequence <= cut) ++page.total;
    std::size_t bytes = 0;
    for (std::uint64_t i = query.offset; i < page.total && page.items.size() < query.limit; ++i) {
      const Item& item = items[query.newest_first ? page.total - 1 - i : i];
      bytes += item.text.size();
      if (!page.items.empty() && bytes > engine::ports::kPageBytesMax) break;
      page.items.push_back(item.text);
    }
    return page;
  }

  engine::ports::Loop* loop_;
  Clock& clock_;
  std::uint64_t sequence_ = 0;
  std::map<RunId, Fence> fences_;
  std::map<StorageId, Storage> storages_;
};

}  // namespace actuary::tests::support
