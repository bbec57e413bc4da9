#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/ports/runtime.h"

namespace actuary::tests::contract {

using engine::ports::ContainerExit;
using engine::ports::ContainerKey;
using engine::ports::ContainerRuntime;
using engine::ports::ContainerSpec;
using engine::ports::ContainerState;
using engine::ports::ContainerView;

/// What a runtime under test stands in: its loop, its log, and a way to lose the runtime as a crash
/// does.
class RuntimeWorld {
 public:
  virtual ~RuntimeWorld() = default;
  [[nodiscard]] virtual ContainerRuntime& runtime() = 0;
  /// Drops the runtime without telling the containers; a new one adopts them.
  virtual void replace_runtime() = 0;
  /// A container that runs `script` in a shell as the image's user.
  [[nodiscard]] virtual ContainerSpec shell(const std::string& script) = 0;
  [[nodiscard]] virtual std::string log(const ContainerKey& key) = 0;
  /// Turns the loop until `done` or the time is over; false then.
  [[nodiscard]] virtual bool turn_until(const std::function<bool()>& done) = 0;
};

/// The suite every container runtime passes. `World` is default-constructible.
template <class World>
class RuntimeContract : public ::testing::Test {
 protected:
  RuntimeContract() { listen(); }
  ~RuntimeContract() override {
    for (const ContainerKey& key : started_) (void)remove(key);
  }

