#include "adapters/storages/rocks_storages.h"

#include <numeric>

#include "adapters/storages/read_pool.h"
#include "adapters/storages/reads.h"
#include "adapters/storages/write_thread.h"

namespace actuary::adapters::storages {
namespace {

using engine::ports::ItemPage;
using engine::ports::ItemQuery;
using engine::ports::KeyPage;
using engine::ports::KeyValueRecord;
using engine::ports::Loop;
using engine::ports::StorageStats;

constexpr std::size_t kReadThreads = 2;

WriteThread::Answer without_sequence(engine::ports::Storages::Done<void> done) {
  return [done = std::move(done)](const Result<std::uint64_t>& result) {
    done(result.map([](std::uint64_t) {}));
  };
}

Status check_value(const std::string& key, const KeyValueRecord& record) {
  TRY_VOID(check_record_key(key));
  if (record.value.size() > kValueBytesMax) {
    return fail(Code::kTooLarge,
                "a value has at most " + std::to_string(kValueBytesMax) + " bytes");
  }
  if (record.content_type.size() + record.content_encoding.size() > 4096) {
    return fail(Code::kTooLarge, "content type and encoding have at most 4096 bytes");
  }
  return {};
}

Status check_items(const std::vector<std::string>& items) {
  if (items.size() > kItemsPerPushMax) {
    return fail(Code::kTooLarge,
                "a push has at most " + std::to_string(kItemsPerPushMax) + " items");
  }
  std::size_t bytes = 0;
  for (const std::string& item : items) {
    bytes += item.size();
    if (item.size() > kItemBytesMax || bytes > kValueBytesMax) {
      return fail(Code::kTooLarge,
                  "an item has at most " + std::to_string(kItemBytesMax) + " bytes");
    }
  }
  return {};
}

}  // namespace

/// The store with all that runs on it. Members end in reverse order: the threads before the store.
class RocksStorages::Threads {
 public:
  Threads(std::unique_ptr<Store> store, Loop& loop, Clock& clock, std::uint64_t sequence,
          engine::ports::Room room)
      : store_(std::move(store)),
        loop(loop),
        clock(clock),
        writes(*store_, loop, read_counts, sequence, std::move(room)),
        reads_(kReadThreads, kReadsWaitingMax) {}

  template <class T, class Read>
  void read(Done<T> done, Read read) {
    reads_.enqueue([this, done = std::move(done), read = std::move(read)](ReadPool::Order order) {
      Result<T> result = fail(Code::kUnavailable, "the storages take no read now");
      if (order == ReadPool::Order::kRun) result = read(*store_);
      loop.post([done, result = std::move(result)]() mutable { done(std::move(result)); });
    });
  }
  template <class T>
  void refuse(Done<T> done, Error error) const {
    loop.post(
        [done = std::move(done), error = std::move(error)] { done(tl::make_unexpected(error)); });
  }
  void stop() {
    reads_.stop();
    writes.stop();
    store_.reset();
  }
  [[nodiscard]] Store* store() { return store_.get(); }

 private:
  std::unique_ptr<Store> store_;

 public:
  Loop& loop;
  Clock& clock;
  ReadCounts read_counts;
  WriteThread writes;

