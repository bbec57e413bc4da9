#include "engine/executor/performer.h"
#include "engine/executor/reconcile.h"
#include "tests/engine/given.h"
#include "tests/support/fake_builder.h"
#include "tests/support/fake_logs.h"
#include "tests/support/fake_runtime.h"
#include "tests/support/fake_secrets.h"
#include "tests/support/memory_storages.h"

namespace actuary::tests {
namespace {

using engine::executor::Command;
using engine::executor::expected_containers;
using engine::executor::reconcile;
using engine::ports::ContainerKey;
using engine::ports::ContainerState;
using engine::ports::ContainerView;
using support::ContainerPlan;
namespace decision = engine::decision;
namespace run = engine::run;

class PerformerTest : public testing::Test {
 protected:
  void perform(const decision::Effect& effect) {
    performer.perform(effect, 42);
    loop.run_for(Seconds{1});
  }
  template <class Report>
  [[nodiscard]] std::vector<Report> reports() const {
    std::vector<Report> found;
    for (const auto& [command, cause] : reported) {
      const auto* family = std::get_if<run::Command>(&command);
      if (family == nullptr) continue;
      if (const auto* report = std::get_if<Report>(family)) found.push_back(*report);
    }
    return found;
  }
  [[nodiscard]] decision::StartContainer start(events::EnvVar variable = {}) const {
    decision::StartContainer effect{kUser, kActor, {}};
    effect.spec.key = key;
    if (!variable.name.empty()) effect.spec.env.push_back(std::move(variable));
    return effect;
  }

