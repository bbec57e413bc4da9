#include "journal/witness/witness.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/journal/folder.h"

namespace actuary::tests {
namespace {

namespace fs = std::filesystem;
namespace witness = journal::witness;
using witness::Testimony;
using witness::Witness;

const std::string kId(32, 'a');

Testimony testimony(std::uint64_t last, std::string batch = "batch") {
  Testimony made{.first = last, .last = last, .term = 3};
  made.before.fill(static_cast<unsigned char>(last - 1));
  made.after.fill(static_cast<unsigned char>(last));
  made.batch_bytes = batch.size();
  made.batch = std::move(batch);
  return made;
}

class WitnessFile : public testing::Test {
 protected:
  WitnessFile() { fs::create_directories(folder_.path()); }

  [[nodiscard]] std::string path() const { return folder_.path() + "/witness"; }
  [[nodiscard]] std::unique_ptr<Witness> claim(std::uint64_t nonce = 7,
                                               std::vector<Testimony> carried = {{}}) const {
    auto claimed = Witness::claim(path(), {kId, 1, nonce}, std::move(carried));
    EXPECT_TRUE(claimed) << claimed.error().detail;
    return std::move(*claimed);
  }
  static void write(Witness& to, const Testimony& batch) {
    to.begin(batch, {batch.batch});
    const Status done = to.finish();
    EXPECT_TRUE(done) << done.error().detail;
  }
  [[nodiscard]] std::vector<Testimony> slots() const {
    auto read = witness::read(path());
    EXPECT_TRUE(read) << read.error().detail;
    return read && *read ? (*read)->slots : std::vector<Testimony>{};
  }
  [[nodiscard]] std::string bytes() const {
    std::ostringstream text;
    text << std::ifstream(path(), std::ios::binary).rdbuf();
    return text.str();
  }
  void put_bytes(const std::string& text) const {
    std::ofstream(path(), std::ios::binary | std::ios::trunc) << text;
  }

  Folder folder_;
};

TEST_F(WitnessFile, ANewOneTestifiesToNothingAndNamesItsOwner) {
  const auto made = claim();
  const auto read = witness::read(path()).value();
  ASSERT_TRUE(read);
  EXPECT_EQ(read->owner, made->owner());
  EXPECT_EQ(read->slots, std::vector<Testimony>{{}});
  EXPECT_TRUE(made->verify());
}

TEST_F(WitnessFile, NoFileIsNoErrorAndNoWitness) { EXPECT_FALSE(witness::read(path()).value()); }

TEST_F(WitnessFile, TheLastTwoBatchesAreThereTheNewestFirst) {
  const auto made = claim();
  for (std::uint64_t last = 1; last <= 5; ++last) {
    write(*made, testimony(last));
    EXPECT_EQ(slots()[0], testimony(last));
  }
  EXPECT_EQ(slots(), (std::vector{testimony(5), testimony(4)}));
}

TEST_F(WitnessFile, TheNextOwnerCarriesBothBatchesOn) {
  write(*claim(), testimony(1));
  const auto next = claim(8, {testimony(2), testimony(1)});
  EXPECT_EQ(slots(), (std::vector{testimony(2), testimony(1)}));
  write(*next, testimony(3));
  EXPECT_EQ(slots(), (std::vector{testimony(3), testimony(2)})) << "the older one makes room";
}

TEST_F(WitnessFile, SlotsGrowAndShrinkWithTheirBatches) {
  const auto made = claim();
  std::uint64_t last = 0;
  for (const std::size_t size : {1U, 70'000U, 300'000U, 5U, 0U, 1'000'000U, 3U, 4U}) {
    const std::vector<Testimony> before = slots();
    ++last;
    write(*made, testimony(last, std::string(size, static_cast<char>('a' + last))));
    EXPECT_EQ(slots(), (std::vector{testimony(last, std::string(size, 'a' + last)), before[0]}));
  }
}

TEST_F(WitnessFile, ALargeBatchIsWitnessedByItsHashAlone) {
  const auto made = claim();
  const std::string most(witness::kWitnessBytesMax, 'x');
  write(*made, testimony(1, most));
  EXPECT_TRUE(slots()[0].whole());
  write(*made, testimony(2, most + "x"));
  ASSERT_EQ(slots()[0].last, 2U);
  EXPECT_FALSE(slots()[0].whole());
  EXPECT_EQ(slots()[0].batch_bytes, most.size() + 1);
  EXPECT_EQ(slots()[0].after, testimony(2).after);
  EXPECT_EQ(slots()[1].batch, most);
}

TEST_F(WitnessFile, EveryFlippedByteIsFoundOrHarmless) {
  {
    const auto made = claim();
    write(*made, testimony(1));
    write(*made, testimony(2));
  }
  const std::string whole = bytes();
  std::size_t older = 0;
  std::size_t refused = 0;
  std::vector<std::size_t> places;
  for (const std::size_t part :
       {std::size_t{0}, witness::stripe_at(0, 0), witness::stripe_at(1, 0)})
    for (std::size_t at = part; at < part + 200; ++at) places.push_back(at);
  for (std::size_t at = 0; at < whole.size(); at += 997) places.push_back(at);
  for (const std::size_t at : places) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x04);
    put_bytes(damaged);
    const auto read = witness::read(path());
    if (!read) {
      EXPECT_LT(at, 4096U) << "one damaged slot is not the end of the other";
      ++refused;
      continue;
    }
    for (const Testimony& slot : (*read)->slots) EXPECT_EQ(slot, testimony(slot.last)) << at;
    older += (*read)->slots.size() == 1 ? 1 : 0;
  }
  EXPECT_GT(refused, 70U);
  EXPECT_GT(older, 200U);
}

