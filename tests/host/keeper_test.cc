#include "adapters/host/keeper.h"

#include <fstream>

#include "journal/rocks/rocks_journal.h"
#include "projections/snapshot/snapshot.h"
#include "tests/journal/folder.h"
#include "tests/support/manual_loop.h"
#include "tests/support/sim_random.h"
#include "tests/support/synthetic.h"

namespace actuary::tests {
namespace {

using adapters::host::Keeper;
using engine::executor::Command;
using engine::executor::Executor;
using engine::executor::Folded;
using journal::rocks::RocksJournal;

class SteadyClock final : public Clock {
 public:
  [[nodiscard]] Instant now() override {
    return {Timestamp{Seconds{1'800'000'000}}, Seconds{5000}, 1};
  }
};

/// An engine on a journal on disk, kept as the host keeps it.
class KeeperTest : public testing::Test {
 protected:
  KeeperTest() {
    EXPECT_TRUE(support::write_synthetic(*journal, options));
    boot();
  }
  ~KeeperTest() override { close(); }

  void boot() {
    keeper = std::make_unique<Keeper>(loop, *journal, file,
                                      [this](const std::string& text) { notes.push_back(text); });
    auto image = keeper->load({});
    loaded = image ? image->position : 0;
    executor = std::make_unique<Executor>(
        Executor::Outside{.journal = *journal,
                          .loop = loop,
                          .clock = clock,
                          .ids = random,
                          .perform = [](const auto&, Position) {},
                          .on_durable =
                              [this](std::span<const Record> batch) {
                                keeper->on_durable(*executor, batch.size());
                                return Status{};
                              },
                          .on_fatal = [](const Error& error) { ADD_FAILURE() << error.detail; },
                          .archive = keeper.get()},
        engine::decision::Settings{{8192, 65536}});
    bool ready = false;
    ASSERT_TRUE(executor->start(
        {1, 1, "test"}, [&] { ready = true; }, std::move(image)));
    ASSERT_TRUE(loop.run_until([&] { return ready; }));
  }
  void close() {
    executor->stop();
    keeper->close(*executor);
    executor.reset();
    keeper.reset();
  }
  Result<Position> ask(Command command) {
    Principal principal;
    principal.kind = PrincipalKind::kUser;
    return support::await<Position>(loop, [&](auto done) {
      executor->submit({std::move(command), principal, CommandId{}, 0, std::move(done)});
    });
  }

  Folder folder;
  std::string file = folder.path("engine.snapshot");
  support::SyntheticOptions options{.archived = 1000, .active = 3};
  support::Synthetic history{options};
  support::ManualLoop loop;
  SteadyClock clock;
  support::SimRandom random{1};
  std::vector<std::string> notes;
  std::unique_ptr<RocksJournal> journal =
      RocksJournal::open({.path = folder.path("journal")}).value();
  Position loaded = 0;
  std::unique_ptr<Keeper> keeper;
  std::unique_ptr<Executor> executor;
};

TEST_F(KeeperTest, AnArchivedRunAnswersThroughItsWorkers) {
  const RunId run = history.archived_run(0);
  EXPECT_EQ(executor->aggregates().find(stream_of(run)), nullptr);
  EXPECT_TRUE(ask(engine::run::Command{engine::run::Resurrect{run, {}, {}}}));
  EXPECT_NE(executor->aggregates().find(stream_of(run)), nullptr);
  const RunId unknown = random.next<RunId>();
  const auto answer = ask(engine::run::Command{engine::run::Abort{unknown}});
  EXPECT_EQ(answer.error().code, Code::kNotFound);
}

TEST_F(KeeperTest, AStartAfterAPeacefulEndGoesOnFromItsSnapshot) {
  ASSERT_TRUE(ask(engine::run::Command{engine::run::Delete{history.archived_run(1), "test"}}));
  EXPECT_EQ(loaded, 0U);
  const Position before = journal->head().position;
  close();
  boot();
  EXPECT_EQ(loaded, before);
  EXPECT_TRUE(notes.empty());
  Folded whole;
  ASSERT_TRUE(journal->scan(
      1, [&](const Record& record) { return whole.replay(record, *journal).has_value(); }));
  executor->stop();
  EXPECT_EQ(executor->image().value(), whole.image(journal->head().position));
}

TEST_F(KeeperTest, ADamagedSnapshotCostsTimeAndANote) {
  close();
  std::ofstream(file, std::ios::binary | std::ios::in).seekp(200) << "damage";
  boot();
  EXPECT_EQ(loaded, 0U);
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_NE(notes[0].find("checksum"), std::string::npos) << notes[0];
  EXPECT_TRUE(ask(engine::run::Command{engine::run::Abort{history.archived_run(2)}}));
}

TEST_F(KeeperTest, AnEngineThatRunsOnWritesOneNowAndThen) {
  // The constructor's journal is a long tail already: it alone is not enough for a snapshot.
  ASSERT_LT(journal->head().position, adapters::host::kSnapshotRecords);
  keeper->on_durable(*executor, adapters::host::kSnapshotRecords);
  ASSERT_TRUE(loop.run_until([&] {
    std::error_code error;
    return std::filesystem::exists(file, error);
  }));
  const auto snapshot = projections::snapshot::load(file, *journal, {});
  ASSERT_TRUE(snapshot.image) << snapshot.note;
  EXPECT_EQ(snapshot.image->position, journal->head().position);
}

}  // namespace
}  // namespace actuary::tests
