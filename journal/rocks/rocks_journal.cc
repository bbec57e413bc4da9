#include "journal/rocks/rocks_journal.h"

#include <filesystem>
#include <utility>

#include "journal/codec/record_codec.h"
#include "journal/rocks/layout.h"
#include "journal/rocks/preflight.h"
#include "journal/rocks/store.h"

namespace actuary::journal::rocks {

Result<std::unique_ptr<RocksJournal>> RocksJournal::open(const Options& options) {
  std::error_code error;
  if (options.create_if_missing) std::filesystem::create_directories(options.path, error);
  if (error) return fail(Code::kStorageFailed, options.path + ": " + error.message());
  if (!options.create_if_missing && !Store::exists(options.path)) {
    return fail(Code::kNotFound, options.path + " holds no journal");
  }
  TRY(lock, DirectoryLock::acquire(options.path));
  if (!Store::exists(options.path)) TRY_VOID(Store::create(options.path, options.id));
  TRY(plan, preflight(options.path));
  const witness::Place place = place_of(options.path);
  TRY_VOID(witness::keep_as_found(plan, place));
  TRY(store, Store::open(options.path));
  TRY(witness, witness::carry_out(plan, place, *store));
  TRY_VOID(lock.verify());
  return std::unique_ptr<RocksJournal>(
      new RocksJournal(std::move(lock), std::move(store), std::move(witness), options));
}

RocksJournal::RocksJournal(DirectoryLock lock, std::unique_ptr<Store> store,
                           std::unique_ptr<witness::Witness> witness, const Options& options)
    : sole_writer_(std::move(lock), std::move(witness), [this] { store_->keep_files(); }),
      store_(std::move(store)),
      witnessing_(options.witnessing),
      frontier_{store_->head().position, store_->head().term},
      edge_(store_->edge()),
      encode_(options.encode ? options.encode : codec::encode_record),
      writer_([this] { write_queued(); }) {}

RocksJournal::~RocksJournal() {
  {
    const std::lock_guard guard(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  writer_.join();
}

void RocksJournal::append(std::vector<Record> batch, Done done) {
  {
    const std::lock_guard guard(mutex_);
    if (queue_.size() < kQueuedAppendsMax) {
      queue_.push_back({std::move(batch), std::move(done)});
      done = nullptr;
    }
  }
  if (done) return done(fail(Code::kLimitExceeded, "too many appends wait"));
  wake_.notify_one();
}

void RocksJournal::write_queued() {
  for (;;) {
    Queued next;
    {
      std::unique_lock guard(mutex_);
      wake_.wait(guard, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      next = std::move(queue_.front());
      queue_.pop_front();
    }
    auto written = write(next.batch);
    if (!written && written.error().code == Code::kStorageFailed && poison_.empty()) {
      poison_ = written.error().detail;
    }
    next.done(std::move(written));
  }
}

Result<Position> RocksJournal::write(const std::vector<Record>& batch) {
  if (!poison_.empty()) {
    return fail(Code::kStorageFailed,
                "an earlier append failed, open the journal again: " + poison_);
  }
  record::Frontier frontier;
  merkle::Edge edge;
  {
    const std::lock_guard guard(mutex_);
    frontier = frontier_;
    edge = edge_;
  }
  const auto version = [this](const StreamId& stream) { return known_version(stream); };
  TRY(fitted, record::fit_batch(frontier, batch, version));
  TRY_VOID(write_fitted(batch, fitted, edge));
  const std::lock_guard guard(mutex_);
  frontier_ = fitted.frontier;
  edge_ = std::move(edge);
  if (versions_.size() >= kKnownVersionsMax) versions_.clear();
  for (const auto& [stream, last] : fitted.versions) versions_[stream_prefix(stream)] = last;
  return frontier_.position;
}

Status RocksJournal::write_fitted(const std::vector<Record>& batch, const record::Fitted& fitted,
                                  merkle::Edge& edge) {
  std::vector<Bytes> encoded;
  std::vector<merkle::Tile> full;
  const merkle::Hash before = edge.root();
  encoded.reserve(batch.size());
  std::size_t bytes = 0;
  for (const Record& record : batch) {
    TRY(stored, encode_(record));
    bytes += stored.size();
    if (bytes > kBatchBytesMax) return fail(Code::kTooLarge, "a batch of too many bytes");
    edge.push(merkle::leaf_hash(stored), full);
    encoded.push_back(std::move(stored));
  }
  const StoredHead head{fitted.frontier.position, fitted.frontier.term, edge.root(),
                        batch.front().position, before};
  return write_twice(batch, encoded, full, head);
}

Status RocksJournal::write_twice(const std::vector<Record>& batch,
                                 const std::vector<Bytes>& encoded,
                                 const std::vector<merkle::Tile>& full, const StoredHead& head) {
  const auto store = [&] { return store_->write(batch, encoded, full, head); };
  if (witnessing_ == Witnessing::kOff) return sole_writer_.write_unwitnessed(store);
  return sole_writer_.write({.first = head.first,
                             .last = head.position,
                             .term = head.term,
                             .before = head.before,
                             .after = head.root},
                            {encoded.begin(), encoded.end()}, store);
}

Result<Version> RocksJournal::known_version(const StreamId& stream) const {
  const Bytes key = stream_prefix(stream);
  {
    const std::lock_guard guard(mutex_);
    if (const auto known = versions_.find(key); known != versions_.end()) return known->second;
  }
  // Not remembered here: the writer may have appended since, and only it knows the last version.
  return store_->last_version(stream);
}

Head RocksJournal::head() const {
  const std::lock_guard guard(mutex_);
  return {frontier_.position, frontier_.term, store_->id(), kFormat, edge_.root(), store_->first()};
}

Position RocksJournal::last_batch_begin() const { return store_->head().first; }

Status RocksJournal::forget_archived(Position last, const std::string& path) {
  return sole_writer_.write_unwitnessed([&] { return store_->forget_archived(last, path); });
}

Version RocksJournal::version_of(const StreamId& stream) const {
  return known_version(stream).value_or(0);
}

Status RocksJournal::scan(Position from, const Visit& visit) const {
  return store_->scan(from, head().position, visit);
}

Status RocksJournal::scan_stored(Position from, const VisitStored& visit) const {
  return store_->scan_stored(from, head().position, visit);
}

Result<Record> RocksJournal::read(Position position) const {
  return store_->read_within(position, head().position);
}

Result<std::vector<Record>> RocksJournal::read_stream(const StreamId& stream) const {
  return store_->read_stream(stream);
}

Result<Bytes> RocksJournal::tile(merkle::TileId id) const {
  merkle::Edge edge;
  {
    const std::lock_guard guard(mutex_);
    edge = edge_;
  }
  return store_->tile(id, edge);
}

}  // namespace actuary::journal::rocks
