#include <gtest/gtest.h>

#include <set>

#include "engine/decision/settings.h"
#include "engine/policy/admission.h"
#include "engine/replay/replayer.h"
#include "tests/simulation/world.h"

namespace actuary::tests::simulation {
namespace {

using engine::executor::Command;
using engine::replay::Replayer;
using engine::replay::Rules;
using support::BuildPlan;
using support::ContainerPlan;

World::Options small_host(std::uint64_t seed) {
  return {.seed = seed,
          .containers = [](const engine::ports::ContainerKey&) { return ContainerPlan{}; },
          .builds =
              [](const BuildId&) {
                return BuildPlan{Seconds{3}, false, false};
              },
          .settings = {{2048, 65536}, 2}};
}

/// A journal as the engine writes it: runs that wait, end, are aborted, resurrected and deleted.
std::vector<Record> written(std::uint64_t seed = 1) {
  World world(small_host(seed));
  world.boot();
  world.found();
  std::vector<engine::run::Start> starts;
  for (int i = 0; i < 6; ++i) {
    starts.push_back(start_command(world));
    EXPECT_TRUE(world.ask(engine::run::Command{starts.back()}));
  }
  world.run_for(Seconds{1});  // the first two run, the others wait
  (void)world.ask(engine::run::Command{
      engine::run::Abort{starts[1].run_id, engine::run::AbortMode::kGraceful}});
  (void)world.ask(engine::run::Command{engine::run::Abort{starts[5].run_id}});
  world.crash();
  world.boot();
  world.run_for(Seconds{300});
  (void)world.ask(engine::run::Command{engine::run::Abort{starts[0].run_id}});
  (void)world.ask(engine::run::Command{engine::run::Resurrect{starts[0].run_id, {}, {}}});
  world.run_for(Seconds{300});
  (void)world.ask(engine::run::Command{engine::run::Delete{starts[0].run_id, "no longer needed"}});
  EXPECT_EQ(world.checker.violations(), std::vector<std::string>{});
  std::vector<Record> records;
  EXPECT_TRUE(world.journal.scan(1, [&](const Record& record) {
    records.push_back(record);
    return true;
  }));
  return records;
}

Replayer replay(const std::vector<Record>& records, Rules rules = engine::replay::current_rules()) {
  Replayer replayer(std::move(rules));
  for (const Record& record : records) EXPECT_TRUE(replayer.take(record));
  replayer.finish();
  return replayer;
}

template <class Match>
std::size_t index_of(const std::vector<Record>& records, Match match) {
  const auto found = std::find_if(records.begin(), records.end(), match);
  EXPECT_NE(found, records.end());
  return static_cast<std::size_t>(found - records.begin());
}

template <class E>
std::size_t index_of(const std::vector<Record>& records) {
  return index_of(records, [](const Record& r) { return std::holds_alternative<E>(r.event); });
}

TEST(Replay, DecidesEveryCommandOfAnHonestJournalAsItWas) {
  const auto records = written();
  const Replayer replayer = replay(records);
  ASSERT_FALSE(replayer.divergence()) << replayer.divergence()->why;
  const auto& counts = replayer.counts();
  EXPECT_EQ(counts.events, records.size());
  EXPECT_EQ(counts.commands, counts.decided_again + counts.system);
  EXPECT_EQ(counts.system, 2U);  // two writers
  EXPECT_GT(counts.admissions, 8U);
  EXPECT_EQ(counts.without_settings + counts.other_policy + counts.untold, 0U);
}

TEST(Replay, EachTermRecordsTheSettingsThatItDecidesBy) {
  const auto records = written();
  std::size_t terms = 0;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (!std::holds_alternative<events::TermClaimed>(records[i].event)) continue;
    ++terms;
    const auto* adopted = std::get_if<events::SettingsAdopted>(&records.at(i + 1).event);
    ASSERT_NE(adopted, nullptr);
    EXPECT_EQ(records[i + 1].command_id, records[i].command_id);
    EXPECT_EQ(adopted->memory_mbytes, 2048U);
    EXPECT_EQ(adopted->disk_mbytes, 65536U);
    EXPECT_EQ(adopted->concurrent_builds_max, 2U);
    EXPECT_EQ(adopted->admission_policy, engine::policy::kAdmissionPolicyVersion);
  }
  EXPECT_EQ(terms, 2U);
}

TEST(Replay, FindsADeciderThatDecidesOtherwise) {
  const auto records = written();
  Rules rules = engine::replay::current_rules();
  // One second more of grace.
  rules.decide = [](const auto& aggregates, const Command& command, const auto& context) {
    auto decision = aggregates.decide(command, context);
    if (!decision) return decision;
    for (auto& proposed : *decision) {
      if (auto* abort = std::get_if<events::AbortRequested>(&proposed.event)) {
        abort->kill_at = abort->kill_at + Seconds{1};
      }
    }
    return decision;
  };
  const Replayer replayer = replay(records, rules);
  ASSERT_TRUE(replayer.divergence());
  EXPECT_EQ(replayer.divergence()->position,
            records[index_of<events::AbortRequested>(records)].position);
  EXPECT_EQ(replayer.divergence()->command, "run.Abort");
  EXPECT_NE(replayer.divergence()->expected, replayer.divergence()->got);
}

TEST(Replay, FindsAnAdmissionPolicyThatChoosesOtherwise) {
  const auto records = written();
  Rules rules = engine::replay::current_rules();
  rules.admit = [](const auto& directory, const auto& settings) {
    auto generous = settings;
    generous.capacity.memory_mbytes *= 2;
    return engine::policy::admit(directory, generous);
  };
  const Replayer replayer = replay(records, rules);
  ASSERT_TRUE(replayer.divergence());
  EXPECT_NE(replayer.divergence()->why.find("admission policy"), std::string::npos);
  EXPECT_LE(replayer.divergence()->position, records[index_of<events::RunHeld>(records)].position);
}

TEST(Replay, LeavesWhatAnotherPolicyVersionChoseAsItIs) {
  Rules rules = engine::replay::current_rules();
  rules.admission_alike_since = ++rules.admission_policy;
  ++rules.options_policy;
  rules.admit = [](const auto&, const auto&) { return engine::policy::Admission{}; };
  const Replayer replayer = replay(written(), rules);
  EXPECT_FALSE(replayer.divergence());
  EXPECT_GT(replayer.counts().other_policy, 6U);
}

/// A journal in which a user deleted the build that its Actor's tag points to, which was allowed
/// once.
std::vector<Record> with_a_deletion_that_is_refused_now(std::uint32_t lifecycle_rules) {
  auto records = written();
  for (Record& record : records) {
    auto* adopted = std::get_if<events::SettingsAdopted>(&record.event);
    if (adopted != nullptr) adopted->lifecycle_rules = lifecycle_rules;
  }
  const auto& moved =
      std::get<events::TagMoved>(records[index_of<events::TagMoved>(records)].event);
  const Command command = engine::build::Command{engine::build::Delete{moved.build_id, "mine"}};
  Record record = records.back();
  record.position += 1;
  record.stream = stream_of(moved.build_id);
  record.version = 1;
  for (const Record& each : records) record.version += each.stream == record.stream ? 1 : 0;
  record.command_id = CommandId::parse("deletionxxxxxxxxx").value();
  record.principal.kind = PrincipalKind::kUser;
  record.command_name = engine::executor::name_of(command);
  record.command = engine::executor::encode(command);
  record.event = events::BuildDeleted{"mine", {}};
  records.push_back(std::move(record));
  return records;
}

TEST(Replay, WhatOlderRulesAcceptedIsNoDivergence) {
  const Replayer replayer = replay(with_a_deletion_that_is_refused_now(0));
  ASSERT_FALSE(replayer.divergence()) << replayer.divergence()->why;
  EXPECT_EQ(replayer.counts().other_rules, 1U);
  EXPECT_EQ(replayer.counts().events, written().size() + 1);
}

TEST(Replay, WhatTodaysRulesRefuseIsADivergenceInTodaysJournals) {
  const auto records = with_a_deletion_that_is_refused_now(engine::decision::kLifecycleRules);
  const Replayer replayer = replay(records);
  ASSERT_TRUE(replayer.divergence());
  EXPECT_EQ(replayer.divergence()->position, records.back().position);
  EXPECT_EQ(replayer.divergence()->command, "build.Delete");
}

TEST(Replay, OlderRulesExcuseOnlyWhatTheyDecidedOtherwise) {
  auto records = with_a_deletion_that_is_refused_now(0);
  auto& abort =
      std::get<events::AbortRequested>(records[index_of<events::AbortRequested>(records)].event);
  abort.kill_at = abort.kill_at + Seconds{1};
  EXPECT_EQ(replay(records).divergence().value().command, "run.Abort");
}

TEST(Replay, FindsSettingsThatWereNotThoseOfTheWriter) {
  auto records = written();
  std::get<events::SettingsAdopted>(records[1].event).memory_mbytes = 512;
  const Replayer replayer = replay(records);
  ASSERT_TRUE(replayer.divergence());
  EXPECT_EQ(replayer.divergence()->command, "build.Create");
}

TEST(Replay, WithoutSettingsFoldsWhatItCannotDecide) {
  auto records = written();
  std::erase_if(records, [](const Record& record) {
    return std::holds_alternative<events::SettingsAdopted>(record.event);
  });
  const Replayer replayer = replay(records);
  EXPECT_FALSE(replayer.divergence());
  EXPECT_GT(replayer.counts().without_settings, 6U);
  EXPECT_GT(replayer.counts().decided_again, 6U);
}

TEST(Replay, FindsAnEventThatTheCommandDidNotGive) {
  auto records = written();
  const std::size_t at = index_of<events::RunFinished>(records);
  std::get<events::RunFinished>(records[at].event).reason = "because";
  const Replayer replayer = replay(records);
  ASSERT_TRUE(replayer.divergence());
  EXPECT_EQ(replayer.divergence()->position, records[at].position);
  EXPECT_NE(replayer.divergence()->expected.find("because"), std::string::npos);
}

TEST(Replay, FindsAnEventThatIsMissingFromItsCommand) {
  auto records = written();
  const std::size_t at = index_of<events::TagMoved>(records);
  const Position position = records[at].position;
  records.erase(records.begin() + static_cast<std::ptrdiff_t>(at));
  const Replayer replayer = replay(records);
  ASSERT_TRUE(replayer.divergence());
  EXPECT_EQ(replayer.divergence()->position, position);
  EXPECT_EQ(replayer.divergence()->expected, "nothing");
}

TEST(Replay, FindsAnEventTooMany) {
  auto records = written();
  const std::size_t at = index_of<events::TagMoved>(records);
  records.insert(records.begin() + static_cast<std::ptrdiff_t>(at), records[at]);
  records[at + 1].event = events::TagRemoved{"latest"};
  const Replayer replayer = replay(records);
  ASSERT_TRUE(replayer.divergence());
  EXPECT_EQ(replayer.divergence()->got, "nothing");
}

TEST(Replay, NamesThePositionOfACommandThatCannotBeRead) {
  auto records = written();
  const std::size_t at =
      index_of(records, [](const Record& r) { return r.command_name == "run.Start"; });
  records[at].command.resize(5);
  Replayer replayer;
  Status status;
  for (const Record& record : records) {
    if (!(status = replayer.take(record))) break;
  }
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::kCorrupt);
  EXPECT_NE(status.error().detail.find("record " + std::to_string(records[at].position)),
            std::string::npos);
}

