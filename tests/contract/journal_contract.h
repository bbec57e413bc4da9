#pragma once

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <vector>

#include "journal/codec/record_codec.h"
#include "journal/journal.h"

/// What every journal does. Instantiate it with a world: a type that opens, loses and reopens a
/// journal.
///
/// `World` has: `Journal& open()` (again: as after a restart) and `void refuse_next_append()`,
/// after which the next append fails as on a broken disk.
namespace actuary::tests {

using journal::Journal;

inline Result<Position> append(Journal& journal, std::vector<Record> batch) {
  std::promise<Result<Position>> answer;
  auto future = answer.get_future();
  journal.append(std::move(batch),
                 [&](Result<Position> done) { answer.set_value(std::move(done)); });
  return future.get();
}

/// Makes batches that fit `journal`; a test spoils what it wants to see refused.
class Scribe {
 public:
  explicit Scribe(const Journal& journal) : journal_(journal) {}

  [[nodiscard]] Record claim(std::uint64_t term) const {
    Record record;
    record.event = events::TermClaimed{.term = term, .nonce = 7, .pid = 1, .program = "test"};
    record.term = term;
    return record;
  }
  [[nodiscard]] Record note(const StreamId& stream, std::string text) const {
    Record record;
    record.stream = stream;
    record.term = journal_.head().term;
    record.event = events::CommandNoted{std::move(text)};
    return record;
  }
  /// Numbers the records as they follow the head.
  [[nodiscard]] std::vector<Record> fit(std::vector<Record> records) const {
    Position position = journal_.head().position;
    std::map<StreamId, Version> versions;
    for (Record& record : records) {
      record.position = ++position;
      Version& version =
          versions.try_emplace(record.stream, journal_.version_of(record.stream)).first->second;
      record.version = ++version;
    }
    return records;
  }

 private:
  const Journal& journal_;
};

inline StreamId stream_named(char letter) {
  return stream_of(RunId::parse(std::string(kIdLength, letter)).value());
}

template <class World>
class JournalContract : public testing::Test {
 protected:
  Journal& open_claimed() {
    Journal& journal = world_.open();
    const Scribe scribe(journal);
    const std::uint64_t term = journal.head().term + 1;
    EXPECT_TRUE(append(journal, scribe.fit({scribe.claim(term)})));
    return journal;
  }
  static std::vector<Record> all(const Journal& journal, Position from = 1) {
    std::vector<Record> records;
    const Status scanned = journal.scan(from, [&](const Record& record) {
      records.push_back(record);
      return true;
    });
    EXPECT_TRUE(scanned) << scanned.error().detail;
    return records;
  }
  static void expect_refused(Journal& journal, std::vector<Record> batch, Code code) {
    const Position before = journal.head().position;
    const auto answer = append(journal, std::move(batch));
    ASSERT_FALSE(answer);
    EXPECT_EQ(to_string(answer.error().code), to_string(code)) << answer.error().detail;
    EXPECT_EQ(journal.head().position, before);
    EXPECT_EQ(all(journal).size(), before);
  }

