#include <cstdio>
#include <cstdlib>

#include "projections/snapshot/snapshot.h"
#include "tests/projections/random_history.h"
#include "tests/projections/world.h"

namespace actuary::tests {
namespace {

using engine::executor::Folded;
using engine::executor::Residency;

namespace snapshot = projections::snapshot;

constexpr Position kEvery = 1000;
constexpr Residency kRule{500};

Position events_wanted() {
  const char* wanted = std::getenv("ACTUARY_DIGEST_EVENTS");
  return wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 50'000;
}

/// Three ways to the state at a position: lived, replayed from the beginning, and a snapshot of
/// the position before plus what came since. Each way has the engine's state and the views.
class Ways {
 public:
  Ways() : history_(7, kRule, [this](std::span<const Record> batch) { follow(batch); }) {}

  void run(Position until) {
    while (history_.journal().head().position < until && !testing::Test::HasFailure()) {
      history_.step();
    }
  }
  [[nodiscard]] int compared() const { return compared_; }

  /// The stored rows, all of them read, by every way.
  void compare_whole() {
    flush();
    const Views& tail = reopened();
    const std::string digest = live_->digest().value();
    EXPECT_EQ(replayed_->digest().value(), digest);
    EXPECT_EQ(tail.digest().value(), digest);
    EXPECT_EQ(live_->measured_fingerprint().value(), live_->fingerprint());
  }

 private:
  void follow(std::span<const Record> batch) {
    EXPECT_TRUE(live_->apply(batch));
    for (const Record& record : batch) {
      EXPECT_TRUE(folded_.replay(record, history_.journal()));
      // In slices of its own, as a rebuild has others than the engine had.
      slice_.push_back(record);
      if (record.position % 37 == 0) flush();
    }
    const Position here = batch.back().position;
    if (here < due_) return;
    due_ = (here / kEvery + 1) * kEvery;
    compare(here);
  }
  void flush() {
    EXPECT_TRUE(replayed_->apply(slice_));
    slice_.clear();
  }

  void compare(Position here) {
    const auto live = history_.executor().image();
    if (!live) return void(due_ = here);  // something is on its way: at the next batch
    SCOPED_TRACE("position " + std::to_string(here));
    const std::string digest = snapshot::digest(*live);
    EXPECT_EQ(snapshot::digest(folded_.image(here)), digest) << "replayed";
    const std::string from_tail = before_ > 0 ? tail_digest(here) : digest;
    EXPECT_EQ(from_tail, digest) << "snapshot plus tail";
    EXPECT_TRUE(snapshot::write(file(), snapshot::make(*live, history_.journal()).value()));
    before_ = here;
    flush();
    EXPECT_EQ(replayed_->fingerprint(), live_->fingerprint()) << "replayed views";
    EXPECT_EQ(reopened().fingerprint(), live_->fingerprint()) << "stored views plus tail";
    if (++compared_ % 100 == 0) {
      compare_whole();
      std::printf("position %llu: %d comparisons, state %s, views %s\n",
                  static_cast<unsigned long long>(here), compared_, digest.substr(0, 16).c_str(),
                  live_->fingerprint().c_str());
    }
  }

  std::string tail_digest(Position here) {
    const auto loaded = snapshot::load(file(), history_.journal(), kRule);
    EXPECT_TRUE(loaded.image) << loaded.note;
    if (!loaded.image) return {};
    EXPECT_EQ(loaded.image->position, before_);
    Folded folded(*loaded.image);
    EXPECT_TRUE(history_.journal().scan(before_ + 1, [&](const Record& record) {
      return folded.replay(record, history_.journal()).has_value();
    }));
    return snapshot::digest(folded.image(here));
  }
  /// Views that were closed at the position before, and catch up now.
  const Views& reopened() {
    tail_.reset();
    tail_ = Views::open(tail_folder_.views()).value();
    EXPECT_TRUE(tail_->catch_up(history_.journal()));
    return *tail_;
  }
  [[nodiscard]] std::string file() const { return tail_folder_.views() + ".snapshot"; }

  static std::unique_ptr<Views> fresh(const Folder& folder) {
    auto views = Views::open(folder.views()).value();
    EXPECT_TRUE(views->rebuild(MemoryJournal{}));
    return views;
  }

  Folder live_folder_;
  Folder replayed_folder_;
  Folder tail_folder_;
  std::unique_ptr<Views> live_ = fresh(live_folder_);
  std::unique_ptr<Views> replayed_ = fresh(replayed_folder_);
  std::unique_ptr<Views> tail_;
  Folded folded_{kRule};
  std::vector<Record> slice_;
  Position due_ = kEvery;
  Position before_ = 0;
  int compared_ = 0;
  RandomHistory history_;
};

TEST(Digest, OfLivedReplayedAndSnapshotPlusTailIsOneAtEveryThousandthPosition) {
  Ways ways;
  const Position wanted = events_wanted();
  ways.run(wanted);
  ways.compare_whole();
  // A batch may reach past a thousandth position; the comparison is made where it ends.
  EXPECT_GE(ways.compared(), static_cast<int>(wanted / kEvery * 9 / 10));
  std::printf("%d comparisons\n", ways.compared());
}

}  // namespace
}  // namespace actuary::tests
