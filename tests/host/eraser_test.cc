#include "adapters/host/eraser.h"

#include <gtest/gtest.h>

#include <fstream>

#include "adapters/host/backup.h"
#include "adapters/reactor/system.h"
#include "adapters/storages/rocks_storages.h"
#include "journal/merkle/verify_tree.h"
#include "journal/rocks/rocks_journal.h"
#include "journal/rocks/rocks_reader.h"
#include "journal/verify/verify.h"
#include "tests/contract/journal_contract.h"
#include "tests/journal/folder.h"
#include "tests/support/fixed_clock.h"
#include "tests/support/manual_loop.h"

namespace actuary::tests {
namespace {

namespace fs = std::filesystem;
namespace host = adapters::host;
using host::Eraser;
using host::Keys;
using journal::rocks::RocksJournal;

/// A data folder whose journal says what must be erased, and an engine that crashes where a test
/// lets it.
class EraserTest : public testing::Test {
 protected:
  [[nodiscard]] std::unique_ptr<Keys> keys() {
    return std::move(Keys::open(data_ / "keys", ids_).value());
  }
  [[nodiscard]] std::unique_ptr<RocksJournal> open_journal() const {
    return std::move(RocksJournal::open({.path = (data_ / "journal").string()}).value());
  }
  Status catch_up(Keys& keys, const Journal& journal) {
    return Eraser(keys, personal()).catch_up(journal);
  }
  [[nodiscard]] fs::path personal() const { return data_ / "keys" / host::kPersonalFolder; }

  /// Records a run whose client is sealed; what is shown of it.
  std::string create(Keys& keys, Journal& journal) {
    const auto sealed = keys.seal_personal({"192.0.2.7"}, std::nullopt).value().front();
    events::RunCreated created;
    created.meta.client_ip = sealed;
    write(journal, created);
    return sealed;
  }
  static Record write(Journal& journal, events::Event event) {
    const Scribe scribe(journal);
    if (journal.head().position == 0) {
      EXPECT_TRUE(append(journal, scribe.fit({scribe.claim(1)})));
    }
    Record record = scribe.note(stream_named('a'), "");
    record.event = std::move(event);
    const auto batch = scribe.fit({record});
    EXPECT_TRUE(append(journal, batch));
    return batch.front();
  }
  static events::PersonalDataErased erasure_of(const std::string& sealed) {
    return {"asked for", {events::personal_key(sealed).value()}};
  }
  void copy_keys(const fs::path& from, const fs::path& to) {
    fs::remove_all(to);
    fs::copy(from, to, fs::copy_options::recursive);
  }

