#include "adapters/http/api/watch.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace actuary::adapters::http::api {
namespace {

class WatchTest : public testing::Test {
 protected:
  WatchTest() {
    uv_loop_init(&loop_);
    watch_ = std::make_unique<Watch>(&loop_);
  }
  ~WatchTest() override {
    watch_.reset();
    uv_run(&loop_, UV_RUN_DEFAULT);
    EXPECT_EQ(uv_loop_close(&loop_), 0);
  }

  void notify(const StreamId& stream) {
    Record record;
    record.stream = stream;
    watch_->notify(std::span(&record, 1));
  }

  uv_loop_t loop_{};
  std::unique_ptr<Watch> watch_;
  const StreamId run_ = stream_of(RunId::parse("aaaaaaaaaaaaaaaaa").value());
  const StreamId other_ = stream_of(RunId::parse("bbbbbbbbbbbbbbbbb").value());
};

constexpr std::chrono::hours kLong{1};

TEST_F(WatchTest, OnceWakesOnceAtItsStreamsEvent) {
  std::vector<bool> woken;
  watch_->once(run_, kLong, [&](bool changed) { woken.push_back(changed); });
  notify(other_);
  EXPECT_TRUE(woken.empty());
  notify(run_);
  notify(run_);
  EXPECT_EQ(woken, std::vector<bool>{true});
}

TEST_F(WatchTest, OnceWakesWhenItsTimeIsUp) {
  std::vector<bool> woken;
  watch_->once(run_, std::chrono::milliseconds{1}, [&](bool changed) { woken.push_back(changed); });
  // Runs until the timer has nothing to wait for.
  uv_run(&loop_, UV_RUN_DEFAULT);
  EXPECT_EQ(woken, std::vector<bool>{false});
}

TEST_F(WatchTest, AlwaysWakesUntilItIsCancelledEvenFromWithin) {
  int woken = 0;
  Watch::Id id = 0;
  id = watch_->always(run_, [&] {
    if (++woken == 2) watch_->cancel(id);
  });
  for (int i = 0; i < 4; ++i) notify(run_);
  EXPECT_EQ(woken, 2);
}

TEST_F(WatchTest, WhoWakesMayWaitAgain) {
  int woken = 0;
  std::function<void(bool)> again = [&](bool) {
    ++woken;
    watch_->once(run_, kLong, again);
  };
  watch_->once(run_, kLong, again);
  notify(run_);
  notify(run_);
  EXPECT_EQ(woken, 2);
}

TEST_F(WatchTest, CloseWakesAllThatWaitAsIfTheirTimeWereUp) {
  std::vector<bool> woken;
  watch_->once(run_, kLong, [&](bool changed) { woken.push_back(changed); });
  const auto gone = watch_->once(run_, kLong, [&](bool) { woken.push_back(true); });
  watch_->cancel(gone);
  watch_->close();
  EXPECT_EQ(woken, std::vector<bool>{false});
}

}  // namespace
}  // namespace actuary::adapters::http::api
