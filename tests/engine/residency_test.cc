#include <deque>
#include <memory>
#include <optional>

#include "engine/executor/executor.h"
#include "journal/memory/memory_journal.h"
#include "tests/engine/given.h"
#include "tests/support/sim_loop.h"

namespace actuary::tests {
namespace {

using engine::executor::Archive;
using engine::executor::Command;
using engine::executor::Executor;
using engine::executor::Folded;
using engine::executor::Parking;
using engine::executor::Residency;
using engine::executor::Slot;
using journal::memory::MemoryJournal;
using Answer = std::shared_ptr<std::optional<Result<Position>>>;

/// Answers when the test says so.
class HandArchive final : public Archive {
 public:
  explicit HandArchive(const MemoryJournal& journal) : journal_(journal) {}
  void read(std::vector<StreamId> streams, Done done) override {
    reads.push_back(streams);
    waiting_.emplace_back(std::move(streams), std::move(done));
  }
  void answer() {
    ASSERT_FALSE(waiting_.empty());
    const auto [streams, done] = std::move(waiting_.front());
    waiting_.pop_front();
    std::vector<Result<Slot>> slots;
    for (const StreamId& stream : streams) {
      if (stream == damaged) {
        slots.emplace_back(fail(Code::kCorrupt, "record 7 is damaged"));
      } else {
        slots.push_back(engine::executor::read_slot(journal_, stream));
      }
    }
    done(std::move(slots));
  }
  [[nodiscard]] bool idle() const { return waiting_.empty(); }

  std::vector<std::vector<StreamId>> reads;
  StreamId damaged;

 private:
  const MemoryJournal& journal_;
  std::deque<std::pair<std::vector<StreamId>, Done>> waiting_;
};

/// An executor that keeps nothing that is over.
class ResidencyTest : public testing::Test {
 protected:
  void boot(Archive* archive, std::optional<Folded::Image> image = std::nullopt) {
    executor = std::make_unique<Executor>(
        Executor::Outside{
            journal, loop, loop, random,
            [this](const engine::decision::Effect& effect, Position) { effects.push_back(effect); },
            [](std::span<const Record>) { return Status{}; },
            [](const Error& error) { ADD_FAILURE() << error.detail; }, archive},
        settings, Residency{0});
    ASSERT_TRUE(executor->start(
        {random.next_number(), 1, "test"}, [] {}, std::move(image)));
    loop.run_ready();
  }
  Answer ask(Command command) {
    Principal principal;
    principal.kind = PrincipalKind::kUser;
    principal.user_id = kUser;
    auto answer = std::make_shared<std::optional<Result<Position>>>();
    executor->submit({std::move(command), principal, CommandId{}, 0,
                      [answer](Result<Position> result) { *answer = std::move(result); }});
    loop.run_ready();
    return answer;
  }
  /// What is being read arrives, until nothing is missing any more.
  void serve() {
    for (loop.run_ready(); !archive.idle(); loop.run_ready()) archive.answer();
  }
  Answer tell(Command command) {
    const Answer answer = ask(std::move(command));
    serve();
    return answer;
  }
  /// A user, an Actor and a build that succeeded.
  void found() {
    tell(engine::account::Command{engine::account::CreateUser{kUser, "user"}});
    engine::actor::Create create{kActor, kUser, {}, {}};
    create.profile.name = "ledger";
    events::ActorVersion version;
    version.number = "0.1";
    version.build_tag = "latest";
    create.versions.push_back(version);
    tell(engine::actor::Command{create});
    engine::build::Create build;
    build.build_id = kBuild;
    build.actor_id = kActor;
    build.user_id = kUser;
    build.version_number = "0.1";
    tell(engine::build::Command{build});
    const events::Image image{std::string(64, 'a'), "{}", 1};
    tell(engine::build::Command{engine::build::ReportBuilt{kBuild, image, "", "", ""}});
  }
  [[nodiscard]] engine::run::Start start_of(const RunId& id, std::string_view storages) const {
    engine::run::Start start;
    start.run_id = id;
    start.actor_id = kActor;
    start.user_id = kUser;
    start.key_value_store_id = id_of<StorageId>("s1" + std::string(storages));
    start.dataset_id = id_of<StorageId>("s2" + std::string(storages));
    start.request_queue_id = id_of<StorageId>("s3" + std::string(storages));
    return start;
  }
  /// Started, and aborted before it ran.
  void live(const RunId& id, std::string_view storages) {
    ASSERT_TRUE((*tell(engine::run::Command{start_of(id, storages)}))->has_value());
    ASSERT_TRUE((*tell(engine::run::Command{engine::run::Abort{id}}))->has_value());
  }
  [[nodiscard]] bool here(const RunId& id) const {
    return executor->aggregates().find(stream_of(id)) != nullptr;
  }
  template <class E>
  [[nodiscard]] int performed() const {
    int count = 0;
    for (const auto& effect : effects) count += std::holds_alternative<E>(effect);
    return count;
  }

