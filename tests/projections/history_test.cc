#include "projections/history/history.h"

#include <gtest/gtest.h>

#include "tests/projections/world.h"

namespace actuary::tests {
namespace {

using events::AbortMode;
using events::AttemptCause;
using events::Outcome;
using projections::history::History;
using projections::history::Moment;
using projections::history::parse_when;
using projections::history::When;

const Timestamp kNow = at(10'000).utc;

events::AttemptEnded ended(Position epoch, std::int64_t seconds, std::int64_t active, int code) {
  events::AttemptEnded event;
  event.epoch = epoch;
  event.exit_code = code;
  event.ended_at = at(seconds);
  event.active_micros = active * 1'000'000;
  event.memory_mbytes = 1024;
  return event;
}

/// Run 1 waits, runs, is aborted, comes back and succeeds; run 2 is deleted; run 3 waits.
void tell(World& world) {
  events::ActorCreated actor_created;
  actor_created.actor_id = actor(1);
  actor_created.user_id = user(1);
  actor_created.profile.name = "hello";
  world.happens(1, {on_actor(1, actor_created)});
  world.happens(2, {on_actor(1, events::TagMoved{"latest", build(1), "0.1.1"})});
  world.happens(10, {on_run(1, run_created(1))});
  world.happens(11, {on_run(1, events::RunHeld{"Waiting for memory"}), on_run(2, run_created(2))});
  world.happens(20, {on_run(1, events::AttemptBegan{AttemptCause::kFirstStart, 1, at(80)})});
  const Position first = world.views->applied();
  world.happens(21, {on_run(1, events::AttemptFenced{first, 7})});
  world.happens(22, {on_run(1, events::AttemptStarted{first, at(22), at(322)})});
  world.happens(30, {on_run(1, events::AbortRequested{AbortMode::kGraceful, at(60)})});
  world.happens(40, {on_run(1, ended(first, 40, 18, 137)),
                     on_run(1, events::RunFinished{Outcome::kAborted, 137, "aborted"}),
                     on_run(2, events::RunFinished{Outcome::kAborted, std::nullopt, "x"})});
  events::RunResurrected again;
  again.build_id = build(1);
  again.build_number = "0.1.1";
  again.options.build = "latest";
  again.options.memory_mbytes = 2048;
  world.happens(50, {on_run(1, again), on_run(2, events::RunDeleted{"old"})});
  world.happens(51, {on_run(1, events::AttemptBegan{AttemptCause::kResurrection, 2, at(111)})});
  const Position second = world.views->applied();
  world.happens(52, {on_run(1, events::AttemptStarted{second, at(52), at(352)})});
  world.happens(60, {on_run(1, ended(second, 60, 8, 0)),
                     on_run(1, events::RunFinished{Outcome::kSucceeded, 0, "fine"})});
  world.happens(70, {on_run(3, run_created(3))});
}

TEST(When, IsAPositionATimeOrASpanBeforeNow) {
  EXPECT_EQ(parse_when("12", kNow).value(), When{Position{12}});
  EXPECT_EQ(parse_when("2001-01-01T00:00:00.250Z", kNow).value(),
            When{journal::base::parse_iso("2001-01-01T00:00:00.250999Z").value()});
  EXPECT_EQ(parse_when("-90s", kNow).value(), When{kNow - Seconds{90}});
  EXPECT_EQ(parse_when("-5m", kNow).value(), When{kNow - Seconds{300}});
  EXPECT_EQ(parse_when("-1h", kNow).value(), When{kNow - Seconds{3600}});
  EXPECT_EQ(parse_when("-2d", kNow).value(), When{kNow - Seconds{172'800}});
  const Timestamp day{std::chrono::sys_days{std::chrono::year{2023} / 11 / 14}};
  EXPECT_EQ(parse_when("2023-11-14", kNow).value(), When{day});
  EXPECT_EQ(parse_when("2023-11-14T01:02:03Z", kNow).value(), When{day + Seconds{3723}});
  EXPECT_EQ(parse_when("2023-11-14T01:02:03.5", kNow).value(),
            When{day + Seconds{3723} + Microseconds{500'000}});
}

TEST(When, RefusesNonsenseAndTheFuture) {
  for (const std::string_view text :
       {"", "-", "-h", "-1", "-1w", "-1.5h", "--1h", "1h", "12x", "99999999999999999999999",
        "-99999999999999999d", "yesterday", "2023-11-14junk", "2023-11-14T01:02", "2023-13-01",
        "2023-11-14T01:02:03+02:00", "2023-11-14T25:00:00Z", "2023-11-14T01:02:03.1234567Z",
        "2999-01-01"}) {
    const auto when = parse_when(text, kNow);
    ASSERT_FALSE(when.has_value()) << text;
    EXPECT_EQ(when.error().code, Code::kInvalidArgument) << text;
  }
}

TEST(History, FindsTheLastRecordThatIsNotLaterThanATime) {
  World world;
  tell(world);
  const History history(world.chronicle.journal);
  EXPECT_EQ(history.find(at(10).utc)->position, 4U);
  EXPECT_EQ(history.find(at(10).utc - Microseconds{1})->position, 3U);
  EXPECT_EQ(history.find(at(15).utc)->position, 6U);
  EXPECT_EQ(history.find(at(15).utc)->at, at(15));
  const Position head = world.chronicle.journal.head().position;
  EXPECT_EQ(history.find(kNow)->position, head);
  EXPECT_EQ(history.now()->position, head);
  EXPECT_EQ(history.find(Position{4})->at, at(10));
}

TEST(History, SaysWhatAPositionOrATimeOutsideTheJournalIs) {
  World world;
  const History history(world.chronicle.journal);
  EXPECT_EQ(history.find(Position{0}).error().code, Code::kInvalidArgument);
  EXPECT_EQ(history.find(Position{2}).error().code, Code::kInvalidArgument);
  EXPECT_NE(history.find(Position{2}).error().detail.find("1 to 1"), std::string::npos);
  EXPECT_EQ(history.find(at(-1).utc).error().code, Code::kNotFound);
  const MemoryJournal empty(MemoryJournal::Completion::kImmediate, "empty");
  EXPECT_EQ(History(empty).now().error().code, Code::kNotFound);
  EXPECT_EQ(History(empty).find(Position{1}).error().code, Code::kNotFound);
}

/// At every position the history says what the views said when they were there.
TEST(History, ShowsARunAtEachPositionAsItsViewDidThen) {
  World told;
  tell(told);
  const History history(told.chronicle.journal);
  Folder folder;
  const auto views = Views::open(folder.views()).value();
  ASSERT_TRUE(views->begin(told.chronicle.journal.head()));
  const Position head = told.chronicle.journal.head().position;
  int compared = 0;
  for (Position position = 1; position <= head; ++position) {
    const Record record = told.chronicle.journal.read(position).value();
    ASSERT_TRUE(views->apply({&record, 1}));
    for (int number = 1; number <= 3; ++number) {
      const auto row = views->runs().get(run(number)).value();
      const auto was = history.run(run(number), history.find(position).value());
      ASSERT_EQ(row.has_value(), was.has_value()) << position << " run " << number;
      if (!row) continue;
      EXPECT_EQ(*row, was->run) << position << " run " << number;
      EXPECT_LE(was->last_position, position);
      ++compared;
    }
  }
  EXPECT_GT(compared, 30);
}

TEST(History, TellsAnUnknownRunFromOneThatDidNotExistYet) {
  World world;
  tell(world);
  const History history(world.chronicle.journal);
  const auto unknown = history.run(run(9), history.now().value());
  EXPECT_EQ(unknown.error().code, Code::kNotFound);
  const auto early = history.run(run(1), history.find(Position{3}).value());
  EXPECT_EQ(early.error().code, Code::kNotFound);
  EXPECT_NE(early.error().detail.find("created at 4"), std::string::npos);
}

TEST(History, MeasuresALiveAttemptUpToTheMomentThatWasAskedFor) {
  World world;
  tell(world);
  const History history(world.chronicle.journal);
  const auto was = history.run(run(1), history.find(at(27).utc).value()).value();
  EXPECT_EQ(was.run.status, "RUNNING");
  EXPECT_EQ(active_duration(was.run, was.moment.at), Seconds{5});
}

std::map<std::string, std::uint64_t> counts_of(const projections::history::Fleet& fleet) {
  std::map<std::string, std::uint64_t> counts;
  for (const auto& each : fleet.counts) counts[each.status] = each.runs;
  return counts;
}

/// The fleet at every position is what the views' rows add up to there.
TEST(History, CountsTheFleetAtEachPositionAsTheViewsDidThen) {
  World told;
  tell(told);
  const History history(told.chronicle.journal);
  Folder folder;
  const auto views = Views::open(folder.views()).value();
  ASSERT_TRUE(views->begin(told.chronicle.journal.head()));
  const Position head = told.chronicle.journal.head().position;
  for (Position position = 1; position <= head; ++position) {
    const Record record = told.chronicle.journal.read(position).value();
    ASSERT_TRUE(views->apply({&record, 1}));
    std::map<std::string, std::uint64_t> expected;
    const auto listed = views->runs().list_of_user(user(1)).value();
    for (const auto& row : listed.rows) ++expected[row.status];
    for (const std::vector<std::string>& statuses :
         {std::vector<std::string>{}, {"SUCCEEDED", "ABORTED"}}) {
      const Moment moment = history.find(position).value();
      const auto fleet = history.fleet(moment, {.statuses = statuses}).value();
      EXPECT_EQ(counts_of(fleet), expected) << position;
      for (const auto& each : fleet.runs) {
        EXPECT_EQ(each.status, history.run(each.id, moment)->run.status);
        EXPECT_EQ(each.position, history.run(each.id, moment)->last_position);
      }
    }
  }
}

TEST(History, ListsTheFleetThatWasAskedFor) {
  World world;
  tell(world);
  const History history(world.chronicle.journal);
  const Moment early = history.find(at(25).utc).value();
  const auto running = history.fleet(early, {.statuses = {"RUNNING"}}).value();
  ASSERT_EQ(running.runs.size(), 1U);
  EXPECT_EQ(running.runs[0].id, run(1));
  const auto open = history.fleet(early).value();
  EXPECT_EQ(open.total, 2U);
  EXPECT_EQ(history.fleet(early, {.limit = 1})->runs.size(), 1U);
  EXPECT_EQ(history.fleet(early, {.statuses = {"IDLE"}}).error().code, Code::kInvalidArgument);
}

TEST(History, LinesUpTwoRunsAndNamesTheFirstDivergence) {
  World world;
  for (const int number : {1, 2}) {
    auto created = run_created(number);
    if (number == 2) created.options.memory_mbytes = 2048;
    world.happens(number, {on_run(number, created)});
    world.happens(10, {on_run(number, events::AttemptBegan{AttemptCause::kFirstStart, 1, at(70)})});
    const Position epoch = world.views->applied();
    world.happens(12, {on_run(number, events::AttemptStarted{epoch, at(12), std::nullopt})});
    if (number == 2) world.happens(13, {on_run(2, events::StatusMessageSet{"half", std::nullopt})});
    world.happens(20, {on_run(number, ended(epoch, 20, 8, number - 1)),
                       on_run(number, events::RunFinished{Outcome::kSucceeded, 0, ""})});
  }
  const History history(world.chronicle.journal);
  const auto diff = history.diff(run(1), run(2)).value();
  ASSERT_TRUE(diff.first_divergence);
  EXPECT_EQ(*diff.first_divergence, 3U);
  EXPECT_EQ(diff.lines[3].mark, "-");
  std::string marks;
  for (const auto& line : diff.lines) marks += line.mark;
  EXPECT_EQ(marks, "===-++=");
  ASSERT_EQ(diff.options.size(), 1U);
  EXPECT_EQ(diff.options[0].name, "memory_mbytes");
  EXPECT_EQ(diff.options[0].right, "2048");
  EXPECT_EQ(diff.durations[0].name, "waiting");
  EXPECT_EQ(diff.durations[0].left, "9000");
  EXPECT_EQ(diff.durations[0].right, "8000");
  EXPECT_FALSE(history.diff(run(1), run(1))->first_divergence);
  EXPECT_EQ(history.diff(run(1), run(9)).error().code, Code::kNotFound);
}

const projections::history::Sentence* find_sentence(
    const projections::history::Explanation& explanation, std::string_view topic) {
  for (const auto& sentence : explanation.sentences) {
    if (sentence.topic == topic) return &sentence;
  }
  return nullptr;
}

TEST(History, ExplainsWithThePositionsThatItRestsOn) {
  World world;
  tell(world);
  const History history(world.chronicle.journal);
  const auto all = history.explain(run(1), history.now().value()).value();
  EXPECT_EQ(all.status, "SUCCEEDED");
  const auto* build_reason = find_sentence(all, "build");
  ASSERT_NE(build_reason, nullptr);
  EXPECT_EQ(build_reason->positions, (std::vector<Position>{4, 3}));  // created, the tag moved
  const auto* waiting = find_sentence(all, "waiting");
  ASSERT_NE(waiting, nullptr);
  EXPECT_NE(waiting->text.find("Waiting for memory"), std::string::npos);
  EXPECT_EQ(waiting->positions, (std::vector<Position>{4, 5, 7}));
  const auto* end = find_sentence(all, "end");
  ASSERT_NE(end, nullptr);
  EXPECT_NE(end->text.find("ABORTED"), std::string::npos);
  EXPECT_EQ(end->positions, (std::vector<Position>{10, 11, 12}));  // abort, attempt's end, end
  const auto* deletion = find_sentence(all, "deletion");
  ASSERT_NE(deletion, nullptr);
  EXPECT_NE(deletion->text.find("no retention policy"), std::string::npos);
}

TEST(History, ExplainsWhyARunWaits) {
  World world;
  tell(world);
  const History history(world.chronicle.journal);
  const auto answer = history.explain(run(1), history.find(at(15).utc).value());
  ASSERT_TRUE(answer) << answer.error().detail;
  const auto& then = *answer;
  EXPECT_EQ(then.status, "READY");
  const auto* waiting = find_sentence(then, "waiting");
  ASSERT_NE(waiting, nullptr);
  EXPECT_NE(waiting->text.find("5.000 s"), std::string::npos) << waiting->text;
  EXPECT_NE(waiting->text.find("Waiting for memory"), std::string::npos);
  EXPECT_EQ(find_sentence(then, "end"), nullptr);
}

TEST(History, ExplainsWhoDeletedARun) {
  World world;
  tell(world);
  const History history(world.chronicle.journal);
  const auto gone = history.explain(run(2), history.now().value()).value();
  const auto* deletion = find_sentence(gone, "deletion");
  ASSERT_NE(deletion, nullptr);
  EXPECT_NE(deletion->text.find("old"), std::string::npos);
}

std::vector<std::string> texts_about(const projections::history::Explanation& explanation,
                                     std::string_view topic) {
  std::vector<std::string> found;
  for (const auto& sentence : explanation.sentences) {
    if (sentence.topic == topic) found.push_back(sentence.text);
  }
  return found;
}

TEST(History, ExplainsWhatWasChargedAndWhenTheLimitWasReached) {
  World world;
  auto created = run_created(1);
  created.options.max_total_charge_usd = 0.2;
  const auto charge = [](std::string name, std::uint64_t count) {
    return on_run(1, events::RunCharged{std::move(name), count, 50'000'000});
  };
  world.happens(10, {on_run(1, created), charge("apify-actor-start", 1)});
  world.happens(20, {charge("page", 1)});
  const History history(world.chronicle.journal);
  const auto explained = [&] { return history.explain(run(1), history.now().value()).value(); };
  EXPECT_EQ(texts_about(explained(), "charges"),
            (std::vector<std::string>{
                "Charged 1 x \"apify-actor-start\", 0.05 USD, at " + to_iso(at(10).utc) + ".",
                "Charged 1 x \"page\", 0.05 USD, at " + to_iso(at(20).utc) + ".",
                "0.1 USD of at most 0.2 USD were charged in all."}));
  world.happens(30, {charge("page", 2)});
  world.happens(31, {charge("page", 1)});
  const auto spent = explained();
  EXPECT_EQ(texts_about(spent, "charges").at(1), "Charged 4 x \"page\", 0.2 USD, at " +
                                                     to_iso(at(20).utc) + " for the first and at " +
                                                     to_iso(at(31).utc) + " for the last time.");
  EXPECT_EQ(
      texts_about(spent, "charges").at(2),
      "Its limit of 0.2 USD was reached at " + to_iso(at(30).utc) + ", with 0.25 USD in all.");
  EXPECT_EQ(find_sentence(spent, "charges")->positions, std::vector<Position>{3});
}

TEST(History, ExplainsWhenRetentionDeletesARun) {
  World world;
  tell(world);
  const History history(world.chronicle.journal);
  events::SettingsAdopted adopted;
  adopted.retention_policy = 1;
  adopted.runs_kept_us = Seconds{86'400};
  adopted.runs_kept_newest = 3;
  const Moment before = history.now().value();
  world.happens(80, {{Chronicle::system_stream(), adopted}});
  const auto now = history.explain(run(1), history.now().value()).value();
  EXPECT_EQ(texts_about(now, "deletion")
                .at(0)
                .find("Retention deletes it from " + to_iso(at(60 + 86'400).utc) +
                      " on, unless it is on hold or one of its "
                      "user's 3 newest."),
            0U);
  EXPECT_NE(texts_about(history.explain(run(1), before).value(), "deletion")
                .at(0)
                .find("no "
                      "retention"),
            std::string::npos);
}

}  // namespace
}  // namespace actuary::tests