  const Folder folder_;
  const fs::path data_ = folder_.path("data");
  adapters::reactor::SystemIds ids_;
};

TEST_F(EraserTest, DestroysWhatADurableEventNamesAndNothingElse) {
  const auto keys = this->keys();
  const auto journal = open_journal();
  const auto gone = create(*keys, *journal);
  const auto kept = create(*keys, *journal);
  Eraser eraser(*keys, personal());
  ASSERT_TRUE(eraser.catch_up(*journal));
  EXPECT_TRUE(keys->open_personal(gone));
  const std::vector<Record> batch{write(*journal, erasure_of(gone))};
  ASSERT_TRUE(eraser.on_durable(batch));
  EXPECT_EQ(keys->open_personal(gone).error().code, Code::kNotFound);
  EXPECT_EQ(keys->open_personal(kept).value(), "192.0.2.7");
}

TEST_F(EraserTest, ACrashBetweenTheEventAndTheKeyIsMadeGoodByTheNextStart) {
  std::string sealed;
  {
    const auto keys = this->keys();
    const auto journal = open_journal();
    sealed = create(*keys, *journal);
    ASSERT_TRUE(catch_up(*keys, *journal));
    write(*journal, erasure_of(sealed));  // and here it dies
    EXPECT_TRUE(keys->open_personal(sealed));
  }
  const auto keys = this->keys();
  ASSERT_TRUE(catch_up(*keys, *open_journal()));
  EXPECT_EQ(keys->open_personal(sealed).error().code, Code::kNotFound);
}

TEST_F(EraserTest, DeletingARunOrABuildDestroysItsKeys) {
  const auto keys = this->keys();
  const auto journal = open_journal();
  const auto run = create(*keys, *journal);
  const auto build = create(*keys, *journal);
  Eraser eraser(*keys, personal());
  ASSERT_TRUE(eraser.catch_up(*journal));
  const std::vector<Record> batch{
      write(*journal, events::RunDeleted{"old", {events::personal_key(run).value()}}),
      write(*journal, events::BuildDeleted{"old", {events::personal_key(build).value()}})};
  ASSERT_TRUE(eraser.on_durable(batch));
  EXPECT_FALSE(keys->open_personal(run));
  EXPECT_FALSE(keys->open_personal(build));
}

TEST_F(EraserTest, KeysThatComeBackFromAnOlderCopyAreDestroyedAgain) {
  std::string sealed;
  const fs::path older = folder_.path("older");
  {
    const auto keys = this->keys();
    const auto journal = open_journal();
    sealed = create(*keys, *journal);
    Eraser eraser(*keys, personal());
    ASSERT_TRUE(eraser.catch_up(*journal));
    eraser.close();
    copy_keys(data_ / "keys", older);
    const std::vector<Record> batch{write(*journal, erasure_of(sealed))};
    ASSERT_TRUE(eraser.on_durable(batch));
    eraser.close();
  }
  copy_keys(older, data_ / "keys");
  const auto keys = this->keys();
  EXPECT_TRUE(keys->open_personal(sealed)) << "the copy has it";
  ASSERT_TRUE(catch_up(*keys, *open_journal()));
  EXPECT_EQ(keys->open_personal(sealed).error().code, Code::kNotFound);
}

TEST_F(EraserTest, KeysThatAreYoungerThanTheJournalDoNotHideWhatComesNext) {
  std::string sealed;
  {
    const auto keys = this->keys();
    const auto journal = open_journal();
    sealed = create(*keys, *journal);
    std::ofstream(personal() / "erased") << "1000000\n";  // of a future that was lost
    ASSERT_TRUE(catch_up(*keys, *journal));
    write(*journal, erasure_of(sealed));  // and here it dies
  }
  const auto keys = this->keys();
  ASSERT_TRUE(catch_up(*keys, *open_journal()));
  EXPECT_FALSE(keys->open_personal(sealed));
}

TEST_F(EraserTest, ADamagedNoteOfHowFarItIsMeansFromTheBeginning) {
  const auto keys = this->keys();
  const auto journal = open_journal();
  const auto sealed = create(*keys, *journal);
  write(*journal, erasure_of(sealed));
  std::ofstream(personal() / "erased") << "what?";
  ASSERT_TRUE(catch_up(*keys, *journal));
  EXPECT_FALSE(keys->open_personal(sealed));
}

TEST_F(EraserTest, AKeyThatCannotBeDestroyedStopsTheEngine) {
  const auto keys = this->keys();
  const auto journal = open_journal();
  const auto sealed = create(*keys, *journal);
  Eraser eraser(*keys, personal());
  ASSERT_TRUE(eraser.catch_up(*journal));
  const std::vector<Record> batch{write(*journal, erasure_of(sealed))};
  fs::remove(personal() / "0.keys");
  fs::create_directory(personal() / "0.keys");
  EXPECT_EQ(eraser.on_durable(batch).error().code, Code::kStorageFailed);
}

TEST_F(EraserTest, ErasureLeavesEveryHashOfTheJournalAsItWas) {
  const auto keys = this->keys();
  std::string sealed;
  Position position = 0;
  journal::merkle::Hash root{};
  {
    const auto journal = open_journal();
    sealed = create(*keys, *journal);
    const Record erased = write(*journal, erasure_of(sealed));
    ASSERT_TRUE(catch_up(*keys, *journal));
    position = erased.position;
    root = journal->head().root;
  }
  EXPECT_FALSE(keys->open_personal(sealed));
  const auto reader =
      std::move(journal::rocks::RocksReader::open((data_ / "journal").string()).value());
  EXPECT_EQ(reader->head().root, root);
  EXPECT_FALSE(journal::verify::verify(*reader, {}).value().fault);
  EXPECT_TRUE(journal::merkle::verify_tree(
      *reader, [](Position) { return true; }, 1));
  EXPECT_EQ(std::get<events::RunCreated>(reader->read(position - 1).value().event).meta.client_ip,
            sealed);
}

/// What restore says of itself: the erasure is in the lost future, and so is the event.
TEST_F(EraserTest, ARestoredBackupHasTheKeysOfItsTimeAndErasesFromThereOn) {
  const std::string backup = folder_.path("backup.tar");
  std::string sealed;
  std::string earlier;
  {
    const auto keys = this->keys();
    const auto journal = open_journal();
    support::ManualLoop loop;
    support::FixedClock clock;
    (void)adapters::storages::RocksStorages::open(data_ / "storages", loop, clock).value();
    sealed = create(*keys, *journal);
    earlier = create(*keys, *journal);
    Eraser eraser(*keys, personal());
    ASSERT_TRUE(eraser.catch_up(*journal));
    const std::vector<Record> before{write(*journal, erasure_of(earlier))};
    ASSERT_TRUE(eraser.on_durable(before));
    ASSERT_TRUE(host::back_up(data_, backup, Timestamp{}, {}));
    const std::vector<Record> after{write(*journal, erasure_of(sealed))};
    ASSERT_TRUE(eraser.on_durable(after));
  }
  const fs::path restored = folder_.path("restored");
  ASSERT_TRUE(host::restore(backup, restored.string(), {}));
  const auto keys = std::move(Keys::open(restored / "keys", ids_).value());
  const auto journal =
      std::move(RocksJournal::open({.path = (restored / "journal").string()}).value());
  Eraser eraser(*keys, restored / "keys" / host::kPersonalFolder);
  ASSERT_TRUE(eraser.catch_up(*journal));
  EXPECT_FALSE(keys->open_personal(earlier)) << "erased before the backup";
  EXPECT_TRUE(keys->open_personal(sealed)) << "erased after it: it must be erased once more";
  const std::vector<Record> batch{write(*journal, erasure_of(sealed))};
  ASSERT_TRUE(eraser.on_durable(batch));
  EXPECT_FALSE(keys->open_personal(sealed));
}

}  // namespace
}  // namespace actuary::tests
