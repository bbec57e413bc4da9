#include "journal/feed/feed.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <utility>

#include "journal/codec/record_codec.h"

namespace actuary::journal::feed {

/// What a feed and its subscriptions have in common; outlives both.
struct Subscription::Shared {
  explicit Shared(const Reader& reader)
      : journal(reader), first(reader.head().first), horizon(reader.head().position) {}

  const Reader& journal;  ///< read only while `reading` counts it and `closed` is false
  std::mutex mutex;       ///< guards what follows
  std::condition_variable changed;
  Position first;
  Position horizon;
  bool closed = false;
  std::size_t subscriptions = 0;
  std::size_t reading = 0;
  std::map<const Subscription*, std::function<void()>> hungry;

  /// Calls outside the lock: a listener may take locks of its own.
  static void call(std::map<const Subscription*, std::function<void()>> woken) {
    for (const auto& [subscription, ready] : woken) {
      if (ready) ready();
    }
  }
};

Feed::Feed(const Reader& journal) : shared_(std::make_shared<Subscription::Shared>(journal)) {}

Feed::~Feed() { close(); }

void Feed::advance(Position durable) {
  std::unique_lock lock(shared_->mutex);
  if (durable <= shared_->horizon || shared_->closed) return;
  shared_->horizon = durable;
  auto woken = std::exchange(shared_->hungry, {});
  lock.unlock();
  shared_->changed.notify_all();
  Subscription::Shared::call(std::move(woken));
}

void Feed::archived(Position first) {
  const std::lock_guard lock(shared_->mutex);
  shared_->first = std::max(shared_->first, first);
}

void Feed::close() {
  std::unique_lock lock(shared_->mutex);
  shared_->closed = true;
  auto woken = std::exchange(shared_->hungry, {});
  shared_->changed.notify_all();
  shared_->changed.wait(lock, [this] { return shared_->reading == 0; });
  lock.unlock();
  Subscription::Shared::call(std::move(woken));
}

Position Feed::horizon() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->horizon;
}

Result<std::unique_ptr<Subscription>> Feed::subscribe(Position from, std::function<void()> ready) {
  const std::lock_guard lock(shared_->mutex);
  if (shared_->closed) return fail(Code::kUnavailable, "the feed is closed");
  if (from > shared_->horizon + 1) {
    return fail(Code::kInvalidArgument,
                "position " + std::to_string(from) + " is beyond the journal, which ends at " +
                    std::to_string(shared_->horizon) + "; was an older backup restored?");
  }
  if (shared_->subscriptions >= kSubscriptionsMax) {
    return fail(Code::kLimitExceeded, "too many subscriptions to the journal");
  }
  std::unique_ptr<Subscription> made(
      new Subscription(shared_, std::max<Position>(from, 1), std::move(ready)));
  ++shared_->subscriptions;
  return made;
}

Subscription::Subscription(std::shared_ptr<Shared> shared, Position next,
                           std::function<void()> ready)
    : shared_(std::move(shared)), ready_(std::move(ready)), next_(next) {}

Subscription::~Subscription() {
  const std::lock_guard lock(shared_->mutex);
  shared_->hungry.erase(this);
  --shared_->subscriptions;
}

Result<Piece> Subscription::pull(const Credit& credit) {
  Position first = 1;
  Position horizon = 0;
  {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->closed) return Piece{.ended = true};
    if (next_ > shared_->horizon) {
      shared_->hungry[this] = ready_;
      return Piece{};
    }
    first = shared_->first;
    horizon = shared_->horizon;
    ++shared_->reading;
  }
  auto piece = read(credit, first, horizon);
  {
    const std::lock_guard lock(shared_->mutex);
    --shared_->reading;
  }
  shared_->changed.notify_all();
  return piece;
}

Result<Piece> Subscription::wait(const Credit& credit, std::chrono::milliseconds patience) {
  {
    std::unique_lock lock(shared_->mutex);
    shared_->changed.wait_for(lock, patience,
                              [this] { return shared_->closed || next_ <= shared_->horizon; });
  }
  return pull(credit);
}

Result<Piece> Subscription::read(const Credit& credit, Position first, Position horizon) {
  const std::size_t records_max = std::clamp<std::size_t>(credit.records, 1, kCreditRecordsMax);
  const std::size_t bytes_max = std::min(credit.bytes, kCreditBytesMax);
  Piece piece;
  if (next_ < first) {
    piece.gap = Gap{next_, first - 1};
    next_ = first;
    if (next_ > horizon) return piece;
  }
  std::size_t bytes = 0;
  Status damage;
  const auto scanned = shared_->journal.scan_stored(next_, [&](Position at, BytesView stored) {
    const bool fits = piece.records.size() < records_max &&
                      (piece.records.empty() || bytes + stored.size() <= bytes_max);
    if (at > horizon || !fits) return false;
    auto record = codec::decode_record(stored, at);
    if (!record) {
      damage = tl::make_unexpected(std::move(record).error());
      return false;
    }
    bytes += stored.size();
    piece.records.push_back(std::move(*record));
    next_ = at + 1;
    return next_ <= horizon;
  });
  if (!piece.empty()) return piece;  // what is wrong after it is said by the next pull
  if (!damage) return tl::make_unexpected(std::move(damage).error());
  if (!scanned) return tl::make_unexpected(scanned.error());
  return fail(Code::kCorrupt, "record " + std::to_string(next_) + " is missing");
}

}  // namespace actuary::journal::feed
