#include "journal/memory/memory_journal.h"

#include <iterator>
#include <utility>

#include "journal/codec/record_codec.h"
#include "journal/record/batch.h"

namespace actuary::journal::memory {

MemoryJournal::MemoryJournal(Completion completion, std::string id)
    : completion_(completion), id_(std::move(id)) {}

void MemoryJournal::append(std::vector<Record> batch, Done done) {
  if (completion_ == Completion::kHeld) {
    if (held_.size() >= kHeldAppendsMax) {
      done(fail(Code::kLimitExceeded, "too many appends wait"));
      return;
    }
    held_.push_back({std::move(batch), std::move(done)});
    return;
  }
  if (const auto fate = std::exchange(failing_, std::nullopt)) {
    done(lose(std::move(batch), *fate));
  } else {
    done(apply(std::move(batch)));
  }
}

Result<Position> MemoryJournal::apply(std::vector<Record> batch) {
  if (poisoned_)
    return fail(Code::kStorageFailed, "an earlier append failed; open the journal again");
  const std::lock_guard guard(mutex_);
  const auto version = [this](const StreamId& stream) {
    return Result<Version>(known_version(stream));
  };
  TRY(fitted, record::fit_batch({log_.size(), term_}, batch, version));
  merkle::Edge edge = edge_;
  std::vector<merkle::Tile> full;
  for (const Record& record : batch) {
    TRY(stored, codec::encode_record(record));
    edge.push(merkle::leaf_hash(stored), full);
  }
  edge_ = std::move(edge);
  for (merkle::Tile& tile : full) full_tiles_.emplace(tile.id, std::move(tile.hashes));
  for (const Record& record : batch) streams_[record.stream].push_back(record.position);
  std::move(batch.begin(), batch.end(), std::back_inserter(log_));
  term_ = fitted.frontier.term;
  return fitted.frontier.position;
}

Result<Position> MemoryJournal::lose(std::vector<Record> batch, Fate fate) {
  if (fate == Fate::kWritten) TRY_VOID(apply(std::move(batch)).map([](Position) {}));
  poisoned_ = true;
  return fail(Code::kStorageFailed, "the simulated disk refused");
}

bool MemoryJournal::complete_next() {
  if (held_.empty()) return false;
  Held next = std::move(held_.front());
  held_.pop_front();
  next.done(apply(std::move(next.batch)));
  return true;
}

bool MemoryJournal::fail_next(Fate fate) {
  if (held_.empty()) return false;
  Held next = std::move(held_.front());
  held_.pop_front();
  next.done(lose(std::move(next.batch), fate));
  return true;
}

void MemoryJournal::reopen() {
  held_.clear();
  failing_.reset();
  poisoned_ = false;
}

Head MemoryJournal::head() const {
  const std::lock_guard guard(mutex_);
  return {log_.size(), term_, id_, kFormat, edge_.root()};
}

Version MemoryJournal::version_of(const StreamId& stream) const {
  const std::lock_guard guard(mutex_);
  return known_version(stream);
}

Version MemoryJournal::known_version(const StreamId& stream) const {
  const auto known = streams_.find(stream);
  return known == streams_.end() ? 0 : known->second.size();
}

std::optional<Record> MemoryJournal::find(Position position) const {
  const std::lock_guard guard(mutex_);
  if (position == 0 || position > log_.size()) return std::nullopt;
  return log_[position - 1];
}

Status MemoryJournal::scan(Position from, const Visit& visit) const {
  for (Position at = from == 0 ? 1 : from;; ++at) {
    const auto record = find(at);
    if (!record || !visit(*record)) return {};
  }
}

Status MemoryJournal::scan_stored(Position from, const VisitStored& visit) const {
  for (Position at = from == 0 ? 1 : from;; ++at) {
    const auto record = find(at);
    if (!record) return {};
    TRY(stored, codec::encode_record(*record));
    if (!visit(at, stored)) return {};
  }
}

Result<Record> MemoryJournal::read(Position position) const {
  if (auto record = find(position)) return std::move(*record);
  return fail(Code::kNotFound, "the journal has no record " + std::to_string(position));
}

Result<std::vector<Record>> MemoryJournal::read_stream(const StreamId& stream) const {
  std::vector<Position> positions;
  {
    const std::lock_guard guard(mutex_);
    if (const auto known = streams_.find(stream); known != streams_.end()) {
      positions = known->second;
    }
  }
  std::vector<Record> records;
  for (const Position position : positions) {
    records.push_back(find(position).value());
  }
  return records;
}

Result<Bytes> MemoryJournal::tile(merkle::TileId id) const {
  const std::lock_guard guard(mutex_);
  const std::size_t width = merkle::tile_width(id, log_.size());
  if (width == 0) return fail(Code::kNotFound, "the tree has no such tile yet");
  if (width < merkle::kTileWidth) return Bytes(edge_.partial(id.level));
  return full_tiles_.at(id);
}

}  // namespace actuary::journal::memory
