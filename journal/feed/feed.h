#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "journal/reader.h"

namespace actuary::journal::feed {

/// What a subscriber is ready to take; past the constants below it gets as much as they say.
struct Credit {
  std::size_t records = 256;
  std::size_t bytes = std::size_t{256} << 10U;  ///< as stored; one record comes even when larger
};
inline constexpr std::size_t kCreditRecordsMax = 4096;
inline constexpr std::size_t kCreditBytesMax = std::size_t{4} << 20U;

/// Records `from`..`to` were moved to an archive and cannot be had here.
struct Gap {
  Position from = 0;
  Position to = 0;
  friend bool operator==(const Gap&, const Gap&) = default;
};

/// What one pull brings, in order: the gap, if there is one, then the records after it.
struct Piece {
  std::optional<Gap> gap;
  std::vector<Record> records;
  bool ended = false;  ///< the feed was closed: nothing will come any more

  [[nodiscard]] bool empty() const { return !gap && records.empty(); }
};

/// One reader's place in the journal. It holds a position and no records, so a slow one costs
/// nothing and loses nothing. Used by one thread at a time.
class Subscription {
 public:
  /// Forgets the subscriber; its `ready` may be running on another thread just now.
  ~Subscription();
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  /// What there is, within `credit`; empty: nothing yet, `ready` will be called. Never waits.
  ///
  /// errors: kCorrupt and kNewerVersion name the position; all before it was handed out, and the
  ///         next pull says the same
  [[nodiscard]] Result<Piece> pull(const Credit& credit);
  /// As `pull`, but waits until there is something, the feed is closed, or `patience` is over.
  [[nodiscard]] Result<Piece> wait(const Credit& credit, std::chrono::milliseconds patience);

  /// The next record's position: what to subscribe from to go on exactly here.
  [[nodiscard]] Position next() const { return next_; }

 private:
  friend class Feed;
  struct Shared;
  Subscription(std::shared_ptr<Shared> shared, Position next, std::function<void()> ready);
  [[nodiscard]] Result<Piece> read(const Credit& credit, Position first, Position horizon);

  const std::shared_ptr<Shared> shared_;
  const std::function<void()> ready_;
  Position next_;
};

/// The journal as an ordered subscription: every durable record once, in order, from any position.
/// Served from the journal itself, on the subscriber's thread. Any thread may call anything here.
class Feed {
 public:
  /// Shows what is in `journal` now; `advance` shows more. The journal outlives the feed.
  explicit Feed(const Reader& journal);
  ~Feed();
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  /// Everything up to `durable` may be seen from now on. Wakes who waits.
  void advance(Position durable);
  /// The records before `first` were moved to an archive: who asks for them gets a gap. Before they
  /// are gone.
  void archived(Position first);
  /// Ends every subscription, and returns when none reads any more. Idempotent.
  void close();
  [[nodiscard]] Position horizon() const;

  /// From `from` on; 0 and 1 are the beginning, horizon + 1 is only what is new. `ready` is called
  /// once after each pull that brought nothing, when there is something or the feed was closed, on
  /// the thread that does that: it may only pass the word on. It must not call this subscription.
  ///
  /// errors: kInvalidArgument: `from` lies beyond what can come next: it belongs to a journal that
  ///         was ahead of this one; kLimitExceeded; kUnavailable: closed
  [[nodiscard]] Result<std::unique_ptr<Subscription>> subscribe(Position from,
                                                                std::function<void()> ready = {});

 private:
  const std::shared_ptr<Subscription::Shared> shared_;
};

/// Subscriptions of one feed at once; one more: kLimitExceeded.
inline constexpr std::size_t kSubscriptionsMax = 1024;

}  // namespace actuary::journal::feed

namespace actuary::journal {
using feed::Feed;
using feed::Subscription;
}  // namespace actuary::journal