  Given given{an_actor()};
  const ContainerKey key{kRun, 9};
  ContainerPlan plan{.runs_for = std::nullopt};
  support::SimRandom random{1};
  support::SimLoop loop{random};
  support::FakeRuntime runtime{loop, [this](const ContainerKey&) { return plan; }};
  support::FakeBuilder builder{loop, [](const BuildId&) { return support::BuildPlan{}; }};
  support::MemoryStorages storages{loop, loop};
  support::FakeLogs logs;
  support::FakeSecrets secrets;
  std::vector<std::pair<Command, Position>> reported;
  engine::executor::Performer performer{
      {runtime, builder, storages, logs, secrets,
       [this](Command command, Position cause) { reported.emplace_back(command, cause); }},
      {"http://inside", "http://outside", "http://both"},
      given.directory};
};

TEST_F(PerformerTest, AFenceIsReportedWithItsSequenceAndCause) {
  perform(decision::FenceStorages{key});
  const auto fenced = reports<run::ReportFenced>();
  ASSERT_EQ(fenced.size(), 1U);
  EXPECT_EQ(fenced[0].epoch, 9U);
  EXPECT_GT(fenced[0].storage_sequence, 0U);
  EXPECT_EQ(reported[0].second, 42U);
}

TEST_F(PerformerTest, AContainerGetsItsTokenAddressesTermAndOpenedSecrets) {
  performer.set_term(3);
  perform(start({"PASSWORD", "sealed:hush", true}));
  ASSERT_EQ(reports<run::ReportStarted>().size(), 1U);
  const auto& spec = runtime.specs.at(key);
  EXPECT_EQ(spec.term, 3U);
  const auto value = [&](std::string_view name) -> std::string {
    for (const auto& each : spec.env) {
      if (each.name == name) return each.value;
    }
    return "?";
  };
  EXPECT_EQ(value("APIFY_TOKEN"), secrets.run_token(key, kUser));
  EXPECT_EQ(value("APIFY_API_BASE_URL"), "http://inside");
  EXPECT_EQ(value("ACTOR_FULL_NAME"), "clerk/ledger");
  EXPECT_TRUE(value("ACTOR_WEB_SERVER_URL").starts_with("http://both/live/"));
  EXPECT_EQ(value("PASSWORD"), "hush");
}

TEST_F(PerformerTest, ASecretThatCannotBeOpenedFailsTheStart) {
  perform(start({"PASSWORD", "damaged", true}));
  EXPECT_EQ(reports<run::ReportStartFailed>().size(), 1U);
  EXPECT_EQ(runtime.starts(key), 0);
}

TEST_F(PerformerTest, AStartThatFailedForCertainIsReportedAndADoubtfulOneIsNot) {
  plan.start = ContainerPlan::Start::kFails;
  perform(start());
  EXPECT_EQ(reports<run::ReportStartFailed>().size(), 1U);
}

TEST_F(PerformerTest, ADoubtfulStartIsLeftToItsDeadline) {
  plan.start = ContainerPlan::Start::kAnswerUnsure;
  perform(start());
  EXPECT_TRUE(reported.empty());
  EXPECT_EQ(runtime.starts(key), 1);
}

TEST_F(PerformerTest, AStartThatIsPutOffIsReportedAndStartsOnceTheRuntimeAnswers) {
  plan.start = ContainerPlan::Start::kOutOfReach;
  perform(start());
  ASSERT_FALSE(reports<run::Hold>().empty());
  EXPECT_EQ(reports<run::Hold>()[0].reason, "nobody listens");
  EXPECT_EQ(runtime.starts(key), 0);
  loop.run_for(Seconds{301});
  EXPECT_EQ(reports<run::ReportStarted>().size(), 1U);
  EXPECT_EQ(runtime.starts(key), 1);
}

TEST_F(PerformerTest, AnExitIsReportedWithItsCode) {
  plan.runs_for = Microseconds{1000};
  plan.exit_code = 7;
  perform(start());
  const auto exits = reports<run::ReportExited>();
  ASSERT_EQ(exits.size(), 1U);
  EXPECT_EQ(exits[0].exit_code, 7);
  EXPECT_EQ(exits[0].evidence, events::Evidence::kExitReport);
}

TEST_F(PerformerTest, ARemovalIsReportedOnlyWhereItIsEvidence) {
  perform(start());
  perform(decision::RemoveContainer{key, decision::WhenGone::kStayQuiet});
  EXPECT_TRUE(reports<run::ReportExited>().empty());
  perform(decision::RemoveContainer{key, decision::WhenGone::kReportIt});
  ASSERT_EQ(reports<run::ReportExited>().size(), 1U);
  EXPECT_EQ(reports<run::ReportExited>()[0].evidence, events::Evidence::kProvenEmpty);
}

TEST_F(PerformerTest, ABuildIsReportedAndCancelled) {
  engine::ports::BuildSpec spec;
  spec.build_id = kBuild;
  perform(decision::BuildImage{spec});
  EXPECT_TRUE(reported.empty());
  perform(decision::CancelBuild{kBuild});
  ASSERT_FALSE(reported.empty());
  const auto& family = std::get<engine::build::Command>(reported[0].first);
  EXPECT_TRUE(std::holds_alternative<engine::build::ReportFailed>(family));
}

TEST_F(PerformerTest, LogLinesGoToTheJobsLog) {
  perform(decision::WriteLog{"job", at(0).utc, "ACTOR: hello"});
  EXPECT_NE(logs.read("job", 0, 100).value().find("ACTOR: hello"), std::string::npos);
  perform(decision::RemoveLog{"job"});
  EXPECT_FALSE(logs.read("job", 0, 100));
}

ContainerView running(const ContainerKey& key) {
  return {key, ContainerState::kRunning, std::nullopt};
}

TEST(Reconcile, ExpectsTheContainersThatWereStarted) {
  EXPECT_TRUE(expected_containers(a_ready_run().aggregates).empty());
  EXPECT_TRUE(expected_containers(a_fenced_run().aggregates).empty());
  const Given live = a_live_run();
  EXPECT_EQ(expected_containers(live.aggregates),
            std::vector<ContainerKey>({{kRun, live.epoch()}}));
}

TEST(Reconcile, AnExpectedContainerThatIsNotThereIsGone) {
  const Given live = a_live_run();
  const ContainerKey key{kRun, live.epoch()};
  const auto fine = reconcile({key}, {running(key)}, live.aggregates);
  EXPECT_TRUE(fine.gone.empty());
  EXPECT_TRUE(fine.orphans.empty());
  for (const auto& shown : std::vector<std::vector<ContainerView>>{
           {}, {{key, ContainerState::kMissing, std::nullopt}}}) {
    const auto found = reconcile({key}, shown, live.aggregates);
    ASSERT_EQ(found.gone.size(), 1U);
    EXPECT_EQ(found.gone[0].evidence, events::Evidence::kProvenEmpty);
    EXPECT_EQ(found.gone[0].epoch, key.epoch);
  }
}

TEST(Reconcile, AnExitThatNobodyReportedIsReadFromTheList) {
  const Given live = a_live_run();
  const ContainerKey key{kRun, live.epoch()};
  engine::ports::ContainerExit exit;
  exit.exit_code = 3;
  const auto found = reconcile({key}, {{key, ContainerState::kExited, exit}}, live.aggregates);
  ASSERT_EQ(found.gone.size(), 1U);
  EXPECT_EQ(found.gone[0].exit_code, 3);
  EXPECT_EQ(found.gone[0].evidence, events::Evidence::kExitReport);
}

TEST(Reconcile, AContainerOfNobodysAttemptIsAnOrphan) {
  const Given finished = a_finished_run(events::Outcome::kFailed, 1);
  const ContainerKey old{kRun, 11};
  const ContainerKey unknown{id_of<RunId>("stranger"), 4};
  const auto found = reconcile({}, {running(old), running(unknown)}, finished.aggregates);
  EXPECT_EQ(found.orphans, (std::vector{old, unknown}));
}

}  // namespace
}  // namespace actuary::tests
