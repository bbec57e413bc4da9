#include "engine/executor/command.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/journal/any_value.h"

namespace actuary::tests {
namespace {

using engine::executor::AnyCommand;
using engine::executor::Command;
using engine::executor::decode;
using engine::executor::encode;
using engine::executor::name_of;

template <class Family, std::size_t... I>
void add_family(std::vector<Command>& commands, AnyValue& any, std::index_sequence<I...>) {
  const auto one = [&]<std::size_t Index>() {
    std::variant_alternative_t<Index, Family> each;
    any.fill(each);
    commands.emplace_back(Family{std::in_place_index<Index>, std::move(each)});
  };
  (one.template operator()<I>(), ...);
}

template <std::size_t... I>
void add_families(std::vector<Command>& commands, AnyValue& any, std::index_sequence<I...>) {
  (add_family<std::variant_alternative_t<I, AnyCommand>>(
       commands, any,
       std::make_index_sequence<std::variant_size_v<std::variant_alternative_t<I, AnyCommand>>>()),
   ...);
}

/// One command of every kind, with values that differ from every default.
std::vector<Command> one_of_each(std::uint64_t seed) {
  AnyValue any(seed);
  std::vector<Command> commands;
  add_families(commands, any, std::make_index_sequence<std::variant_size_v<AnyCommand>>());
  return commands;
}

TEST(Command, ReadsBackAsItWasWritten) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    for (const Command& command : one_of_each(seed)) {
      const auto read = decode(name_of(command), encode(command));
      ASSERT_TRUE(read.has_value()) << name_of(command) << ": " << read.error().detail;
      EXPECT_EQ(*read, command) << name_of(command);
    }
  }
}

TEST(Command, HasANameOfItsOwn) {
  std::set<std::string_view> names;
  const auto commands = one_of_each(1);
  for (const Command& command : commands) names.insert(name_of(command));
  EXPECT_EQ(names.size(), commands.size());
}

TEST(Command, OfAnUnknownNameIsANewerPrograms) {
  EXPECT_EQ(decode("run.Teleport", {}).error().code, Code::kNewerVersion);
  EXPECT_EQ(decode("", {}).error().code, Code::kNewerVersion);
}

/// Damage is an error or another command, never more: the sanitizers watch.
TEST(Command, SurvivesHostileBytes) {
  AnyValue any(7);
  for (const Command& command : one_of_each(3)) {
    const Bytes bytes = encode(command);
    EXPECT_FALSE(decode(name_of(command), {}).has_value());
    for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
      (void)decode(name_of(command), BytesView(bytes).substr(0, cut));
    }
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      for (const unsigned mask : {0x01U, 0x80U, 0xffU}) {
        Bytes damaged = bytes;
        damaged[at] = static_cast<char>(static_cast<unsigned char>(damaged[at]) ^ mask);
        (void)decode(name_of(command), damaged);
      }
    }
    // One command's bytes under every other name.
    for (const Command& other : one_of_each(3)) (void)decode(name_of(other), bytes);
  }
}

}  // namespace
}  // namespace actuary::tests
