#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "journal/feed/feed.h"
#include "tests/contract/journal_contract.h"

/// What the feed of every journal does. `World` has `Journal& open()`.
namespace actuary::tests {

using journal::Feed;
using journal::Subscription;
using journal::feed::Credit;
using journal::feed::Piece;

template <class World>
class FeedContract : public testing::Test {
 protected:
  FeedContract() : journal_(world_.open()) {
    const Scribe scribe(journal_);
    EXPECT_TRUE(append(journal_, scribe.fit({scribe.claim(1)})));
    feed_ = std::make_unique<Feed>(journal_);
  }

  /// Appends `count` records and lets the feed show them.
  void write(int count) {
    const Scribe scribe(journal_);
    const std::vector<Record> batch(count, scribe.note(stream_named('a'), std::string(100, 'x')));
    const auto head = append(journal_, scribe.fit(batch));
    ASSERT_TRUE(head) << head.error().detail;
    feed_->advance(*head);
  }
  std::unique_ptr<Subscription> subscribe(Position from, std::function<void()> ready = {}) {
    auto made = feed_->subscribe(from, std::move(ready));
    EXPECT_TRUE(made) << made.error().detail;
    return std::move(*made);
  }
  static std::vector<Position> positions(Subscription& subscription, const Credit& credit = {}) {
    std::vector<Position> seen;
    for (;;) {
      const auto piece = subscription.pull(credit);
      EXPECT_TRUE(piece) << piece.error().detail;
      if (!piece || piece->empty()) return seen;
      EXPECT_FALSE(piece->gap);
      for (const Record& record : piece->records) seen.push_back(record.position);
    }
  }
  static std::vector<Position> range(Position from, Position to) {
    std::vector<Position> all;
    for (Position at = from; at <= to; ++at) all.push_back(at);
    return all;
  }

  World world_;
  Journal& journal_;
  std::unique_ptr<Feed> feed_;
};

TYPED_TEST_SUITE_P(FeedContract);

TYPED_TEST_P(FeedContract, EveryRecordComesOnceAndInOrder) {
  this->write(9);
  const auto subscription = this->subscribe(1);
  EXPECT_EQ(this->positions(*subscription, {.records = 4}), this->range(1, 10));
  this->write(5);
  EXPECT_EQ(this->positions(*subscription), this->range(11, 15));
}

TYPED_TEST_P(FeedContract, ASubscriptionGoesOnExactlyWhereAnotherOneStopped) {
  this->write(20);
  Position next = 1;
  {
    const auto first = this->subscribe(next);
    ASSERT_EQ(first->pull({.records = 7}).value().records.size(), 7U);
    next = first->next();
  }
  EXPECT_EQ(next, 8U);
  EXPECT_EQ(this->positions(*this->subscribe(next)), this->range(8, 21));
  EXPECT_TRUE(this->positions(*this->subscribe(22)).empty());
}

TYPED_TEST_P(FeedContract, APositionThatTheJournalNeverReachedIsRefused) {
  this->write(3);
  const auto refused = this->feed_->subscribe(6);
  ASSERT_FALSE(refused);
  EXPECT_EQ(to_string(refused.error().code), to_string(Code::kInvalidArgument));
  EXPECT_NE(refused.error().detail.find("ends at 4"), std::string::npos) << refused.error().detail;
}

TYPED_TEST_P(FeedContract, NothingComesBeforeItIsSaidToBeDurable) {
  const Scribe scribe(this->journal_);
  const auto subscription = this->subscribe(2);
  ASSERT_TRUE(append(this->journal_, scribe.fit({scribe.note(stream_named('a'), "x")})));
  EXPECT_TRUE(this->positions(*subscription).empty());
  this->feed_->advance(2);
  EXPECT_EQ(this->positions(*subscription), this->range(2, 2));
}

TYPED_TEST_P(FeedContract, CreditBoundsAPieceByRecordsAndByBytes) {
  this->write(50);
  const auto subscription = this->subscribe(1);
  EXPECT_EQ(subscription->pull({.records = 3}).value().records.size(), 3U);
  EXPECT_EQ(subscription->pull({.records = 9, .bytes = 1}).value().records.size(), 1U);
  const auto some = subscription->pull({.records = 40, .bytes = 1500}).value().records.size();
  EXPECT_GE(some, 2U);
  EXPECT_LE(some, 15U);
  EXPECT_EQ(subscription->pull({.records = 0, .bytes = 0}).value().records.size(), 1U);
}

TYPED_TEST_P(FeedContract, ReadyIsCalledOnceAfterAPullThatBroughtNothing) {
  int woken = 0;
  const auto subscription = this->subscribe(2, [&] { ++woken; });
  this->write(1);
  EXPECT_EQ(woken, 0);  // it never asked
  EXPECT_EQ(this->positions(*subscription), this->range(2, 2));
  this->write(1);
  this->write(1);
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(this->positions(*subscription), this->range(3, 4));
}

TYPED_TEST_P(FeedContract, ASlowSubscriberLosesNothingAndHoldsNobody) {
  const auto slow = this->subscribe(1);
  const auto quick = this->subscribe(1);
  ASSERT_EQ(slow->pull({.records = 1}).value().records.size(), 1U);
  for (int i = 0; i < 30; ++i) {
    this->write(10);
    EXPECT_EQ(quick->pull({.records = 100}).value().records.back().position, 1U + 10 * (i + 1));
  }
  EXPECT_EQ(this->positions(*slow, {.records = 7}), this->range(2, 301));
}

TYPED_TEST_P(FeedContract, AnotherThreadReadsEverythingWhileItIsWritten) {
  constexpr Position kLast = 401;
  std::vector<Position> seen;
  const auto subscription = this->subscribe(1);
  std::thread reader([&] {
    while (seen.empty() || seen.back() < kLast) {
      const auto piece = subscription->wait({.records = 13}, std::chrono::seconds{30});
      if (!piece || piece->empty()) return;
      for (const Record& record : piece->records) seen.push_back(record.position);
    }
  });
  for (int i = 0; i < 40; ++i) this->write(10);
  reader.join();
  EXPECT_EQ(seen, this->range(1, kLast));
}

TYPED_TEST_P(FeedContract, ClosingEndsEverySubscriptionAlsoOneThatWaits) {
  int woken = 0;
  const auto idle = this->subscribe(2, [&] { ++woken; });
  ASSERT_TRUE(idle->pull({}).value().empty());
  std::atomic<bool> ended = false;
  const auto waiting = this->subscribe(2);
  std::thread reader([&] { ended = waiting->wait({}, std::chrono::hours{1}).value().ended; });
  this->feed_->close();
  reader.join();
  EXPECT_TRUE(ended);
  EXPECT_EQ(woken, 1);
  this->feed_.reset();
  EXPECT_TRUE(idle->pull({}).value().ended);  // a subscription may outlive its feed
}

REGISTER_TYPED_TEST_SUITE_P(
    FeedContract, EveryRecordComesOnceAndInOrder, ASubscriptionGoesOnExactlyWhereAnotherOneStopped,
    APositionThatTheJournalNeverReachedIsRefused, NothingComesBeforeItIsSaidToBeDurable,
    CreditBoundsAPieceByRecordsAndByBytes, ReadyIsCalledOnceAfterAPullThatBroughtNothing,
    ASlowSubscriberLosesNothingAndHoldsNobody, AnotherThreadReadsEverythingWhileItIsWritten,
    ClosingEndsEverySubscriptionAlsoOneThatWaits);

}  // namespace actuary::tests
