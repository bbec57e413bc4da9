#include "adapters/host/eraser.h"

#include <gtest/gtest.h>

#include <fstream>

#include "adapters/host/backup.h"
#include "adapters/host/erasures.h"
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
  std::string create(Keys& keys, Journal& journal, char run = 'a') {
    const auto sealed = keys.seal_personal({"192.0.2.7"}, std::nullopt).value().front();
    events::RunCreated created;
    created.meta.client_ip = sealed;
    write(journal, created, run);
    return sealed;
  }
  static Record write(Journal& journal, events::Event event, char run = 'a') {
    const Scribe scribe(journal);
    if (journal.head().position == 0) {
      EXPECT_TRUE(append(journal, scribe.fit({scribe.claim(1)})));
    }
    Record record = scribe.note(stream_named(run), "");
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

/// A folder whose run `g` was erased after a backup was made, and the list that says so.
class ErasuresTest : public EraserTest {
 protected:
  ErasuresTest() {
    const auto keys = this->keys();
    const auto journal = open_journal();
    support::ManualLoop loop;
    support::FixedClock clock;
    (void)adapters::storages::RocksStorages::open(data_ / "storages", loop, clock).value();
    gone_ = create(*keys, *journal, 'g');
    kept_ = create(*keys, *journal, 'k');
    EXPECT_TRUE(host::back_up(data_, backup_, Timestamp{}, {}));
    write(*journal, erasure_of(gone_), 'g');
    const auto next =
        this->keys();  // of another start: numbers go on behind the slots that are made
    later_ = create(*next, *journal, 'l');
    write(*journal, erasure_of(later_), 'l');
    write(*journal, events::CommandNoted{"the last"});
    EXPECT_TRUE(catch_up(*next, *journal));
    const auto written = host::write_erasures(*journal, list_);
    EXPECT_TRUE(written) << written.error().detail;
    EXPECT_EQ(written->streams, 2U);
    EXPECT_EQ(written->position, journal->head().position);
  }
  [[nodiscard]] std::unique_ptr<Keys> keys_of(const fs::path& data) {
    return std::move(Keys::open(data / "keys", ids_).value());
  }

  std::string gone_;
  std::string kept_;
  std::string later_;
  const std::string backup_ = folder_.path("backup.tar");
  const std::string list_ = folder_.path("erasures");
  const fs::path restored_ = folder_.path("restored");
};

TEST_F(ErasuresTest, WhatWasErasedAfterABackupIsErasedAgainByARestoreThatHasTheList) {
  const auto done = host::restore(backup_, restored_.string(), {}, list_);
  ASSERT_TRUE(done) << done.error().detail;
  ASSERT_TRUE(done->erased_again);
  EXPECT_EQ(done->erased_again->keys, 1U);
  const auto keys = keys_of(restored_);
  EXPECT_EQ(keys->open_personal(gone_).error().code, Code::kNotFound);
  EXPECT_EQ(keys->open_personal(kept_).value(), "192.0.2.7");
  const auto again = host::erase_again(list_, restored_);
  ASSERT_TRUE(again) << again.error().detail;
  EXPECT_EQ(again->keys, 0U) << "once is enough";
}

/// Numbers are given again after a restore, to whoever comes then.
TEST_F(ErasuresTest, AKeyThatHasTheNumberOfOneOfTheLostFutureIsSpared) {
  ASSERT_TRUE(host::restore(backup_, restored_.string(), {}));
  std::string sealed;
  {
    const auto journal =
        std::move(RocksJournal::open({.path = (restored_ / "journal").string()}).value());
    sealed = create(*keys_of(restored_), *journal, 'm');
  }
  ASSERT_EQ(events::personal_key(sealed), events::personal_key(later_));
  const auto done = host::erase_again(list_, restored_);
  ASSERT_TRUE(done) << done.error().detail;
  const auto keys = keys_of(restored_);
  EXPECT_FALSE(keys->open_personal(gone_));
  EXPECT_EQ(keys->open_personal(sealed).value(), "192.0.2.7");
}

TEST_F(ErasuresTest, ADamagedListDestroysNothingAndLeavesNoFolder) {
  std::ifstream in(list_);
  const std::string whole((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    std::ofstream(list_) << damaged;
    ASSERT_FALSE(host::erase_again(list_, data_)) << at;
    std::ofstream(list_) << whole.substr(0, at);
    ASSERT_FALSE(host::erase_again(list_, data_)) << at;
  }
  EXPECT_EQ(host::restore(backup_, restored_.string(), {}, list_).error().code, Code::kCorrupt);
  EXPECT_FALSE(fs::exists(restored_));
  EXPECT_EQ(keys()->open_personal(kept_).value(), "192.0.2.7");
}

TEST_F(ErasuresTest, AListOfAnotherJournalIsRefused) {
  const Folder other;
  const auto journal = std::move(RocksJournal::open({.path = other.path()}).value());
  create(*keys(), *journal);
  ASSERT_TRUE(host::write_erasures(*journal, list_));
  const auto refused = host::restore(backup_, restored_.string(), {}, list_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kInvalidArgument);
  EXPECT_NE(refused.error().detail.find("is of journal"), std::string::npos);
  EXPECT_FALSE(fs::exists(restored_));
}

}  // namespace
}  // namespace actuary::tests