  void listen() {
    world_.runtime().on_exit(
        [this](const ContainerKey& key, const ContainerExit& exit) { exits_[key] = exit; });
  }
  Status start(const ContainerSpec& spec) {
    started_.push_back(spec.key);
    return ask<void>([&](auto done) { world_.runtime().start(spec, done); });
  }
  Status kill(const ContainerKey& key) {
    return ask<void>([&](auto done) { world_.runtime().kill(key, done); });
  }
  Status announce(const ContainerKey& key, engine::ports::Announcement::Kind kind) {
    const engine::ports::Announcement what{
        .kind = kind, .at = Timestamp{Seconds{1'800'000'000}}, .remaining = Seconds{30}};
    return ask<void>([&](auto done) { world_.runtime().announce(key, what, done); });
  }
  Status remove(const ContainerKey& key) {
    return ask<void>([&](auto done) { world_.runtime().remove(key, done); });
  }
  ContainerView inspect(const ContainerKey& key) {
    return ask<ContainerView>([&](auto done) { world_.runtime().inspect(key, done); }).value();
  }
  ContainerExit wait_exit(const ContainerKey& key) {
    EXPECT_TRUE(world_.turn_until([&] { return exits_.count(key) > 0; }));
    return exits_[key];
  }
  ContainerExit run(const ContainerSpec& spec) {
    const Status begun = start(spec);
    EXPECT_TRUE(begun) << begun.error().detail;
    return begun ? wait_exit(spec.key) : ContainerExit{};
  }
  bool wait_log(const ContainerKey& key, const std::string& text) {
    return world_.turn_until([&] { return world_.log(key).find(text) != std::string::npos; });
  }

  World world_;
  std::map<ContainerKey, ContainerExit> exits_;
  std::vector<ContainerKey> started_;

 private:
  template <class T>
  Result<T> ask(const std::function<void(std::function<void(Result<T>)>)>& call) {
    auto answer = std::make_shared<std::optional<Result<T>>>();
    call([answer](Result<T> result) { *answer = std::move(result); });
    EXPECT_TRUE(world_.turn_until([&] { return answer->has_value(); }));
    return answer->value_or(Result<T>(fail(Code::kUnknown, "no answer")));
  }
};

TYPED_TEST_SUITE_P(RuntimeContract);

TYPED_TEST_P(RuntimeContract, ReportsTheExitCode) {
  const ContainerExit exit = this->run(this->world_.shell("exit 42"));
  EXPECT_EQ(exit.exit_code, 42);
  EXPECT_FALSE(exit.out_of_memory);
  EXPECT_FALSE(exit.proven_empty);
  EXPECT_EQ(exit.detail, "");
}

TYPED_TEST_P(RuntimeContract, StartsTheProcessOncePerKey) {
  const ContainerSpec spec = this->world_.shell("echo begun; sleep 1; exit 5");
  ASSERT_TRUE(this->start(spec));
  EXPECT_TRUE(this->start(spec));
  this->world_.replace_runtime();
  this->listen();
  EXPECT_TRUE(this->start(spec));
  EXPECT_EQ(this->wait_exit(spec.key).exit_code, 5);
  EXPECT_TRUE(this->start(spec)) << "a finished container is a started one";
  const std::string log = this->world_.log(spec.key);
  EXPECT_EQ(log.find("begun"), log.rfind("begun")) << log;
}

TYPED_TEST_P(RuntimeContract, KeepsTheLogToTheLastByte) {
  const ContainerSpec spec = this->world_.shell(
      "i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done; printf 'the end'");
  EXPECT_EQ(this->run(spec).exit_code, 0);
  const std::string log = this->world_.log(spec.key);
  EXPECT_NE(log.find("Z line 1999\n"), std::string::npos);
  EXPECT_EQ(log.substr(log.size() - 9), " the end\n");
  // 2001 lines of its own, and the one that says that it started.
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 2002);
}

TYPED_TEST_P(RuntimeContract, KillsEverythingInside) {
  const ContainerSpec spec = this->world_.shell("trap '' TERM; sleep 100 & echo up; sleep 100");
  ASSERT_TRUE(this->start(spec));
  ASSERT_TRUE(this->wait_log(spec.key, "up"));
  EXPECT_EQ(this->inspect(spec.key).state, ContainerState::kRunning);
  EXPECT_TRUE(this->kill(spec.key));
  const ContainerExit exit = this->wait_exit(spec.key);
  EXPECT_EQ(exit.exit_code, 137);
  EXPECT_FALSE(exit.out_of_memory);
  EXPECT_EQ(this->inspect(spec.key).state, ContainerState::kExited);
}

TYPED_TEST_P(RuntimeContract, RemovesARunningContainerWithoutTrace) {
  const ContainerSpec spec = this->world_.shell("echo up; sleep 100");
  ASSERT_TRUE(this->start(spec));
  EXPECT_TRUE(this->remove(spec.key));
  EXPECT_EQ(this->inspect(spec.key).state, ContainerState::kMissing);
  EXPECT_TRUE(this->remove(spec.key)) << "a missing container is removed already";
  EXPECT_TRUE(this->kill(spec.key)) << "a missing container is dead already";
}

TYPED_TEST_P(RuntimeContract, AdoptsWhatEndedWhileNobodyWatched) {
  const ContainerSpec running = this->world_.shell("echo up; sleep 2; echo late; exit 3");
  const ContainerSpec ended = this->world_.shell("exit 4");
  ASSERT_TRUE(this->start(running));
  this->world_.runtime().on_exit(nullptr);
  ASSERT_TRUE(this->start(ended));
  ASSERT_TRUE(this->world_.turn_until(
      [&] { return this->inspect(ended.key).state == ContainerState::kExited; }));
  this->world_.replace_runtime();
  this->listen();
  EXPECT_EQ(this->wait_exit(ended.key).exit_code, 4);
  EXPECT_EQ(this->wait_exit(running.key).exit_code, 3);
  EXPECT_NE(this->world_.log(running.key).find("late"), std::string::npos);
}

TYPED_TEST_P(RuntimeContract, TellsMemoryExhaustionFromOtherKills) {
  // tail keeps what it reads until a line ends: zeroes never do.
  ContainerSpec spec = this->world_.shell("exec tail /dev/zero");
  spec.memory_mbytes = 128;
  const ContainerExit exit = this->run(spec);
  EXPECT_EQ(exit.exit_code, 137);
  EXPECT_TRUE(exit.out_of_memory);
}

TYPED_TEST_P(RuntimeContract, LimitsDiskAndProcesses) {
  ContainerSpec disk = this->world_.shell("dd if=/dev/zero of=/tmp/file bs=1M count=300 2>&1");
  disk.disk_mbytes = 128;
  EXPECT_NE(this->run(disk).exit_code, 0);
  EXPECT_NE(this->world_.log(disk.key).find("No space left"), std::string::npos)
      << this->world_.log(disk.key);
  ContainerSpec pids =
      this->world_.shell("i=0; while [ $i -lt 40 ]; do sleep 3 & i=$((i+1)); done; wait");
  pids.pids_max = 16;
  EXPECT_NE(this->run(pids).exit_code, 0);
}

/// Connects to the events websocket for a second, again and again, and prints what comes.
inline constexpr const char* kListenToEvents =
    R"(test "$APIFY_ACTOR_EVENTS_WS_URL" = "$ACTOR_EVENTS_WEBSOCKET_URL" || exit 9
rest=${ACTOR_EVENTS_WEBSOCKET_URL#ws://}; host=${rest%%/*}
while true; do
  { printf 'GET /%s HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' "${rest#*/}"
    printf 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'
    sleep 1; } | nc "${host%:*}" "${host#*:}"
  printf '\nhung up\n'
done)";

TYPED_TEST_P(RuntimeContract, AnnouncesOnceToEachClientWhateverDies) {
  using Kind = engine::ports::Announcement::Kind;
  const ContainerSpec spec = this->world_.shell(kListenToEvents);
  EXPECT_TRUE(this->announce(spec.key, Kind::kAborting)) << "there is nobody to be told";
  ASSERT_TRUE(this->start(spec));
  EXPECT_TRUE(this->announce(spec.key, Kind::kAborting));
  EXPECT_TRUE(this->announce(spec.key, Kind::kAborting));
  this->world_.replace_runtime();
  this->listen();
  EXPECT_TRUE(this->announce(spec.key, Kind::kAborting));
  EXPECT_TRUE(this->announce(spec.key, Kind::kMigrating));
  const std::size_t from = this->world_.log(spec.key).size();
  std::string heard;
  // A whole connection that began after all of it.
  ASSERT_TRUE(this->world_.turn_until([&] {
    heard = this->world_.log(spec.key).substr(from);
    const std::size_t begin = heard.find("hung up");
    const std::size_t end = begin == std::string::npos ? begin : heard.find("hung up", begin + 1);
    if (end == std::string::npos) return false;
    heard = heard.substr(begin, end - begin);
    return true;
  }));
  for (const char* name : {"aborting", "persistState", "migrating"}) {
    const std::string text =
        std::string("{\"name\":\"") + name + "\",\"createdAt\":\"2027-01-15T08";
    EXPECT_NE(heard.find(text), std::string::npos) << heard;
    EXPECT_EQ(heard.find(text), heard.rfind(text)) << heard;
  }
  EXPECT_NE(heard.find("{\"isMigrating\":false}"), std::string::npos) << heard;
  EXPECT_NE(heard.find("{\"timeRemainingSecs\":30"), std::string::npos) << heard;
  EXPECT_TRUE(this->kill(spec.key));
}

TYPED_TEST_P(RuntimeContract, SamplesWhatAContainerUses) {
  // tail keeps the 48 MB for as long as nobody reads them.
  const ContainerSpec spec = this->world_.shell(
      "head -c 50331648 /dev/zero | tail -c 50331648 | { sleep 4; cat > /dev/null; }");
  ASSERT_TRUE(this->start(spec));
  std::optional<engine::ports::ContainerUsage> now;
  ASSERT_TRUE(this->world_.turn_until([&] {
    now = this->world_.runtime().usage(spec.key);
    return now && now->memory_bytes_now > 50'331'648;
  }));
  EXPECT_GT(now->totals.cpu_percent_avg, 0);
  const ContainerExit exit = this->wait_exit(spec.key);
  EXPECT_GE(exit.usage.samples, 4U);
  EXPECT_GT(exit.usage.memory_bytes_max, 50'331'648U);
  EXPECT_LT(exit.usage.memory_bytes_max, 256U << 20U);
  EXPECT_GT(exit.usage.memory_bytes_avg, 0U);
  EXPECT_LE(exit.usage.memory_bytes_avg, exit.usage.memory_bytes_max);
  EXPECT_GT(exit.usage.cpu_percent_max, 0);
  EXPECT_LE(exit.usage.cpu_percent_avg, exit.usage.cpu_percent_max);
  EXPECT_TRUE(this->world_.runtime().usage(spec.key)) << "until it is removed";
  EXPECT_TRUE(this->remove(spec.key));
  EXPECT_FALSE(this->world_.runtime().usage(spec.key));
}

TYPED_TEST_P(RuntimeContract, ListsItsContainers) {
  const ContainerSpec spec = this->world_.shell("exit 0");
  this->run(spec);
  std::optional<std::vector<ContainerView>> views;
  this->world_.runtime().list([&](auto listed) { views = listed.value(); });
  ASSERT_TRUE(this->world_.turn_until([&] { return views.has_value(); }));
  ASSERT_EQ(views->size(), 1u);
  EXPECT_EQ(views->front().key, spec.key);
  EXPECT_EQ(views->front().state, ContainerState::kExited);
}

REGISTER_TYPED_TEST_SUITE_P(RuntimeContract, ReportsTheExitCode, StartsTheProcessOncePerKey,
                            KeepsTheLogToTheLastByte, KillsEverythingInside,
                            RemovesARunningContainerWithoutTrace, AdoptsWhatEndedWhileNobodyWatched,
                            TellsMemoryExhaustionFromOtherKills, LimitsDiskAndProcesses,
                            AnnouncesOnceToEachClientWhateverDies, SamplesWhatAContainerUses,
                            ListsItsContainers);

}  // namespace actuary::tests::contract
