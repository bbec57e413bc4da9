#include "engine/executor/executor.h"

#include <memory>
#include <optional>

#include "journal/memory/memory_journal.h"
#include "tests/engine/given.h"
#include "tests/support/sim_loop.h"

namespace actuary::tests {
namespace {

using engine::executor::Command;
using engine::executor::Executor;
using engine::executor::Submission;
using journal::memory::MemoryJournal;
using support::SimLoop;
using Answer = std::shared_ptr<std::optional<Result<Position>>>;

Principal a_user() {
  Principal principal;
  principal.kind = PrincipalKind::kUser;
  principal.user_id = kUser;
  return principal;
}

/// One executor on a journal that waits for the test's word.
class ExecutorTest : public testing::Test {
 protected:
  void boot() {
    executor = std::make_unique<Executor>(
        Executor::Outside{journal, loop, loop, random,
                          [this](const engine::decision::Effect& effect, Position cause) {
                            effects.emplace_back(effect, cause);
                          },
                          [this](std::span<const Record> batch) -> Status {
                            batches.push_back(batch.size());
                            return {};
                          },
                          [this](const Error& error) { fatal.push_back(error); }},
        settings);
    executor->set_room([this](engine::ports::Need need, std::uint64_t) -> Status {
      if (refused && need <= *refused) return fail(Code::kUnavailable, "disk full");
      return {};
    });
    ASSERT_TRUE(executor->start({random.next_number(), 1, "test"}, [this] { ++ready; }));
  }
  void boot_and_open() {
    boot();
    complete();
  }
  void crash() {
    executor.reset();
    journal.reopen();
    loop.crash();
  }
  void complete() {
    ASSERT_TRUE(journal.complete_next());
    loop.run_ready();
  }
  /// Everything that is appended succeeds, until nothing is left.
  void complete_all() {
    loop.run_ready();
    while (journal.held() > 0) complete();
  }
  Answer ask(Command command) {
    auto answer = std::make_shared<std::optional<Result<Position>>>();
    executor->submit({std::move(command), a_user(), CommandId{}, 0,
                      [answer](Result<Position> result) { *answer = std::move(result); }});
    return answer;
  }
  /// As a client that may send it again.
  Answer ask_keyed(std::string_view id, Command command) {
    auto answer = std::make_shared<std::optional<Result<Position>>>();
    executor->submit({std::move(command), a_user(), CommandId::parse(id).value(), 0,
                      [answer](Result<Position> result) { *answer = std::move(result); }});
    return answer;
  }
  static Command create_user(std::string_view name) {
    return engine::account::Command{
        engine::account::CreateUser{id_of<UserId>(name), std::string(name)}};
  }
  Answer user(std::string_view name) {
    return ask(engine::account::Command{
        engine::account::CreateUser{id_of<UserId>(name), std::string(name)}});
  }
  void report(Command command) { executor->submit({std::move(command), {}, {}, 0, nullptr}); }
  /// An Actor, a build, and a run that is admitted, as commands.
  void found() {
    user("user");
    engine::actor::Create create{kActor, kUser, {}, {version("0.1")}};
    create.profile.name = "ledger";
    ask(engine::actor::Command{create});
    engine::build::Create build;
    build.build_id = kBuild;
    build.actor_id = kActor;
    build.user_id = kUser;
    build.version_number = "0.1";
    ask(engine::build::Command{build});
    complete_all();
    report(engine::build::Command{engine::build::ReportBuilt{kBuild, image("i"), "", "", ""}});
    complete_all();
  }
  void start_run(std::uint32_t timeout_secs = 0) {
    engine::run::Start start;
    start.run_id = kRun;
    start.actor_id = kActor;
    start.user_id = kUser;
    start.key_value_store_id = kStore;
    start.dataset_id = kDataset;
    start.request_queue_id = kQueue;
    start.options.timeout_secs = timeout_secs;
    ask(engine::run::Command{start});
    complete_all();
  }
  template <class E>
  [[nodiscard]] int performed() const {
    int count = 0;
    for (const auto& [effect, cause] : effects) count += std::holds_alternative<E>(effect);
    return count;
  }
  [[nodiscard]] int recorded(std::string_view name) const {
    int count = 0;
    EXPECT_TRUE(journal.scan(1, [&](const Record& record) {
      count += events::name_of(record.event) == name;
      return true;
    }));
    return count;
  }
  [[nodiscard]] Position epoch() const {
    return engine::run::attempt_of(executor->aggregates().run(kRun))->epoch;
  }