  support::SimRandom random{1};
  support::SimLoop loop{random};
  MemoryJournal journal;
  HandArchive archive{journal};
  engine::decision::Settings settings{{4096, 16384}, 2};
  std::vector<engine::decision::Effect> effects;
  std::unique_ptr<Executor> executor;
};

TEST_F(ResidencyTest, WhatIsOverLeavesMemoryAndWhatMayChangeStays) {
  boot(nullptr);
  found();
  live(kRun, "a");
  const RunId other = id_of<RunId>("other");
  tell(engine::run::Command{start_of(other, "b")});
  EXPECT_FALSE(here(kRun));
  EXPECT_TRUE(here(other));
  for (const auto& [stream, slot] : executor->aggregates().slots()) {
    EXPECT_NE(stream.kind, StreamKind::kStorage) << "an unnamed storage costs nothing";
    EXPECT_NE(stream.kind, StreamKind::kBuild) << "a finished build is not needed by itself";
  }
  EXPECT_TRUE(executor->directory().tables().storages.empty());
}

TEST_F(ResidencyTest, ACommandBringsItBackAndItIsDecidedAsIfItHadStayed) {
  boot(nullptr);
  found();
  live(kRun, "a");
  ASSERT_TRUE((*ask(engine::run::Command{engine::run::Resurrect{kRun, {}, {}}}))->has_value());
  EXPECT_TRUE(here(kRun));
  EXPECT_EQ(engine::run::status_of(executor->aggregates().run(kRun)), "RUNNING");
}

TEST_F(ResidencyTest, DeletingAnArchivedRunDeletesItsUnnamedStoragesAndKeepsTheNamedOne) {
  boot(&archive);
  found();
  live(kRun, "a");
  engine::storage::Change change;
  change.storage_id = id_of<StorageId>("s2a");
  change.name = "kept";
  ASSERT_TRUE((*tell(engine::storage::Command{change}))->has_value());
  effects.clear();
  ASSERT_TRUE((*tell(engine::run::Command{engine::run::Delete{kRun, "test"}}))->has_value());
  EXPECT_EQ(performed<engine::decision::DropStorage>(), 2);
  EXPECT_TRUE(executor->directory().find_storage(kUser, events::StorageKind::kDataset, "kept"));
  const Answer again = tell(engine::run::Command{engine::run::Delete{kRun, "test"}});
  EXPECT_EQ((*again)->error().code, Code::kNotFound);
}

TEST_F(ResidencyTest, AnArchivedIdIsStillTaken) {
  boot(&archive);
  found();
  live(kRun, "a");
  EXPECT_EQ((*tell(engine::run::Command{start_of(kRun, "b")}))->error().code, Code::kNotUnique);
}

TEST_F(ResidencyTest, CommandsOfOneStreamKeepTheirOrderAndOthersPassThem) {
  boot(&archive);
  found();
  live(kRun, "a");
  const RunId other = id_of<RunId>("other");
  tell(engine::run::Command{start_of(other, "b")});
  std::vector<Answer> answers;
  answers.push_back(ask(engine::run::Command{engine::run::Resurrect{kRun, {}, {}}}));
  answers.push_back(ask(engine::run::Command{engine::run::Resurrect{kRun, {}, {}}}));
  answers.push_back(ask(engine::run::Command{engine::run::Abort{kRun}}));
  const Answer passing = ask(engine::run::Command{engine::run::SetStatusMessage{other, "on", {}}});
  EXPECT_TRUE(*passing) << "a run that is in memory waits for nobody";
  for (const Answer& answer : answers) EXPECT_FALSE(*answer);
  serve();
  ASSERT_TRUE((*answers[0])->has_value());
  EXPECT_EQ((*answers[1])->error().code, Code::kRunNotFinished);
  EXPECT_TRUE((*answers[2])->has_value());
}

TEST_F(ResidencyTest, UnknownIdsCostOneReadForManyAndAreRefusedPastTheBound) {
  boot(&archive);
  found();
  archive.reads.clear();
  std::vector<Answer> answers;
  for (std::size_t i = 0; i <= Parking::kParkedMax; ++i) {
    const auto unknown = id_of<RunId>("unknown" + std::to_string(i));
    answers.push_back(ask(engine::run::Command{engine::run::Abort{unknown}}));
  }
  ASSERT_TRUE(*answers.back());
  EXPECT_EQ((*answers.back())->error().code, Code::kUnavailable);
  serve();
  for (std::size_t i = 0; i < Parking::kParkedMax; ++i) {
    ASSERT_TRUE(*answers[i]);
    EXPECT_EQ((*answers[i])->error().code, Code::kNotFound);
  }
  EXPECT_LE(archive.reads.size(), 2 + Parking::kParkedMax / engine::executor::kReadStreamsMax);
  EXPECT_EQ(executor->aggregates().find(stream_of(id_of<RunId>("unknown1"))), nullptr);
}

TEST_F(ResidencyTest, ADamagedStreamFailsItsOwnCommandsOnly) {
  boot(&archive);
  found();
  live(kRun, "a");
  live(id_of<RunId>("sound"), "b");
  archive.damaged = stream_of(kRun);
  const Answer damaged = ask(engine::run::Command{engine::run::Abort{kRun}});
  const Answer sound = ask(engine::run::Command{engine::run::Abort{id_of<RunId>("sound")}});
  serve();
  EXPECT_EQ((*damaged)->error().code, Code::kCorrupt);
  EXPECT_TRUE((*sound)->has_value());
}

TEST_F(ResidencyTest, AReportAboutWhatIsArchivedReadsNothing) {
  boot(&archive);
  found();
  live(kRun, "a");
  archive.reads.clear();
  const Position before = journal.head().position;
  executor->submit({engine::run::Command{engine::run::ReportExited{kRun, 3}}, {}, {}, 0, nullptr});
  loop.run_ready();
  EXPECT_TRUE(archive.reads.empty());
  EXPECT_EQ(journal.head().position, before);
}

TEST_F(ResidencyTest, AStartFromAnImageIsAStartFromTheBeginning) {
  boot(&archive);
  found();
  live(kRun, "a");
  std::optional<Folded::Image> image;
  executor->when_quiet([&] { image = executor->image(); });
  loop.run_ready();
  ASSERT_TRUE(image);
  tell(engine::run::Command{engine::run::Resurrect{kRun, {}, {}}});
  const auto state_after = [&](std::optional<Folded::Image> from) {
    boot(&archive, std::move(from));
    std::optional<Folded::Image> state;
    executor->when_quiet([&] { state = executor->image(); });
    loop.run_ready();
    return state.value();
  };
  const Folded::Image tail = state_after(image);
  Folded whole(Residency{0});
  ASSERT_TRUE(journal.scan(1, [&](const Record& record) {
    return record.position > tail.position || whole.replay(record, journal).has_value();
  }));
  EXPECT_EQ(tail, whole.image(tail.position));
}

}  // namespace
}  // namespace actuary::tests
