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
  const auto version = [this](const StreamId& stream) {
    return Result<Version>(version_of(stream));
  };
  TRY(fitted, record::fit_batch({log_.size(), term_}, batch, version));
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

Head MemoryJournal::head() const { return {log_.size(), term_, id_, kFormat}; }

Version MemoryJournal::version_of(const StreamId& stream) const {
  const auto known = streams_.find(stream);
  return known == streams_.end() ? 0 : known->second.size();
}

Status MemoryJournal::scan(Position from, const Visit& visit) const {
  for (std::size_t at = from == 0 ? 0 : from - 1; at < log_.size(); ++at) {
    if (!visit(log_[at])) break;
  }
  return {};
}

Status MemoryJournal::scan_stored(Position from, const VisitStored& visit) const {
  for (std::size_t at = from == 0 ? 0 : from - 1; at < log_.size(); ++at) {
    TRY(stored, codec::encode_record(log_[at]));
    if (!visit(at + 1, stored)) break;
  }
  return {};
}

Result<Record> MemoryJournal::read(Position position) const {
  if (position == 0 || position > log_.size()) {
    return fail(Code::kNotFound, "the journal has no record " + std::to_string(position));
  }
  return log_[position - 1];
}

Result<std::vector<Record>> MemoryJournal::read_stream(const StreamId& stream) const {
  std::vector<Record> records;
  const auto known = streams_.find(stream);
  if (known == streams_.end()) return records;
  for (const Position position : known->second) records.push_back(log_[position - 1]);
  return records;
}

}  // namespace actuary::journal::memory
