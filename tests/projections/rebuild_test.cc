#include "projections/rebuild/rebuild.h"

#include <gtest/gtest.h>

#include "tests/projections/world.h"

namespace actuary::tests {
namespace {

namespace rebuild = projections::rebuild;

void tell(Chronicle& chronicle) {
  chronicle.happens(1, {on_account(1, events::UserCreated{user(1), "zoe"})});
  for (int number = 1; number <= 5; ++number) {
    chronicle.happens(number + 1, {on_run(number, run_created(number))});
  }
  chronicle.happens(9, {on_run(1, events::RunHeld{"no memory"})});
}

rebuild::Report replay(const journal::Reader& journal, const Views* stored, Position until = 0) {
  const Folder scratch;
  rebuild::Wish wish;
  wish.scratch = scratch.views();
  wish.stored = stored;
  wish.until = until;
  auto report = rebuild::replay(journal, wish);
  EXPECT_TRUE(report.has_value()) << report.error().detail;
  return std::move(report).value();
}

TEST(Rebuild, GivesTheDigestOfTheStoredViews) {
  Chronicle chronicle;
  tell(chronicle);
  const Folder folder;
  const auto stored = Views::open(folder.views()).value();
  ASSERT_TRUE(stored->catch_up(chronicle.journal));
  const auto report = replay(chronicle.journal, stored.get());
  EXPECT_TRUE(report.equal());
  EXPECT_EQ(report.digest, stored->digest().value());
  EXPECT_EQ(report.position, chronicle.journal.head().position);
  ASSERT_TRUE(report.comparison);
  EXPECT_EQ(report.counts.events, report.position);
}

/// A running engine is behind its journal for moments: the comparison is made where the views are.
TEST(Rebuild, ComparesViewsThatAreBehindAtTheirOwnPosition) {
  Chronicle chronicle;
  tell(chronicle);
  const Folder folder;
  const auto stored = Views::open(folder.views()).value();
  ASSERT_TRUE(stored->catch_up(chronicle.journal));
  const Position before = stored->applied();
  chronicle.happens(20, {on_run(2, events::RunHeld{"no disk"})});
  const auto report = replay(chronicle.journal, stored.get());
  EXPECT_TRUE(report.equal());
  EXPECT_EQ(report.comparison->position, before);
  EXPECT_EQ(report.position, before + 1);
  EXPECT_NE(report.digest, report.comparison->stored);
}

TEST(Rebuild, StopsWhereItIsTold) {
  Chronicle chronicle;
  tell(chronicle);
  const auto report = replay(chronicle.journal, nullptr, 4);
  EXPECT_EQ(report.position, 4U);
  EXPECT_EQ(report.counts.events, 4U);
  EXPECT_FALSE(report.comparison);
}

TEST(Rebuild, NamesTheFirstRowThatDiffers) {
  Chronicle chronicle;
  tell(chronicle);
  const Folder folder;
  const auto stored = Views::open(folder.views()).value();
  ASSERT_TRUE(stored->catch_up(chronicle.journal));
  Chronicle other;  // the same journal, had one run been held for another reason
  tell(other);
  const Folder elsewhere;
  const auto differently = Views::open(elsewhere.views()).value();
  ASSERT_TRUE(differently->begin(other.journal.head()));
  for (Position position = 1; position <= other.journal.head().position; ++position) {
    Record record = other.journal.read(position).value();
    if (auto* held = std::get_if<events::RunHeld>(&record.event)) held->reason = "no reason";
    ASSERT_TRUE(differently->apply({&record, 1}));
  }
  const auto report = replay(chronicle.journal, differently.get());
  EXPECT_FALSE(report.equal());
  ASSERT_TRUE(report.comparison && report.comparison->difference);
  EXPECT_NE(report.comparison->difference->key.find(run(1).str()), std::string::npos);
  EXPECT_NE(report.comparison->difference->stored, report.comparison->difference->rebuilt);
  EXPECT_TRUE(replay(chronicle.journal, stored.get()).equal());
}

TEST(Rebuild, SeesARowThatOnlyOneSideHas) {
  Chronicle chronicle;
  tell(chronicle);
  const Folder folder;
  const Folder elsewhere;
  const auto whole = Views::open(folder.views()).value();
  const auto part = Views::open(elsewhere.views()).value();
  ASSERT_TRUE(whole->catch_up(chronicle.journal));
  Chronicle shorter;
  shorter.happens(1, {on_account(1, events::UserCreated{user(1), "zoe"})});
  ASSERT_TRUE(part->catch_up(shorter.journal));
  EXPECT_EQ(rebuild::first_difference(part->rows(), whole->rows()).value()->stored, "missing");
  EXPECT_EQ(rebuild::first_difference(whole->rows(), part->rows()).value()->rebuilt, "missing");
  EXPECT_FALSE(rebuild::first_difference(whole->rows(), whole->rows()).value());
}

TEST(Rebuild, RefusesViewsOfAnotherJournalOrFromBeyondItsEnd) {
  Chronicle chronicle;
  tell(chronicle);
  Chronicle other("journal-2");
  const Folder folder;
  const auto stored = Views::open(folder.views()).value();
  ASSERT_TRUE(stored->catch_up(chronicle.journal));
  const Folder scratch;
  rebuild::Wish wish;
  wish.scratch = scratch.views();
  wish.stored = stored.get();
  EXPECT_EQ(rebuild::replay(other.journal, wish).error().code, Code::kInvalidArgument);
  wish.until = 2;
  EXPECT_EQ(rebuild::replay(chronicle.journal, wish).error().code, Code::kInvalidArgument);
  wish.stored = nullptr;
  wish.until = 99;
  EXPECT_EQ(rebuild::replay(chronicle.journal, wish).error().code, Code::kInvalidArgument);
}

TEST(Rebuild, GivesUpWhenItIsTold) {
  Chronicle chronicle;
  tell(chronicle);
  const Folder scratch;
  rebuild::Wish wish;
  wish.scratch = scratch.views();
  wish.progress = [](Position, Position) { return false; };
  EXPECT_FALSE(rebuild::replay(chronicle.journal, wish).has_value());
}

TEST(Views, CanBeReadBesideTheirWriter) {
  Chronicle chronicle;
  tell(chronicle);
  const Folder folder;
  EXPECT_EQ(Views::open_read_only(folder.views()).error().code, Code::kNotFound);
  const auto writer = Views::open(folder.views()).value();
  ASSERT_TRUE(writer->catch_up(chronicle.journal));
  const auto reader = Views::open_read_only(folder.views()).value();
  EXPECT_EQ(reader->applied(), writer->applied());
  EXPECT_EQ(reader->digest().value(), writer->digest().value());
  EXPECT_EQ(reader->runs().get(run(1)).value(), writer->runs().get(run(1)).value());
}

}  // namespace
}  // namespace actuary::tests