TEST_F(WitnessFile, ATornNewestSlotLeavesTheOneBefore) {
  {
    const auto made = claim();
    write(*made, testimony(1, std::string(100'000, 'a')));
    write(*made, testimony(2, std::string(100'000, 'b')));
    write(*made, testimony(3, std::string(100'000, 'c')));
  }
  const std::string whole = bytes();
  const std::size_t slot = witness::stripe_at(1, 0);
  for (const std::size_t from : {slot, slot + 512, witness::stripe_at(1, 1)}) {
    std::string torn = whole;
    torn.replace(from, 512, 512, '\0');
    put_bytes(torn);
    ASSERT_EQ(slots().size(), 1U);
    EXPECT_EQ(slots()[0].last, 2U);
  }
}

TEST_F(WitnessFile, OneWithoutAWholeSlotOrHeaderIsRefusedByName) {
  write(*claim(), testimony(1));
  const std::string whole = bytes();
  for (const std::size_t length : {std::size_t{0}, std::size_t{50}, std::size_t{4096}}) {
    put_bytes(whole.substr(0, length));
    const auto read = witness::read(path());
    ASSERT_FALSE(read) << length;
    EXPECT_EQ(to_string(read.error().code), to_string(Code::kCorrupt));
    EXPECT_NE(read.error().detail.find(path()), std::string::npos) << read.error().detail;
  }
}

TEST_F(WitnessFile, AFormerWriterIsToldAndReachesNothing) {
  const auto former = claim(7);
  write(*former, testimony(1));
  const auto later = claim(8, {testimony(1)});
  write(*former, testimony(9, "of a paused process"));
  EXPECT_EQ(slots(), std::vector{testimony(1)}) << "its file has no name any more";
  EXPECT_TRUE(later->verify());
  const Status told = former->verify();
  ASSERT_FALSE(told);
  EXPECT_EQ(to_string(told.error().code), to_string(Code::kStorageFailed));
  EXPECT_NE(told.error().detail.find("taken over"), std::string::npos) << told.error().detail;
}

TEST_F(WitnessFile, ACopyInItsPlaceOrNothingAtAllIsNoticed) {
  const auto made = claim();
  fs::copy_file(path(), path() + ".copy");
  fs::rename(path() + ".copy", path());
  EXPECT_FALSE(made->verify());
  fs::remove(path());
  EXPECT_FALSE(made->verify());
}

TEST_F(WitnessFile, AnInterruptedClaimLeavesTheOldOne) {
  write(*claim(), testimony(1));
  std::ofstream(path() + ".new") << "half";
  EXPECT_EQ(slots()[0], testimony(1));
  EXPECT_TRUE(claim(8, {testimony(1)})->verify());
}

TEST_F(WitnessFile, AFileThatCannotBeWrittenIsAnError) {
  auto made = Witness::claim(folder_.path() + "/nowhere/witness", {kId, 1, 1}, {{}});
  ASSERT_FALSE(made);
  EXPECT_EQ(to_string(made.error().code), to_string(Code::kStorageFailed));
}

}  // namespace
}  // namespace actuary::tests