  support::SimRandom random{1};
  SimLoop loop{random};
  MemoryJournal journal{MemoryJournal::Completion::kHeld};
  engine::decision::Settings settings{{4096, 16384}, 2};
  std::vector<std::pair<engine::decision::Effect, Position>> effects;
  std::vector<std::size_t> batches;
  std::vector<Error> fatal;
  std::optional<engine::ports::Need> refused;
  int ready = 0;
  std::unique_ptr<Executor> executor;
};

TEST_F(ExecutorTest, TakesCommandsOnlyAfterItsTermIsDurable) {
  boot();
  const Answer answer = user("clerk");
  loop.run_ready();
  EXPECT_EQ(ready, 0);
  EXPECT_EQ(journal.held(), 1U);
  complete();
  EXPECT_EQ(ready, 1);
  EXPECT_FALSE(*answer);
  complete();
  ASSERT_TRUE(*answer);
  EXPECT_EQ((*answer)->value(), 3U);  // after the term and its settings
}

TEST_F(ExecutorTest, RepliesAndEffectsWaitUntilTheirEventIsDurable) {
  boot_and_open();
  found();
  effects.clear();
  engine::build::Create build;
  build.build_id = id_of<BuildId>("second");
  build.actor_id = kActor;
  build.user_id = kUser;
  build.version_number = "0.1";
  const Answer answer = ask(engine::build::Command{build});
  loop.run_ready();
  EXPECT_EQ(journal.held(), 1U);
  EXPECT_FALSE(*answer);
  EXPECT_TRUE(effects.empty());
  const Position before = executor->durable();
  complete();
  ASSERT_TRUE(*answer);
  EXPECT_GT((*answer)->value(), before);
  EXPECT_EQ(performed<engine::decision::BuildImage>(), 1);
  for (const auto& [effect, cause] : effects) EXPECT_LE(cause, executor->durable());
}

TEST_F(ExecutorTest, ARefusalWaitsForWhatItRestsOn) {
  boot_and_open();
  const Answer first = user("clerk");
  loop.run_ready();
  const Answer second =
      ask(engine::account::Command{engine::account::CreateUser{id_of<UserId>("other"), "clerk"}});
  loop.run_ready();
  EXPECT_FALSE(*second) << "it rests on an event that is not durable";
  complete();
  ASSERT_TRUE(*second);
  EXPECT_EQ((*second)->error().code, Code::kNotUnique);
  EXPECT_TRUE((*first)->has_value());
}

TEST_F(ExecutorTest, HasOneAppendInFlightWhileTheNextBatchForms) {
  boot_and_open();
  user("clerk1");
  loop.run_ready();
  for (int i = 0; i < 5; ++i) user("scribe" + std::to_string(i));
  loop.run_ready();
  EXPECT_EQ(journal.held(), 1U);
  complete();
  EXPECT_EQ(journal.held(), 1U);
  complete();
  EXPECT_EQ(batches, (std::vector<std::size_t>{2, 1, 5}));
}

TEST_F(ExecutorTest, AFailedAppendPoisonsEverythingAfterIt) {
  boot_and_open();
  const Answer first = user("clerk1");
  loop.run_ready();
  const Answer second = user("clerk2");
  loop.run_ready();
  effects.clear();
  ASSERT_TRUE(journal.fail_next(MemoryJournal::Fate::kLost));
  loop.run_ready();
  ASSERT_EQ(fatal.size(), 1U);
  for (const Answer& answer : {first, second, user("clerk3")}) {
    loop.run_ready();
    ASSERT_TRUE(*answer);
    ASSERT_FALSE((*answer)->has_value());
    EXPECT_EQ((*answer)->error().code, Code::kStorageFailed);
    EXPECT_NE((*answer)->error().detail.find("perhaps"), std::string::npos);
  }
  EXPECT_EQ(journal.held(), 0U) << "nothing is appended after a failure";
  EXPECT_TRUE(effects.empty());
  EXPECT_EQ(fatal.size(), 1U);
}

TEST_F(ExecutorTest, RefusesWhatItsInboxCannotHoldButNeverAReport) {
  boot();
  std::vector<Answer> answers;
  for (std::size_t i = 0; i < engine::executor::kInboxMax; ++i) {
    answers.push_back(user("user" + std::to_string(i)));
  }
  const Answer refused = user("onemore");
  report(engine::run::Command{engine::run::ReportStarted{kRun, 1}});
  loop.run_ready();
  ASSERT_TRUE(*refused);
  EXPECT_EQ((*refused)->error().code, Code::kUnavailable);
  complete_all();
  for (const Answer& answer : answers) ASSERT_TRUE(*answer && (*answer)->has_value());
  for (const std::size_t size : batches) EXPECT_LE(size, journal::kBatchRecordsMax);
}

TEST_F(ExecutorTest, SplitsWhatIsTooMuchForOneBatch) {
  boot_and_open();
  user("user");
  complete_all();
  std::vector<Answer> answers;
  for (int i = 0; i < 64; ++i) {
    engine::actor::Create create{id_of<ActorId>("actor" + std::to_string(i)), kUser, {}, {}};
    create.profile.name = "actor-" + std::to_string(i);
    for (int v = 0; v < 100; ++v) create.versions.push_back(version("1." + std::to_string(v)));
    answers.push_back(ask(engine::actor::Command{create}));
  }
  complete_all();
  EXPECT_TRUE(fatal.empty());
  for (const Answer& answer : answers) ASSERT_TRUE(*answer && (*answer)->has_value());
  EXPECT_EQ(journal.head().position, 3U + 64 * 101);
}

TEST_F(ExecutorTest, ADeadlineFiresOnce) {
  boot_and_open();
  found();
  start_run();
  report(engine::run::Command{engine::run::ReportFenced{kRun, epoch(), 1}});
  complete_all();
  loop.run_for(Seconds{119});
  EXPECT_EQ(recorded("StopEscalated"), 0);
  loop.run_for(Seconds{2});
  loop.run_for(Seconds{2});
  complete_all();
  EXPECT_EQ(recorded("StopEscalated"), 1);
}

TEST_F(ExecutorTest, ADeadlineSurvivesABootAndFiresOnceThere) {
  boot_and_open();
  found();
  start_run();
  report(engine::run::Command{engine::run::ReportFenced{kRun, epoch(), 1}});
  complete_all();
  crash();
  loop.run_for(Seconds{60});
  loop.reboot();
  boot_and_open();
  loop.run_for(Seconds{58});
  complete_all();
  EXPECT_EQ(recorded("StopEscalated"), 0);
  loop.run_for(Seconds{4});
  complete_all();
  EXPECT_EQ(recorded("StopEscalated"), 1);
}

TEST_F(ExecutorTest, ADeadlineOfAnotherBootWaitsWhenTheClockWasSetBack) {
  boot_and_open();
  found();
  start_run();
  crash();
  loop.reboot();
  boot_and_open();
  loop.shift_utc(Seconds{-50});
  loop.run_for(Seconds{125});
  complete_all();
  EXPECT_EQ(recorded("StopEscalated"), 0);
  loop.run_for(Seconds{60});
  complete_all();
  EXPECT_EQ(recorded("StopEscalated"), 1);
}

TEST_F(ExecutorTest, ARestartFoldsToTheSameStateAndAsksAgainForWhatIsMissing) {
  boot_and_open();
  found();
  start_run();
  report(engine::run::Command{engine::run::ReportFenced{kRun, epoch(), 1}});
  complete_all();
  const engine::run::State before = executor->aggregates().run(kRun);
  const std::uint64_t term = executor->term();
  crash();
  effects.clear();
  boot();
  loop.run_ready();
  EXPECT_TRUE(effects.empty()) << "nothing leaves before the term is durable";
  complete();
  EXPECT_EQ(executor->term(), term + 1);
  EXPECT_EQ(executor->aggregates().run(kRun), before);
  EXPECT_EQ(performed<engine::decision::StartContainer>(), 1);
  EXPECT_EQ(performed<engine::decision::BuildImage>(), 0);
}

TEST_F(ExecutorTest, ABuildThatWasUnderWayIsBegunAgain) {
  boot_and_open();
  user("user");
  engine::actor::Create create{kActor, kUser, {}, {version("0.1")}};
  create.profile.name = "ledger";
  ask(engine::actor::Command{create});
  engine::build::Create build;
  build.build_id = kBuild;
  build.actor_id = kActor;
  build.user_id = kUser;
  build.version_number = "0.1";
  ask(engine::build::Command{build});
  complete_all();
  crash();
  effects.clear();
  boot_and_open();
  EXPECT_EQ(performed<engine::decision::BuildImage>(), 1);
}

TEST_F(ExecutorTest, PositionsHaveNoGapsAndCommandsNameThemselves) {
  boot_and_open();
  found();
  start_run();
  crash();
  boot_and_open();
  Position position = 0;
  CommandId last;
  ASSERT_TRUE(journal.scan(1, [&](const Record& record) {
    EXPECT_EQ(record.position, ++position);
    const bool first = record.command_id != last;
    EXPECT_EQ(!record.command_name.empty(), first) << record.position;
    last = record.command_id;
    return true;
  }));
  EXPECT_GT(position, 10U);
}

TEST_F(ExecutorTest, WithoutRoomCommandsAreRefusedBeforeAnythingIsAppended) {
  boot_and_open();
  found();
  const Position before = journal.head().position;
  refused = engine::ports::Need::kMore;
  const Answer answer = user("clerk");
  complete_all();
  ASSERT_TRUE(*answer);
  EXPECT_EQ((*answer)->error().code, Code::kUnavailable);
  EXPECT_EQ((*answer)->error().detail, "disk full");
  EXPECT_EQ(journal.head().position, before);
  refused.reset();
  const Answer again = user("clerk");
  complete_all();
  EXPECT_TRUE((*again)->has_value());
}

TEST_F(ExecutorTest, WithoutRoomReportsAreTakenAndEndingsAsLongAsPossible) {
  boot_and_open();
  found();
  start_run();
  refused = engine::ports::Need::kMore;
  report(engine::run::Command{engine::run::ReportFenced{kRun, epoch(), 1}});
  complete_all();
  EXPECT_EQ(recorded("AttemptFenced"), 1);
  refused = engine::ports::Need::kLess;
  const Answer critical = ask(engine::run::Command{engine::run::Abort{kRun}});
  complete_all();
  EXPECT_FALSE((*critical)->has_value());
  refused = engine::ports::Need::kMore;
  const Answer low = ask(engine::run::Command{engine::run::Abort{kRun}});
  complete_all();
  EXPECT_TRUE((*low)->has_value());
}

TEST_F(ExecutorTest, LateAppendsFindNobody) {
  boot_and_open();
  const Answer answer = user("clerk");
  loop.run_ready();
  executor.reset();
  ASSERT_TRUE(journal.complete_next());
  loop.run_ready();
  EXPECT_FALSE(*answer);
}

constexpr std::string_view kKeyed = "0kaaaaaaaaaaAAAAA";
constexpr std::string_view kSameKeyOtherWish = "0kaaaaaaaaaaBBBBB";

TEST_F(ExecutorTest, ACommandUnderTheSameKeyIsDecidedOnceAndAnsweredTwice) {
  boot_and_open();
  const Answer first = ask_keyed(kKeyed, create_user("ada"));
  const Answer second = ask_keyed(kKeyed, create_user("ada"));
  const Answer other = ask_keyed(kSameKeyOtherWish, create_user("bob"));
  loop.run_ready();
  EXPECT_FALSE(*second) << "it is not durable yet";
  complete_all();
  ASSERT_TRUE(*first && *second && *other);
  EXPECT_EQ((*first)->value(), (*second)->value());
  EXPECT_EQ((*other)->error().code, Code::kInvalidArgument);
  EXPECT_EQ(recorded("UserCreated"), 1);
}

TEST_F(ExecutorTest, ACommandUnderTheSameKeyIsAnsweredAcrossACrash) {
  boot_and_open();
  const Answer lost = ask_keyed(kKeyed, create_user("ada"));
  loop.run_ready();
  ASSERT_TRUE(journal.complete_next()) << "on disk, and then the engine died";
  crash();
  EXPECT_FALSE(*lost);
  boot_and_open();
  const Answer again = ask_keyed(kKeyed, create_user("ada"));
  const Answer other = ask_keyed(kSameKeyOtherWish, create_user("bob"));
  complete_all();
  ASSERT_TRUE(*again && *other);
  EXPECT_TRUE((*again)->has_value());
  EXPECT_FALSE((*other)->has_value());
  EXPECT_EQ(recorded("UserCreated"), 1);
}

TEST_F(ExecutorTest, ACommandThatNeverReachedTheDiskIsDecidedWhenItComesAgain) {
  boot_and_open();
  (void)ask_keyed(kKeyed, create_user("ada"));
  loop.run_ready();
  crash();
  boot_and_open();
  const Answer again = ask_keyed(kKeyed, create_user("ada"));
  complete_all();
  ASSERT_TRUE(*again);
  EXPECT_TRUE((*again)->has_value());
  EXPECT_EQ(recorded("UserCreated"), 1);
}

TEST_F(ExecutorTest, ARefusalDoesNotUseAKeyUp) {
  boot_and_open();
  const Answer refused = ask_keyed(kKeyed, create_user("a"));
  complete_all();
  ASSERT_TRUE(*refused);
  EXPECT_FALSE((*refused)->has_value());
  const Answer accepted = ask_keyed(kKeyed, create_user("ada"));
  complete_all();
  ASSERT_TRUE(*accepted);
  EXPECT_TRUE((*accepted)->has_value());
}

TEST_F(ExecutorTest, ADeletionThatACrashCutOffIsFinishedByTheNextStart) {
  boot_and_open();
  found();
  start_run();
  ask(engine::run::Command{engine::run::Abort{kRun}});
  complete_all();
  ask(engine::run::Command{engine::run::Delete{kRun, "test"}});
  loop.run_ready();
  ASSERT_TRUE(journal.complete_next());
  crash();  // it is durable, and nothing was done for it
  EXPECT_EQ(performed<engine::decision::RemoveLog>(), 0);
  boot_and_open();
  EXPECT_EQ(performed<engine::decision::RemoveLog>(), 1);
  EXPECT_EQ(performed<engine::decision::DropStorage>(), 3);
}

}  // namespace
}  // namespace actuary::tests