/// Law 1: what people ask of a run is in the journal even when nothing comes of it.
TEST(Replay, EveryAcceptedWishOfAUserLeavesATrace) {
  World world(small_host(3));
  world.boot();
  world.found();
  const auto start = start_command(world);
  const std::vector<Command> wishes{
      engine::run::Command{start},
      engine::run::Command{engine::run::Abort{start.run_id}},
      engine::run::Command{engine::run::Abort{start.run_id}},
      engine::run::Command{engine::run::SetStatusMessage{start.run_id, "done", true}},
      engine::run::Command{engine::run::SetStatusMessage{start.run_id, "late", false}},
      engine::run::Command{engine::run::Abort{start.run_id}},
      engine::build::Command{engine::build::Abort{world.build_id}},
      engine::run::Command{engine::run::Resurrect{start.run_id, {}, {}}},
      engine::run::Command{engine::run::Abort{start.run_id}},
      engine::run::Command{engine::run::Delete{start.run_id, "gone"}}};
  for (const Command& wish : wishes) {
    const Position before = world.journal.head().position;
    const auto answer = world.ask(wish);
    if (!answer) continue;
    bool traced = false;
    EXPECT_TRUE(world.journal.scan(before + 1, [&](const Record& record) {
      traced = traced || record.command_name == engine::executor::name_of(wish);
      return true;
    }));
    EXPECT_TRUE(traced) << engine::executor::name_of(wish);
    world.run_for(Seconds{60});
  }
  EXPECT_EQ(world.checker.violations(), std::vector<std::string>{});
}

}  // namespace
}  // namespace actuary::tests::simulation