  World world_;
};

TYPED_TEST_SUITE_P(JournalContract);

TYPED_TEST_P(JournalContract, ANewJournalHasAnIdAFormatAndNothingElse) {
  Journal& journal = this->world_.open();
  EXPECT_EQ(journal.head().position, 0U);
  EXPECT_EQ(journal.head().term, 0U);
  EXPECT_EQ(journal.head().id.size(), 32U);
  EXPECT_EQ(journal.head().format, journal::kFormat);
  EXPECT_TRUE(this->all(journal).empty());
}

TYPED_TEST_P(JournalContract, TheFirstRecordClaimsATerm) {
  Journal& journal = this->world_.open();
  const Scribe scribe(journal);
  this->expect_refused(journal, scribe.fit({scribe.note(stream_named('a'), "")}),
                       Code::kVersionConflict);
}

TYPED_TEST_P(JournalContract, AnAppendedBatchIsReadBackInOrder) {
  Journal& journal = this->open_claimed();
  const Scribe scribe(journal);
  const auto batch =
      scribe.fit({scribe.note(stream_named('a'), "1"), scribe.note(stream_named('b'), "2"),
                  scribe.note(stream_named('a'), "3")});
  EXPECT_EQ(append(journal, batch).value(), 4U);
  EXPECT_EQ(this->all(journal, 2), batch);
  EXPECT_EQ(journal.head().position, 4U);
  EXPECT_EQ(journal.version_of(stream_named('a')), 2U);
  EXPECT_EQ(journal.read_stream(stream_named('a')).value(), (std::vector{batch[0], batch[2]}));
  EXPECT_TRUE(journal.read_stream(stream_named('c')).value().empty());
  EXPECT_EQ(journal.version_of(stream_named('c')), 0U);
}

TYPED_TEST_P(JournalContract, AStreamIsReadInTheOrderOfItsVersionsPastOneByte) {
  Journal& journal = this->open_claimed();
  const Scribe scribe(journal);
  std::vector<Record> batch(300, scribe.note(stream_named('a'), "x"));
  ASSERT_TRUE(append(journal, scribe.fit(batch)));
  const auto records = journal.read_stream(stream_named('a')).value();
  ASSERT_EQ(records.size(), 300U);
  for (std::size_t i = 0; i < records.size(); ++i) EXPECT_EQ(records[i].version, i + 1);
}

TYPED_TEST_P(JournalContract, AScanStopsWhereItsVisitorSays) {
  Journal& journal = this->open_claimed();
  const Scribe scribe(journal);
  std::vector<Record> batch(5, scribe.note(stream_named('a'), "x"));
  ASSERT_TRUE(append(journal, scribe.fit(batch)));
  int visited = 0;
  ASSERT_TRUE(journal.scan(1, [&](const Record&) { return ++visited < 3; }));
  EXPECT_EQ(visited, 3);
  EXPECT_TRUE(this->all(journal, 7).empty());
}

TYPED_TEST_P(JournalContract, StoredBytesAreThoseOfTheRecordsAndKeepTheirPlaces) {
  Journal& journal = this->open_claimed();
  const Scribe scribe(journal);
  ASSERT_TRUE(append(journal, scribe.fit({scribe.note(stream_named('a'), "x")})));
  std::vector<Record> decoded;
  ASSERT_TRUE(journal.scan_stored(1, [&](Position position, BytesView stored) {
    decoded.push_back(journal::codec::decode_record(stored, position).value());
    return true;
  }));
  EXPECT_EQ(decoded, this->all(journal));
}

TYPED_TEST_P(JournalContract, ARecordIsReadByItsPositionAndNoneBeyondTheHead) {
  Journal& journal = this->open_claimed();
  EXPECT_EQ(journal.read(1).value(), this->all(journal)[0]);
  for (const Position beyond : {Position{0}, Position{2}}) {
    const auto answer = journal.read(beyond);
    ASSERT_FALSE(answer);
    EXPECT_EQ(to_string(answer.error().code), to_string(Code::kNotFound));
  }
}

TYPED_TEST_P(JournalContract, AGapOrARepeatOfPositionsIsRefused) {
  Journal& journal = this->open_claimed();
  const Scribe scribe(journal);
  for (const int shift : {-1, 1}) {
    auto batch = scribe.fit({scribe.note(stream_named('a'), "x")});
    batch[0].position += shift;
    this->expect_refused(journal, batch, Code::kVersionConflict);
  }
}

TYPED_TEST_P(JournalContract, AVersionConflictInOneRecordRefusesTheWholeBatch) {
  Journal& journal = this->open_claimed();
  const Scribe scribe(journal);
  ASSERT_TRUE(append(journal, scribe.fit({scribe.note(stream_named('a'), "first")})));
  for (const int shift : {-1, 1}) {
    auto batch =
        scribe.fit({scribe.note(stream_named('b'), "x"), scribe.note(stream_named('a'), "y")});
    batch[1].version += shift;
    this->expect_refused(journal, batch, Code::kVersionConflict);
    EXPECT_EQ(journal.version_of(stream_named('b')), 0U);
  }
}

TYPED_TEST_P(JournalContract, ABatchHasOneToFourThousandRecords) {
  Journal& journal = this->open_claimed();
  const Scribe scribe(journal);
  this->expect_refused(journal, {}, Code::kInvalidArgument);
  std::vector<Record> batch(journal::kBatchRecordsMax + 1, scribe.note(stream_named('a'), ""));
  this->expect_refused(journal, scribe.fit(batch), Code::kTooLarge);
  batch.pop_back();
  EXPECT_TRUE(append(journal, scribe.fit(batch)));
}

TYPED_TEST_P(JournalContract, OnlyTheLastClaimedTermWrites) {
  Journal& journal = this->open_claimed();
  const Scribe scribe(journal);
  auto former = scribe.note(stream_named('a'), "former");
  ASSERT_TRUE(append(journal, scribe.fit({scribe.claim(5)})));
  EXPECT_EQ(journal.head().term, 5U);
  this->expect_refused(journal, scribe.fit({former}), Code::kVersionConflict);
  auto later = scribe.note(stream_named('a'), "later");
  later.term = 6;
  this->expect_refused(journal, scribe.fit({later}), Code::kVersionConflict);
  EXPECT_TRUE(append(journal, scribe.fit({scribe.note(stream_named('a'), "now")})));
}

TYPED_TEST_P(JournalContract, ATermIsClaimedOnceAndOnlyUpwards) {
  Journal& journal = this->open_claimed();
  const Scribe scribe(journal);
  this->expect_refused(journal, scribe.fit({scribe.claim(1)}), Code::kVersionConflict);
  auto elsewhere = scribe.claim(2);
  elsewhere.stream = stream_named('a');
  this->expect_refused(journal, scribe.fit({elsewhere}), Code::kInvalidArgument);
}

TYPED_TEST_P(JournalContract, ReopeningShowsEverythingThatWasAcknowledged) {
  std::string id;
  std::vector<Record> before;
  {
    Journal& journal = this->open_claimed();
    const Scribe scribe(journal);
    id = journal.head().id;
    for (int i = 0; i < 20; ++i) {
      ASSERT_TRUE(append(journal, scribe.fit({scribe.note(stream_named('a'), "x")})));
    }
    before = this->all(journal);
  }
  Journal& journal = this->world_.open();
  EXPECT_EQ(journal.head().id, id);
  EXPECT_EQ(journal.head().position, 21U);
  EXPECT_EQ(journal.head().term, 1U);
  EXPECT_EQ(journal.version_of(stream_named('a')), 20U);
  EXPECT_EQ(this->all(journal), before);
}

TYPED_TEST_P(JournalContract, AfterAFailedAppendEverythingIsRefusedUntilReopened) {
  {
    Journal& journal = this->open_claimed();
    const Scribe scribe(journal);
    const auto batch = scribe.fit({scribe.note(stream_named('a'), "x")});
    this->world_.refuse_next_append();
    for (int i = 0; i < 3; ++i) {
      const auto answer = append(journal, batch);
      ASSERT_FALSE(answer);
      EXPECT_EQ(to_string(answer.error().code), to_string(Code::kStorageFailed));
    }
  }
  Journal& journal = this->open_claimed();
  const Scribe scribe(journal);
  EXPECT_TRUE(append(journal, scribe.fit({scribe.note(stream_named('a'), "again")})));
}

REGISTER_TYPED_TEST_SUITE_P(
    JournalContract, ANewJournalHasAnIdAFormatAndNothingElse, TheFirstRecordClaimsATerm,
    AnAppendedBatchIsReadBackInOrder, AStreamIsReadInTheOrderOfItsVersionsPastOneByte,
    AScanStopsWhereItsVisitorSays, StoredBytesAreThoseOfTheRecordsAndKeepTheirPlaces,
    ARecordIsReadByItsPositionAndNoneBeyondTheHead, AGapOrARepeatOfPositionsIsRefused,
    AVersionConflictInOneRecordRefusesTheWholeBatch, ABatchHasOneToFourThousandRecords,
    OnlyTheLastClaimedTermWrites, ATermIsClaimedOnceAndOnlyUpwards,
    ReopeningShowsEverythingThatWasAcknowledged,
    AfterAFailedAppendEverythingIsRefusedUntilReopened);

}  // namespace actuary::tests
