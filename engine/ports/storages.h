#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "journal/base/bytes.h"
#include "journal/base/id.h"
#include "journal/base/result.h"
#include "journal/base/time.h"
#include "journal/events/common.h"

namespace actuary::engine::ports {

/// The attempt that writes, when a run's token is used. Writes by users carry none and are never
/// fenced.
struct Writer {
  RunId run_id;
  Position epoch = 0;
};

struct KeyValueRecord {
  std::string content_type;
  std::string content_encoding;  ///< as it was sent; the value is stored encoded
  Bytes value;
};

struct KeyInfo {
  std::string key;
  std::uint64_t bytes = 0;
};

struct KeyPage {
  std::vector<KeyInfo> keys;  ///< in byte order
  bool truncated = false;
};

/// A page of items stops here, whatever was asked, but always holds one: go on from `offset` + what
/// came, while that is below `total`.
inline constexpr std::size_t kPageBytesMax = std::size_t{64} << 20U;

struct ItemPage {
  std::vector<std::string> items;  ///< JSON texts, as they were pushed
  std::uint64_t total = 0;         ///< items in the dataset
};

struct ItemQuery {
  std::uint64_t offset = 0;
  std::uint64_t limit = UINT64_MAX;
  bool newest_first = false;
};

struct StorageStats {
  std::uint64_t item_count = 0;  ///< dataset: items; key-value store: keys; request queue: requests
  std::uint64_t bytes = 0;
  std::uint64_t read_count = 0;
  std::uint64_t write_count = 0;
  std::uint64_t delete_count = 0;
  std::uint64_t list_count = 0;
  std::uint64_t fenced_count = 0;  ///< writes refused because their run had moved on
  Timestamp modified_at{};

  friend bool operator==(const StorageStats&, const StorageStats&) = default;
};

/// Contents of key-value stores, datasets and request queues. What exists and who may see it is the
/// journal's.
///
/// Every write is durable when its callback says so, and visible to every read after that.
/// Callbacks come on the loop's thread. `as_of` reads the storage as it was after that commit
/// sequence.
///
/// errors: kFenced: the writer's attempt is over; kTooLarge; kStorageFailed: perhaps written
class Storages {
 public:
  template <class T>
  using Done = std::function<void(Result<T>)>;

  virtual ~Storages() = default;

  /// From now on the only epoch of `run_id` that may write is `epoch`, in every storage. Answers
  /// the commit sequence of the fence: what was written before it belongs to earlier attempts.
  /// Idempotent.
  virtual void fence(const RunId& run_id, Position epoch, Done<std::uint64_t> done) = 0;

  virtual void put_record(const StorageId& id, std::string key, KeyValueRecord record,
                          std::optional<Writer> writer, Done<void> done) = 0;
  /// errors: kNotFound
  virtual void get_record(const StorageId& id, std::string key, std::optional<std::uint64_t> as_of,
                          Done<KeyValueRecord> done) = 0;
  virtual void delete_record(const StorageId& id, std::string key, std::optional<Writer> writer,
                             Done<void> done) = 0;
  virtual void list_keys(const StorageId& id, std::string after, std::string prefix,
                         std::size_t limit, Done<KeyPage> done) = 0;

  /// Appends the items in one commit, all or none.
  virtual void push_items(const StorageId& id, std::vector<std::string> items,
                          std::optional<Writer> writer, Done<void> done) = 0;
  virtual void read_items(const StorageId& id, ItemQuery query, std::optional<std::uint64_t> as_of,
                          Done<ItemPage> done) = 0;

  virtual void stats(const StorageId& id, Done<StorageStats> done) = 0;
  /// Drops all that is inside; the storage itself ends in the journal.
  virtual void drop(const StorageId& id, Done<void> done) = 0;
};

}  // namespace actuary::engine::ports
