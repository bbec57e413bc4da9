#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "adapters/host/backup.h"
#include "adapters/host/keys.h"
#include "adapters/storages/rocks_storages.h"
#include "journal/rocks/rocks_journal.h"
#include "tests/contract/journal_contract.h"
#include "tests/journal/folder.h"
#include "tests/support/fixed_clock.h"
#include "tests/support/manual_loop.h"

namespace actuary::tests {

// Of its header only the scribe is used here.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(JournalContract);

namespace {

namespace fs = std::filesystem;
namespace host = adapters::host;
namespace witness = journal::witness;
using adapters::storages::RocksStorages;
using host::Keys;
using journal::rocks::RocksJournal;

class RandomIds final : public IdSource {
 public:
  void fill(std::span<std::byte> bytes) override {
    for (std::byte& each : bytes) each = static_cast<std::byte>(random_());
  }

 private:
  std::random_device random_;
};

/// A folder that was backed up, lived on, and was then restored from the backup: the future that it
/// had in between is lost.
class Restore : public testing::Test {
 protected:
  Restore() {
    live(1);
    std::ofstream(data_ / "ballast") << std::string(1 << 20, 'b');
    EXPECT_TRUE(host::back_up(data_, backup_, Timestamp{}, {}));
    live(2);
    const auto restored = host::restore(backup_, restored_.string(), {});
    EXPECT_TRUE(restored) << restored.error().detail;
  }
  /// An engine's life: a term, three records, an item.
  void live(std::uint64_t term) {
    const auto journal =
        std::move(RocksJournal::open({.path = (data_ / "journal").string()}).value());
    const Scribe scribe(*journal);
    EXPECT_TRUE(append(*journal, scribe.fit({scribe.claim(term)})));
    for (int i = 0; i < 3; ++i) {
      EXPECT_TRUE(append(*journal, scribe.fit({scribe.note(stream_named('a'), "note")})));
    }
    const auto storages = std::move(RocksStorages::open(data_ / "storages", loop_, clock_).value());
    EXPECT_TRUE(support::await<void>(loop_, [&](auto done) {
      storages->push_items(kDataset, {std::to_string(term)}, {}, done);
    }));
    (void)keys(data_);
  }
  std::unique_ptr<Keys> keys(const fs::path& data) {
    return std::move(Keys::open(data / "keys", ids_).value());
  }
  static void put_witness_of(const fs::path& from, const fs::path& to) {
    fs::copy(from / "witness", to / "witness", fs::copy_options::overwrite_existing);
  }

  const StorageId kDataset = StorageId::parse("DatasetDataset001").value();
  const engine::ports::ContainerKey kAttempt{RunId::parse("RunRunRunRunRun01").value(), 40};
  const UserId kUser = UserId::parse("UserUserUserUse01").value();
  RandomIds ids_;
  support::ManualLoop loop_;
  support::FixedClock clock_;
  const Folder folder_;
  const fs::path data_ = folder_.path("data");
  const fs::path restored_ = folder_.path("restored");
  const std::string backup_ = folder_.path("backup.tar");
};

TEST_F(Restore, ARunTokenOfTheLostFutureMatchesNoRunWithTheSameEpoch) {
  const auto before = keys(data_);
  const auto after = keys(restored_);
  const std::string lost = before->run_token(kAttempt, kUser);
  EXPECT_TRUE(before->read_run_token(lost));
  EXPECT_FALSE(after->read_run_token(lost));
  EXPECT_TRUE(after->read_run_token(after->run_token(kAttempt, kUser)));
  EXPECT_EQ(after->token_hash("apify_api_x"), before->token_hash("apify_api_x"))
      << "tokens of users are in the journal, and that was restored";
  EXPECT_EQ(after->open(before->seal("secret")).value(), "secret");
}

TEST_F(Restore, EachRestoreBeginsAnEraOfItsOwn) {
  const std::string again = folder_.path("again");
  ASSERT_TRUE(host::restore(backup_, again, {}));
  const std::string token = keys(restored_)->run_token(kAttempt, kUser);
  EXPECT_FALSE(keys(again)->read_run_token(token));
  // Also when what is restored is a backup of a folder that was restored.
  const std::string second = folder_.path("second.tar");
  ASSERT_TRUE(host::back_up(restored_, second, Timestamp{}, {}));
  ASSERT_TRUE(host::restore(second, folder_.path("third"), {}));
  EXPECT_FALSE(keys(folder_.path("third"))->read_run_token(token));
}

TEST_F(Restore, TheBallastIsNotBackedUp) {
  EXPECT_FALSE(fs::exists(restored_ / "ballast"));
  EXPECT_LT(fs::file_size(backup_), std::uintmax_t{1} << 20U);
}

TEST_F(Restore, TheTermOfTheLostFutureIsNotTheNextOne) {
  const auto lost = witness::read((data_ / "journal" / "witness").string()).value();
  { ASSERT_TRUE(RocksJournal::open({.path = (restored_ / "journal").string()})); }
  const auto now = witness::read((restored_ / "journal" / "witness").string()).value();
  EXPECT_EQ(now->owner.id, lost->owner.id) << "the same journal";
  EXPECT_NE(now->owner.nonce, lost->owner.nonce) << "and another writer";
}

TEST_F(Restore, AWitnessOfTheLostFutureIsNeverTakenForThisOnes) {
  put_witness_of(data_ / "journal", restored_ / "journal");
  const auto journal = RocksJournal::open({.path = (restored_ / "journal").string()});
  ASSERT_FALSE(journal);
  EXPECT_NE(journal.error().detail.find("records 5..8 are missing"), std::string::npos)
      << journal.error().detail;
  put_witness_of(data_ / "storages", restored_ / "storages");
  const auto storages = RocksStorages::open(restored_ / "storages", loop_, clock_);
  ASSERT_FALSE(storages);
  EXPECT_NE(storages.error().detail.find("Put back what belongs together"), std::string::npos);
}

}  // namespace
}  // namespace actuary::tests
