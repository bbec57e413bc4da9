#include "engine/directory/command_keys.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/executor/executor.h"
#include "journal/memory/memory_journal.h"
#include "tests/support/sim_loop.h"

namespace actuary::tests {
namespace {

using engine::directory::CommandKeys;
using engine::directory::kCommandKeyAge;
using engine::directory::kCommandKeysMax;

CommandId keyed(std::uint64_t key, std::string_view asked = "AAAAA") {
  std::string number = std::to_string(key);
  number.insert(0, 10 - number.size(), '0');
  return CommandId::parse("0k" + number + std::string(asked)).value();
}

Record record_of(const CommandId& id, Position position, Seconds at = Seconds{0}) {
  Record record;
  record.position = position;
  record.command_id = id;
  record.recorded_at.utc = Timestamp{Seconds{1'700'000'000} + at};
  return record;
}

TEST(CommandKeys, RememberWhereACommandEnded) {
  CommandKeys keys;
  keys.apply(record_of(keyed(1), 7));
  keys.apply(record_of(keyed(1), 8));
  ASSERT_NE(keys.find(keyed(1)), nullptr);
  EXPECT_EQ(keys.find(keyed(1))->last, 8U);
  EXPECT_EQ(keys.find(keyed(2)), nullptr);
}

TEST(CommandKeys, TheSameKeyWithAnotherWishIsFoundUnderTheFirstId) {
  CommandKeys keys;
  keys.apply(record_of(keyed(1, "AAAAA"), 7));
  ASSERT_NE(keys.find(keyed(1, "BBBBB")), nullptr);
  EXPECT_EQ(keys.find(keyed(1, "BBBBB"))->id, keyed(1, "AAAAA"));
}

TEST(CommandKeys, CommandsWithoutAKeyAreNotRemembered) {
  CommandKeys keys;
  const auto plain = CommandId::parse("1k000000000000000").value();
  keys.apply(record_of(plain, 7));
  keys.apply(record_of({}, 8));
  EXPECT_EQ(keys.find(plain), nullptr);
  EXPECT_EQ(keys.find({}), nullptr);
  EXPECT_EQ(keys.by_key.size(), 0U);
}

TEST(CommandKeys, AreForgottenAfterADay) {
  CommandKeys keys;
  keys.apply(record_of(keyed(1), 1));
  keys.apply(record_of(keyed(2), 2, kCommandKeyAge));
  EXPECT_NE(keys.find(keyed(1)), nullptr) << "a day is not over";
  keys.apply(record_of(keyed(3), 3, kCommandKeyAge + Seconds{1}));
  EXPECT_EQ(keys.find(keyed(1)), nullptr);
  EXPECT_NE(keys.find(keyed(2)), nullptr);
}

TEST(CommandKeys, AreBoundedAndTheOldestGoFirst) {
  CommandKeys keys;
  for (std::uint64_t i = 0; i < kCommandKeysMax + 5; ++i) keys.apply(record_of(keyed(i), i + 1));
  EXPECT_EQ(keys.by_key.size(), kCommandKeysMax);
  EXPECT_EQ(keys.find(keyed(4)), nullptr);
  EXPECT_NE(keys.find(keyed(5)), nullptr);
  EXPECT_NE(keys.find(keyed(kCommandKeysMax + 4)), nullptr);
}

/// Draws an id that begins as those of keys do, and then others.
class UnluckyIds final : public IdSource {
 public:
  void fill(std::span<std::byte> random) override {
    std::ranges::fill(random, std::byte{drawn_ == 0 ? std::uint8_t{0} : std::uint8_t{1}});
    if (drawn_++ == 0) random[1] = std::byte{20};  // `0k000…`
  }

 private:
  int drawn_ = 0;
};

TEST(CommandKeys, ADrawnIdIsNeverTakenForAClientsKey) {
  support::SimRandom random(1);
  support::SimLoop loop(random);
  journal::memory::MemoryJournal journal;
  UnluckyIds ids;
  engine::executor::Executor executor(
      {journal, loop, loop, ids, [](const auto&, Position) {},
       [](std::span<const Record>) -> Status { return {}; }, [](const Error&) {}},
      {});
  ASSERT_TRUE(executor.start({1, 1, "test"}, [] {}));
  EXPECT_EQ(journal.read(1).value().command_id.view(), std::string(kIdLength, '1'));
  EXPECT_TRUE(executor.directory().command_keys().by_key.empty());
}

}  // namespace
}  // namespace actuary::tests
