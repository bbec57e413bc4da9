#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <set>
#include <string>

#include "adapters/storages/rocks_storages.h"
#include "tests/storages/folder.h"
#include "tests/support/fixed_clock.h"
#include "tests/support/manual_loop.h"

namespace actuary::tests::storages {
namespace {

using adapters::storages::RocksStorages;
using engine::ports::ItemPage;
using engine::ports::KeyValueRecord;

const StorageId kStore = StorageId::parse("StoreStoreStore01").value();
constexpr std::uint32_t kCallers = 16;

/// Pushes items and puts records for ever, several at a time, and says in the pipe which are
/// acknowledged.
[[noreturn]] void write_until_killed(const std::filesystem::path& folder, int acknowledged,
                                     std::uint32_t first) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  support::ManualLoop loop;
  support::FixedClock clock;
  const auto storages = RocksStorages::open(folder, loop, clock).value();
  std::uint32_t next = first;
  std::function<void()> write = [&] {
    const std::uint32_t number = next++;
    const auto done = [&, number](const Status& status) {
      if (!status) ::_exit(1);
      if (::write(acknowledged, &number, sizeof(number)) != sizeof(number)) ::_exit(2);
      write();
    };
    const std::string text = std::to_string(number);
    if (number % 2 == 0) {
      storages->push_items(kStore, {text}, {}, done);
    } else {
      storages->put_record(kStore, "key-" + text, KeyValueRecord{"", "", text}, {}, done);
    }
  };
  for (std::uint32_t i = 0; i < kCallers; ++i) write();
  (void)loop.run_until([] { return false; }, std::chrono::minutes(5));
  ::_exit(3);
}

/// Kills the writer after `count` acknowledgements; answers all that were made.
std::set<std::uint32_t> write_and_kill(const std::filesystem::path& folder, std::uint32_t first,
                                       std::size_t count) {
  int ends[2] = {};
  EXPECT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    write_until_killed(folder, ends[1], first);
  }
  ::close(ends[1]);
  std::set<std::uint32_t> acknowledged;
  std::uint32_t number = 0;
  while (::read(ends[0], &number, sizeof(number)) == sizeof(number)) {
    acknowledged.insert(number);
    if (acknowledged.size() == count) ::kill(child, SIGKILL);  // then drain what was written before
  }
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself with " << WEXITSTATUS(status);
  return acknowledged;
}

TEST(RocksStoragesKill, WhatWasAcknowledgedIsThereAfterSigkill) {
  const Folder folder;
  std::set<std::uint32_t> acknowledged;
  for (std::uint32_t round = 0; round < 20; ++round) {
    acknowledged.merge(write_and_kill(folder.path(), round * 1'000'000, 20 + round * 13));

    support::ManualLoop loop;
    support::FixedClock clock;
    const auto storages = RocksStorages::open(folder.path(), loop, clock).value();
    const auto page = support::await<ItemPage>(
        loop, [&](auto done) { storages->read_items(kStore, {}, {}, done); });
    ASSERT_TRUE(page);
    const std::set<std::string> items(page->items.begin(), page->items.end());
    ASSERT_EQ(items.size(), page->items.size()) << "an item twice";
    for (const std::uint32_t number : acknowledged) {
      const std::string text = std::to_string(number);
      if (number % 2 == 0) {
        ASSERT_TRUE(items.contains(text)) << "round " << round << " lost item " << text;
        continue;
      }
      const auto record = support::await<KeyValueRecord>(
          loop, [&](auto done) { storages->get_record(kStore, "key-" + text, {}, done); });
      ASSERT_TRUE(record) << "round " << round << " lost record " << text;
      ASSERT_EQ(record->value, text);
    }
  }
  EXPECT_GE(acknowledged.size(), 2000U);
}

}  // namespace
}  // namespace actuary::tests::storages
