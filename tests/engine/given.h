#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/build/decider.h"
#include "engine/directory/directory.h"
#include "engine/executor/aggregates.h"
#include "engine/run/decider.h"
#include "journal/codec/to_json.h"

/// Given what happened, when a command comes, then these events: how deciders are tested.
namespace actuary::tests {

template <class AnyId>
AnyId id_of(std::string_view name) {
  std::string text(name);
  text.resize(kIdLength, 'x');
  return AnyId::parse(text).value();
}

inline const UserId kUser = id_of<UserId>("user");
inline const ActorId kActor = id_of<ActorId>("actor");
inline const BuildId kBuild = id_of<BuildId>("build");
inline const RunId kRun = id_of<RunId>("run");
inline const StorageId kStore = id_of<StorageId>("store");
inline const StorageId kDataset = id_of<StorageId>("dataset");
inline const StorageId kQueue = id_of<StorageId>("queue");

inline Instant at(Microseconds since_the_beginning) {
  return {Timestamp{Seconds{1'700'000'000}} + since_the_beginning,
          Seconds{5000} + since_the_beginning, 7};
}
inline Instant at(int seconds) { return at(Seconds{seconds}); }

/// Something that happened, and when.
struct Past {
  StreamId stream;
  events::Event event;
  int second = 0;
};

inline std::string text_of(const engine::Proposed& proposed) {
  journal::codec::JsonWriter out;
  journal::codec::write_json_value(out, proposed.event);
  return describe(proposed.stream) + " " + std::move(out).take();
}

/// What a decision came to.
class Outcome {
 public:
  explicit Outcome(engine::Decision decision) : decision_(std::move(decision)) {}

  void then(const engine::Events& expected) const {
    ASSERT_TRUE(decision_) << to_string(decision_.error().code) << ": " << decision_.error().detail;
    EXPECT_EQ(texts(*decision_), texts(expected));
  }
  void then_nothing() const { then({}); }
  void then_fails(Code code, std::string_view detail = {}) const {
    ASSERT_FALSE(decision_) << testing::PrintToString(texts(*decision_));
    EXPECT_EQ(to_string(decision_.error().code), to_string(code));
    EXPECT_NE(decision_.error().detail.find(detail), std::string::npos) << decision_.error().detail;
  }
  /// The names of the events, where their contents are another test's matter.
  void then_names(const std::vector<std::string>& names) const {
    ASSERT_TRUE(decision_) << to_string(decision_.error().code) << ": " << decision_.error().detail;
    std::vector<std::string> found;
    for (const auto& each : *decision_) found.emplace_back(events::name_of(each.event));
    EXPECT_EQ(found, names);
  }
  [[nodiscard]] const engine::Decision& decision() const { return decision_; }

 private:
  static std::vector<std::string> texts(const engine::Events& events) {
    std::vector<std::string> found;
    for (const auto& each : events) found.push_back(text_of(each));
    return found;
  }

  engine::Decision decision_;
};

/// A little world of folded states.
class Given {
 public:
  Given(std::initializer_list<std::vector<Past>> history) {
    for (const auto& chapter : history) happens(chapter);
  }

  Given& happens(const std::vector<Past>& chapter) {
    for (const Past& past : chapter) {
      Record record;
      record.position = ++position_;
      record.recorded_at = at(past.second);
      record.stream = past.stream;
      record.version = aggregates.version_of(past.stream) + 1;
      record.event = past.event;
      aggregates.evolve(record);
      directory.apply(record);
      effects = aggregates.react(record);
    }
    return *this;
  }

  Given& with(engine::decision::Settings changed) {
    settings = changed;
    return *this;
  }

  [[nodiscard]] Outcome when(const engine::executor::Command& command, int second = 0) const {
    const Principal principal;
    const engine::Context context{at(second), principal, directory, settings};
    return Outcome(aggregates.decide(command, context));
  }
  template <class RunCommand>
  requires std::constructible_from<engine::run::Command, RunCommand>
  [[nodiscard]] Outcome when(RunCommand command, int second = 0) const {
    return when(engine::executor::Command{engine::run::Command{std::move(command)}}, second);
  }

  /// Decides, and lets what was decided happen.
  Given& then_happens(const engine::executor::Command& command, int second) {
    const Outcome outcome = when(command, second);
    EXPECT_TRUE(outcome.decision()) << "refused: " << outcome.decision().error().detail;
    std::vector<Past> chapter;
    for (const auto& each : outcome.decision().value_or(engine::Events{})) {
      chapter.push_back({each.stream, each.event, second});
    }
    return happens(chapter);
  }
  template <class RunCommand>
  requires std::constructible_from<engine::run::Command, RunCommand> Given& then_happens(
      RunCommand command, int second) {
    return then_happens(engine::executor::Command{engine::run::Command{std::move(command)}},
                        second);
  }

  [[nodiscard]] const engine::run::State& run() const { return aggregates.run(kRun); }
  [[nodiscard]] Position epoch() const { return engine::run::attempt_of(run())->epoch; }

  engine::executor::Aggregates aggregates;
  engine::directory::Directory directory;
  engine::decision::Settings settings{{8192, 16384}, 2};
  engine::Effects effects;  ///< of the last event

 private:
  Position position_ = 0;
};

/// The status that a user of the given run sees.
inline std::string status(const Given& given) {
  return std::string(engine::run::status_of(given.run()));
}

inline events::Image image(std::string_view id) { return {std::string(id), "{}", 1}; }

inline events::ActorVersion version(std::string_view number, std::string_view tag = "latest") {
  events::ActorVersion v;
  v.number = number;
  v.build_tag = tag;
  return v;
}

inline std::vector<Past> an_actor() {
  events::ActorProfile profile;
  profile.name = "ledger";
  return {{stream_of(kUser), events::UserCreated{kUser, "clerk"}},
          {stream_of(kActor), events::ActorCreated{kActor, kUser, profile}},
          {stream_of(kActor), events::VersionPut{version("0.1")}}};
}

inline std::vector<Past> a_build(const BuildId& id = kBuild, std::uint32_t number = 1) {
  events::BuildCreated created;
  created.build_id = id;
  created.actor_id = kActor;
  created.user_id = kUser;
  created.build_number = "0.1." + std::to_string(number);
  created.version = version("0.1");
  created.tag = "latest";
  created.memory_mbytes = 4096;
  created.timeout_secs = 1800;
  return {{stream_of(kActor), events::BuildNumberDrawn{"0.1", number}}, {stream_of(id), created}};
}

inline std::vector<Past> a_success(const BuildId& id = kBuild, std::uint32_t number = 1) {
  auto past = a_build(id, number);
  past.push_back({stream_of(id), events::BuildStarted{at(1800)}});
  past.push_back({stream_of(id), events::BuildSucceeded{image("image-" + id.str()), "", "", ""}});
  past.push_back(
      {stream_of(kActor), events::TagMoved{"latest", id, "0.1." + std::to_string(number)}});
  return past;
}

inline events::RunOptions options(std::uint32_t timeout_secs = 60, std::uint32_t memory = 1024) {
  events::RunOptions o;
  o.build = "latest";
  o.timeout_secs = timeout_secs;
  o.memory_mbytes = memory;
  o.disk_mbytes = memory * 2;
  return o;
}

inline events::RunCreated run_created(std::uint32_t timeout_secs = 60) {
  events::RunCreated e;
  e.run_id = kRun;
  e.actor_id = kActor;
  e.user_id = kUser;
  e.build_id = kBuild;
  e.build_number = "0.1.1";
  e.image = image("image-" + kBuild.str());
  e.options = options(timeout_secs);
  e.key_value_store_id = kStore;
  e.dataset_id = kDataset;
  e.request_queue_id = kQueue;
  e.input_key = "INPUT";
  return e;
}

inline events::StorageCreated storage_created(const StorageId& id, events::StorageKind kind) {
  return {id, kind, kUser, "", "", kRun, kActor};
}

/// READY at second 0.
inline std::vector<Past> a_run(std::uint32_t timeout_secs = 60) {
  using events::StorageKind;
  return {
      {stream_of(kRun), run_created(timeout_secs)},
      {stream_of(kStore), storage_created(kStore, StorageKind::kKeyValueStore)},
      {stream_of(kDataset), storage_created(kDataset, StorageKind::kDataset)},
      {stream_of(kQueue), storage_created(kQueue, StorageKind::kRequestQueue)},
  };
}

/// A run with an Actor and a build behind it, driven to where a test begins.
inline Given a_ready_run(std::uint32_t timeout_secs = 60) {
  return Given{an_actor(), a_success(), a_run(timeout_secs)};
}
inline Given a_begun_run(std::uint32_t timeout_secs = 60) {
  Given given = a_ready_run(timeout_secs);
  given.happens(
      {{stream_of(kRun), events::AttemptBegan{events::AttemptCause::kFirstStart, 1, at(121)}, 1}});
  return given;
}
inline Given a_fenced_run(std::uint32_t timeout_secs = 60) {
  Given given = a_begun_run(timeout_secs);
  given.happens({{stream_of(kRun), events::AttemptFenced{given.epoch(), 5}, 2}});
  return given;
}
/// RUNNING since second 10.
inline Given a_live_run(std::uint32_t timeout_secs = 60) {
  Given given = a_fenced_run(timeout_secs);
  std::optional<Instant> timeout_at;
  if (timeout_secs > 0) timeout_at = at(10 + static_cast<int>(timeout_secs));
  given.happens({{stream_of(kRun), events::AttemptStarted{given.epoch(), at(10), timeout_at}, 10}});
  return given;
}
/// RUNNING since second 10 with `restartOnError`, and restarted `times` times at once.
inline Given a_restarting_run(int times) {
  std::vector<Past> run = a_run();
  std::get<events::RunCreated>(run.front().event).options.restart_on_error = true;
  Given given{an_actor(), a_success(), run};
  const StreamId stream = stream_of(kRun);
  const auto live = [&](events::AttemptCause cause, std::uint32_t number) {
    given.happens({{stream, events::AttemptBegan{cause, number, at(131)}, 10}});
    given.happens({{stream, events::AttemptFenced{given.epoch(), 5}, 10},
                   {stream, events::AttemptStarted{given.epoch(), at(10), at(70)}, 10}});
  };
  live(events::AttemptCause::kFirstStart, 1);
  for (int i = 0; i < times; ++i) {
    events::AttemptEnded ended;
    ended.epoch = given.epoch();
    ended.exit_code = 1;
    ended.ended_at = at(10);
    given.happens({{stream, ended, 10}});
    live(events::AttemptCause::kRestart, static_cast<std::uint32_t>(i) + 2);
  }
  return given;
}
inline constexpr std::int64_t kPagePrice = 100'000'000;  ///< 0.1 USD
inline events::Pricing pay_per_event() {
  return {events::PricingModel::kPayPerEvent,
          {},
          0,
          {{"page", kPagePrice, false}, {"welcome", kPagePrice, true}},
          R"({"pricingModel":"PAY_PER_EVENT"})"};
}
/// RUNNING since second 10; a "page" costs 0.1 USD, and 0.2 USD are the most.
inline Given a_paid_run() {
  std::vector<Past> run = a_run();
  auto& created = std::get<events::RunCreated>(run.front().event);
  created.pricing = pay_per_event();
  created.options.max_total_charge_usd = 0.2;
  Given given{an_actor(), a_success(), run};
  const StreamId stream = stream_of(kRun);
  given.happens({{stream, events::AttemptBegan{events::AttemptCause::kFirstStart, 1, at(121)}, 1}});
  given.happens({{stream, events::AttemptFenced{given.epoch(), 5}, 2},
                 {stream, events::AttemptStarted{given.epoch(), at(10), at(70)}, 10}});
  return given;
}
/// Finished at second 20.
inline Given a_finished_run(events::Outcome outcome, std::optional<std::int32_t> exit_code = 0) {
  Given given = a_live_run();
  events::AttemptEnded ended;
  ended.epoch = given.epoch();
  ended.exit_code = exit_code;
  ended.ended_at = at(20);
  ended.active_micros = 10'000'000;
  ended.memory_mbytes = 1024;
  given.happens({{stream_of(kRun), ended, 20},
                 {stream_of(kRun), events::RunFinished{outcome, exit_code, "ended"}, 20}});
  return given;
}

inline engine::run::ReportExited exited(const Given& given, std::int32_t code) {
  engine::run::ReportExited report;
  report.run_id = kRun;
  report.epoch = given.epoch();
  report.exit_code = code;
  return report;
}

inline engine::Proposed on_run(events::Event event) { return {stream_of(kRun), std::move(event)}; }

}  // namespace actuary::tests
