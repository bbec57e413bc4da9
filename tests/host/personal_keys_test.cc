#include "adapters/host/personal_keys.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <set>

#include "adapters/reactor/system.h"
#include "journal/events/common.h"
#include "tests/journal/folder.h"

namespace actuary::tests {
namespace {

namespace fs = std::filesystem;
using adapters::host::kSlotBytes;
using adapters::host::kSlotsPerFill;
using adapters::host::PersonalKeys;

class PersonalKeysTest : public testing::Test {
 protected:
  [[nodiscard]] std::unique_ptr<PersonalKeys> open(char master = 'm') {
    auto opened = PersonalKeys::open(folder_.path("personal"), Bytes(32, master), ids_);
    EXPECT_TRUE(opened) << opened.error().detail;
    return opened ? std::move(*opened) : nullptr;
  }
  [[nodiscard]] std::string file() const { return folder_.path("personal") + "/0.keys"; }
  static std::string seal(PersonalKeys& keys, const std::string& text,
                          std::optional<std::uint64_t> under = {}) {
    return keys.seal({text}, under).value().front();
  }
  static std::size_t destroy(PersonalKeys& keys, const std::string& sealed) {
    const std::vector<std::uint64_t> numbers{events::personal_key(sealed).value()};
    return keys.destroy(numbers).value();
  }
  [[nodiscard]] Bytes content() const {
    std::ifstream in(file(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  Folder folder_;
  adapters::reactor::SystemIds ids_;
};

TEST_F(PersonalKeysTest, WhatWasSealedOpensAgainAfterARestart) {
  const auto sealed = seal(*open(), "192.0.2.7");
  EXPECT_TRUE(sealed.starts_with("personal:v1:0:")) << sealed;
  EXPECT_EQ(sealed.find("192"), std::string::npos);
  EXPECT_EQ(open()->open_text(sealed).value(), "192.0.2.7");
}

TEST_F(PersonalKeysTest, AnyBytesAndNoBytesAreTexts) {
  auto keys = open();
  const std::string odd("\0\xff\xc0\x80 text", 9);
  const auto sealed = keys->seal({odd, "", std::string(512, 'x')}, {}).value();
  EXPECT_EQ(keys->open_text(sealed[0]).value(), odd);
  EXPECT_EQ(sealed[1], "");
  EXPECT_EQ(keys->open_text(sealed[2]).value(), std::string(512, 'x'));
  EXPECT_EQ(keys->seal({"", ""}, {}).value(), (std::vector<std::string>{"", ""}));
}

TEST_F(PersonalKeysTest, ADestroyedKeyIsGoneForEverAndFromTheDisk) {
  auto keys = open();
  const auto sealed = seal(*keys, "ada");
  const auto other = seal(*keys, "grace");
  const Bytes before = content();
  EXPECT_EQ(destroy(*keys, sealed), 1U);
  EXPECT_EQ(keys->open_text(sealed).error().code, Code::kNotFound);
  EXPECT_EQ(open()->open_text(sealed).error().code, Code::kNotFound);
  EXPECT_EQ(destroy(*keys, sealed), 0U) << "twice is harmless";
  EXPECT_EQ(content().substr(0, kSlotBytes), Bytes(kSlotBytes, '\0'));
  EXPECT_EQ(content().find(before.substr(0, 48)), Bytes::npos) << "nowhere else either";
  EXPECT_EQ(open()->open_text(other).value(), "grace");
}

TEST_F(PersonalKeysTest, UnderAnotherTextsKeyMeansThatBothDieTogether) {
  auto keys = open();
  const auto first = seal(*keys, "start");
  const auto second = seal(*keys, "resurrection", events::personal_key(first));
  EXPECT_EQ(destroy(*keys, first), 1U);
  EXPECT_EQ(keys->open_text(second).error().code, Code::kNotFound);
  const auto third = seal(*keys, "again", events::personal_key(first));
  EXPECT_EQ(keys->open_text(third).value(), "again") << "a destroyed key is not used again";
}

TEST_F(PersonalKeysTest, NoKeyIsUsedForTwoAcrossRestartsAndFills) {
  std::set<std::string> slots;
  for (int start = 0; start < 3; ++start) {
    auto keys = open();
    for (std::size_t i = 0; i < kSlotsPerFill + 2; ++i) {
      const auto sealed = seal(*keys, "x");
      EXPECT_TRUE(slots.insert(sealed.substr(0, sealed.rfind(':'))).second) << sealed;
      EXPECT_TRUE(keys->open_text(sealed));
    }
  }
}

TEST_F(PersonalKeysTest, AnotherMasterKeyOpensNothing) {
  const auto sealed = seal(*open(), "ada");
  EXPECT_EQ(open('n')->open_text(sealed).error().code, Code::kCorrupt);
}

TEST_F(PersonalKeysTest, ASlotThatWasCopiedOverAnotherIsFoundOut) {
  auto keys = open();
  const auto first = seal(*keys, "ada");
  const auto second = seal(*keys, "grace");
  Bytes bytes = content();
  bytes.replace(kSlotBytes, kSlotBytes, bytes.substr(0, kSlotBytes));
  std::ofstream(file(), std::ios::binary) << bytes;
  EXPECT_EQ(open()->open_text(second).error().code, Code::kCorrupt);
  EXPECT_TRUE(open()->open_text(first));
}

TEST_F(PersonalKeysTest, TextsAndNumbersThatNobodyMadeAreRefusedAndDestroyNothing) {
  auto keys = open();
  (void)seal(*keys, "ada");
  const Bytes before = content();
  for (const char* text :
       {"", "ada", "personal:", "personal:v1:", "personal:v1:0", "personal:v1:x:00",
        "personal:v1:-1:00", "personal:v1:99999999999999999999:00", "personal:v2:0:00",
        "personal:v1:4000000000:00", "personal:v1:0:zz", "personal:v1:0:", "personal:v1:0:00"}) {
    EXPECT_FALSE(keys->open_text(text)) << text;
  }
  const std::vector<std::uint64_t> numbers{4'000'000'000, ~std::uint64_t{0}, kSlotsPerFill};
  EXPECT_EQ(keys->destroy(numbers).value(), 0U);
  EXPECT_EQ(content(), before);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path("personal")), {}), 1);
}

TEST_F(PersonalKeysTest, ASlotThatCannotBeReadAnyMoreIsDestroyedAllTheSame) {
  auto keys = open();
  const auto sealed = seal(*keys, "ada");
  EXPECT_EQ(destroy(*open('n'), sealed), 1U) << "as another master key would find it";
  EXPECT_EQ(content().substr(0, kSlotBytes), Bytes(kSlotBytes, '\0'));
}

TEST_F(PersonalKeysTest, AFileThatACrashCutShortCostsOnlyWhatItHeld) {
  const auto sealed = seal(*open(), "ada");
  fs::resize_file(file(), kSlotBytes + 10);
  auto keys = open();
  EXPECT_EQ(keys->open_text(sealed).value(), "ada");
  const auto next = seal(*keys, "grace");
  EXPECT_EQ(keys->open_text(next).value(), "grace");
  EXPECT_EQ(keys->open_text(sealed).value(), "ada");
}

TEST_F(PersonalKeysTest, NobodyElseMayReadTheFiles) {
  (void)seal(*open(), "ada");
  struct stat file_state {};
  struct stat folder_state {};
  ASSERT_EQ(::stat(file().c_str(), &file_state), 0);
  ASSERT_EQ(::stat(folder_.path("personal").c_str(), &folder_state), 0);
  EXPECT_EQ(file_state.st_mode & 0777U, 0600U);
  EXPECT_EQ(folder_state.st_mode & 0777U, 0700U);
}

}  // namespace
}  // namespace actuary::tests
