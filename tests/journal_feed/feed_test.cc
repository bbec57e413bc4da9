#include "tests/contract/feed_contract.h"

#include "journal/memory/memory_journal.h"
#include "journal/rocks/rocks_journal.h"
#include "tests/journal/folder.h"

namespace actuary::tests {
namespace {

class MemoryWorld {
 public:
  Journal& open() { return journal_; }

 private:
  journal::memory::MemoryJournal journal_;
};

class RocksWorld {
 public:
  Journal& open() {
    journal_ = std::move(journal::rocks::RocksJournal::open({.path = folder_.path()}).value());
    return *journal_;
  }

 private:
  const Folder folder_;
  std::unique_ptr<journal::rocks::RocksJournal> journal_;
};

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(JournalContract);  // only its Scribe is used here
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, FeedContract, MemoryWorld);
INSTANTIATE_TYPED_TEST_SUITE_P(Rocks, FeedContract, RocksWorld);

class FeedOfMemory : public testing::Test {
 protected:
  FeedOfMemory() {
    const Scribe scribe(journal_);
    EXPECT_TRUE(append(journal_, scribe.fit({scribe.claim(1)})));
    std::vector<Record> batch(19, scribe.note(stream_named('a'), "x"));
    EXPECT_TRUE(append(journal_, scribe.fit(batch)));
  }

  journal::memory::MemoryJournal journal_;
};

TEST_F(FeedOfMemory, WhatWasArchivedIsOneGapThenTheRest) {
  Feed feed(journal_);
  feed.archived(8);
  const auto subscription = std::move(feed.subscribe(3).value());
  const Piece piece = subscription->pull({}).value();
  EXPECT_EQ(piece.gap, (journal::feed::Gap{3, 7}));
  ASSERT_EQ(piece.records.size(), 13U);
  EXPECT_EQ(piece.records.front().position, 8U);
  EXPECT_EQ(subscription->next(), 21U);
}

TEST_F(FeedOfMemory, AnArchiveThatOvertakesASubscriberIsAGap) {
  Feed feed(journal_);
  const auto subscription = std::move(feed.subscribe(1).value());
  ASSERT_EQ(subscription->pull({.records = 4}).value().records.size(), 4U);
  feed.archived(21);
  const Piece piece = subscription->pull({}).value();
  EXPECT_EQ(piece.gap, (journal::feed::Gap{5, 20}));
  EXPECT_TRUE(piece.records.empty());
  EXPECT_TRUE(subscription->pull({}).value().empty());
}

TEST_F(FeedOfMemory, ThereAreNotMoreSubscriptionsThanItsLimit) {
  Feed feed(journal_);
  std::vector<std::unique_ptr<Subscription>> all;
  for (std::size_t i = 0; i < journal::feed::kSubscriptionsMax; ++i) {
    all.push_back(std::move(feed.subscribe(1).value()));
  }
  EXPECT_EQ(to_string(feed.subscribe(1).error().code), to_string(Code::kLimitExceeded));
  all.pop_back();
  EXPECT_TRUE(feed.subscribe(1));
}

}  // namespace
}  // namespace actuary::tests