 private:
  ReadPool reads_;
};

Result<std::unique_ptr<RocksStorages>> RocksStorages::open(const std::filesystem::path& folder,
                                                           Loop& loop, Clock& clock,
                                                           engine::ports::Room room) {
  TRY(store, Store::open(folder));
  TRY(sequence, store->sequence());
  auto threads =
      std::make_unique<Threads>(std::move(store), loop, clock, sequence, std::move(room));
  return std::unique_ptr<RocksStorages>(new RocksStorages(std::move(threads)));
}

Result<std::unique_ptr<RocksStorages>> RocksStorages::open_read_only(
    const std::filesystem::path& folder, Loop& loop, Clock& clock) {
  TRY(store, Store::open_read_only(folder));
  TRY(sequence, store->sequence());
  auto threads = std::make_unique<Threads>(std::move(store), loop, clock, sequence, nullptr);
  return std::unique_ptr<RocksStorages>(new RocksStorages(std::move(threads)));
}

RocksStorages::RocksStorages(std::unique_ptr<Threads> threads) : threads_(std::move(threads)) {}

RocksStorages::~RocksStorages() { close(); }

void RocksStorages::close() { threads_->stop(); }

void RocksStorages::fence(const RunId& run_id, Position epoch, Done<std::uint64_t> done) {
  threads_->writes.enqueue(WriteFence{run_id, epoch}, sizeof(WriteFence), std::move(done));
}

void RocksStorages::put_record(const StorageId& id, std::string key, KeyValueRecord record,
                               std::optional<Writer> writer, Done<void> done) {
  if (Status valid = check_value(key, record); !valid) {
    return threads_->refuse(std::move(done), std::move(valid).error());
  }
  const std::size_t bytes = sizeof(WriteRecord) + record.value.size();
  WriteRecord write{id, std::move(key), std::move(record), writer, threads_->clock.now().utc};
  threads_->writes.enqueue(std::move(write), bytes, without_sequence(std::move(done)));
}

void RocksStorages::get_record(const StorageId& id, std::string key,
                               std::optional<std::uint64_t> as_of, Done<KeyValueRecord> done) {
  if (Status valid = check_record_key(key); !valid) {
    return threads_->refuse(std::move(done), std::move(valid).error());
  }
  threads_->read_counts.add_read(id);
  threads_->read<KeyValueRecord>(std::move(done), [id, key = std::move(key), as_of](Store& store) {
    return storages::read_record(store, id, key, as_of);
  });
}

void RocksStorages::delete_record(const StorageId& id, std::string key,
                                  std::optional<Writer> writer, Done<void> done) {
  if (Status valid = check_record_key(key); !valid) {
    return threads_->refuse(std::move(done), std::move(valid).error());
  }
  WriteDeletion write{id, std::move(key), writer, threads_->clock.now().utc};
  threads_->writes.enqueue(std::move(write), sizeof(WriteDeletion),
                           without_sequence(std::move(done)));
}

void RocksStorages::list_keys(const StorageId& id, std::string after, std::string prefix,
                              std::size_t limit, Done<KeyPage> done) {
  threads_->read_counts.add_list(id);
  threads_->read<KeyPage>(std::move(done),
                          [id, after = std::move(after), prefix = std::move(prefix), limit](
                              Store& store) { return read_keys(store, id, after, prefix, limit); });
}

void RocksStorages::push_items(const StorageId& id, std::vector<std::string> items,
                               std::optional<Writer> writer, Done<void> done) {
  if (Status valid = check_items(items); !valid) {
    return threads_->refuse(std::move(done), std::move(valid).error());
  }
  const std::size_t bytes = std::accumulate(
      items.begin(), items.end(), sizeof(WriteItems),
      [](std::size_t sum, const std::string& item) { return sum + item.size() + sizeof(item); });
  WriteItems write{id, std::move(items), writer, threads_->clock.now().utc};
  threads_->writes.enqueue(std::move(write), bytes, without_sequence(std::move(done)));
}

void RocksStorages::read_items(const StorageId& id, ItemQuery query,
                               std::optional<std::uint64_t> as_of, Done<ItemPage> done) {
  threads_->read_counts.add_read(id);
  threads_->read<ItemPage>(std::move(done), [id, query, as_of](Store& store) {
    return storages::read_items(store, id, query, as_of);
  });
}

void RocksStorages::stats(const StorageId& id, Done<StorageStats> done) {
  threads_->read<StorageStats>(std::move(done), [this, id](Store& store) {
    return read_stats(store, id).map([&](StorageStats stats) {
      const ReadCounts::Counts counts = threads_->read_counts.of(id);
      stats.read_count += counts.reads;
      stats.list_count += counts.lists;
      return stats;
    });
  });
}

void RocksStorages::drop(const StorageId& id, Done<void> done) {
  threads_->writes.enqueue(WriteDrop{id}, sizeof(WriteDrop), without_sequence(std::move(done)));
}

Result<std::uint64_t> RocksStorages::stored_versions(const StorageId& id, std::string_view key) {
  if (threads_->store() == nullptr) return fail(Code::kUnavailable, "the storages are closed");
  return count_versions(*threads_->store(), id, key);
}

}  // namespace actuary::adapters::storages
