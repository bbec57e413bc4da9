#include <cstdlib>
#include <fstream>
#include <iterator>

#include "tests/engine/given.h"

namespace actuary::tests {
namespace {

namespace build = engine::build;
namespace host = engine::host;
namespace run = engine::run;
using engine::executor::Command;
using events::Outcome;

struct Row {
  std::string status;
  Given given;
};
struct Column {
  std::string command;
  Command value;
  int second;
};

std::string brief(const events::Event& event) {
  std::string text(events::name_of(event));
  const auto add = [&](std::string_view more) { text += "(" + std::string(more) + ")"; };
  if (const auto* e = std::get_if<events::RunFinished>(&event)) add(to_string(e->outcome));
  if (const auto* e = std::get_if<events::AbortRequested>(&event)) add(to_string(e->mode));
  if (const auto* e = std::get_if<events::StopEscalated>(&event)) add(to_string(e->step));
  if (const auto* e = std::get_if<events::AttemptEnded>(&event)) add(to_string(e->evidence));
  if (const auto* e = std::get_if<events::AttemptBegan>(&event)) add(to_string(e->cause));
  if (const auto* e = std::get_if<events::ReplacementQueued>(&event)) add(to_string(e->cause));
  return text;
}

std::string answer(const engine::Decision& decision) {
  if (!decision) return "! " + std::string(to_string(decision.error().code));
  if (decision->empty()) return "nothing";
  std::string text;
  for (const auto& each : *decision) text += (text.empty() ? "" : ", ") + brief(each.event);
  return text;
}

/// One line for each (status, command) pair.
std::string table(const std::vector<Row>& rows,
                  const std::function<std::vector<Column>(const Given&)>& columns) {
  std::string text;
  for (const Row& row : rows) {
    text += row.status + "\n";
    for (const Column& column : columns(row.given)) {
      std::string name = "  " + column.command;
      name.resize(std::max<std::size_t>(name.size() + 1, 30), ' ');
      text += name + answer(row.given.when(column.value, column.second).decision()) + "\n";
    }
  }
  return text;
}

/// Compares with the file beside this test, or writes it.
void expect_golden(const std::string& name, const std::string& found) {
  const std::string path = std::string(ACTUARY_GOLDEN_FOLDER) + "/" + name;
  if (std::getenv("ACTUARY_REGENERATE_GOLDEN") != nullptr) {
    std::ofstream(path) << found;
    return;
  }
  std::ifstream file(path);
  const std::string expected{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(found, expected) << "The lifecycle has changed. If that is meant, run\n"
                                "  ACTUARY_REGENERATE_GOLDEN=1 test_golden\n"
                                "and commit the difference of tests/golden/"
                             << name;
}

Given then(Given given, run::Command command, int second) {
  given.then_happens(Command{std::move(command)}, second);
  return given;
}

Given resurrected() { return then(a_finished_run(Outcome::kFailed, 1), run::Resurrect{kRun}, 30); }

Given resurrected_attempt(bool fenced) {
  Given given = then(resurrected(), run::Admit{kRun}, 31);
  if (fenced) given.then_happens(run::ReportFenced{kRun, given.epoch(), 8}, 32);
  return given;
}

Given put_off(Given given) {
  given.then_happens(run::Command{run::Hold{kRun, "nobody listens"}}, 40);
  return given;
}

Given on_a_drained_host(Given given) {
  given.then_happens(Command{host::Command{host::Drain{30, "maintenance"}}}, 14);
  return given;
}

Given waiting_on_a_drained_host() {
  Given given = then(on_a_drained_host(a_live_run()), run::Migrate{kRun, 0}, 15);
  given.then_happens(run::DeadlineReached{kRun}, 15);
  return then(given, exited(given, 137), 16);
}

std::vector<Row> run_rows() {
  const run::Abort at_once{kRun};
  const run::Abort graceful{kRun, run::AbortMode::kGraceful};
  const run::DeadlineReached due{kRun};
  std::vector<Row> rows = {
      {"ABSENT", Given{an_actor(), a_success()}},
      {"READY, no attempt", a_ready_run()},
      {"READY, attempt begun", a_begun_run()},
      {"READY, attempt fenced", a_fenced_run()},
      {"READY, start put off", put_off(a_fenced_run())},
      {"READY, start given up", then(a_fenced_run(), due, 121)},
      {"RUNNING, waiting", resurrected()},
      {"RUNNING, starting", resurrected_attempt(false)},
      {"RUNNING, starting, fenced", resurrected_attempt(true)},
      {"RUNNING, starting, given up", then(resurrected_attempt(true), due, 200)},
      {"RUNNING, starting, put off", put_off(resurrected_attempt(true))},
      {"RUNNING, live", a_live_run()},
      {"RUNNING, live, without timeout", a_live_run(0)},
      {"RUNNING, live, restarts on error", a_restarting_run(0)},
      {"RUNNING, live, restarts spent", a_restarting_run(3)},
      {"RUNNING, rebooting", then(a_live_run(), run::Reboot{kRun}, 15)},
      {"RUNNING, migrating", then(a_live_run(), run::Migrate{kRun, 30}, 15)},
      {"RUNNING, migrating, stopped",
       then(then(a_live_run(), run::Migrate{kRun, 30}, 15), due, 45)},
      {"RUNNING, live, on a drained host", on_a_drained_host(a_live_run())},
      {"RUNNING, waits on a drained host", waiting_on_a_drained_host()},
      {"RUNNING, live, paid per event", a_paid_run()},
      {"RUNNING, live, charged as much as it may",
       then(a_paid_run(), run::Charge{kRun, "page", 2}, 15)},
      {"TIMING-OUT, killed", then(a_live_run(), due, 70)},
      {"TIMING-OUT, removed", then(then(a_live_run(), due, 70), due, 80)},
      {"ABORTING, immediate", then(a_live_run(), at_once, 15)},
      {"ABORTING, immediate, not started", then(a_fenced_run(), at_once, 5)},
      {"ABORTING, immediate, removed", then(then(a_live_run(), at_once, 15), due, 25)},
      {"ABORTING, graceful", then(a_live_run(), graceful, 15)},
      {"ABORTING, graceful, paid per event", then(a_paid_run(), graceful, 15)},
      {"ABORTING, graceful, killed", then(then(a_live_run(), graceful, 15), due, 45)},
  };
  for (const auto outcome :
       {Outcome::kSucceeded, Outcome::kFailed, Outcome::kTimedOut, Outcome::kAborted}) {
    rows.push_back({"FINISHED, " + std::string(to_string(outcome)), a_finished_run(outcome)});
  }
  rows.push_back({"FINISHED, terminal message", then(a_finished_run(Outcome::kFailed),
                                                     run::SetStatusMessage{kRun, "x", true}, 21)});
  rows.push_back({"FINISHED, on hold",
                  then(a_finished_run(Outcome::kFailed), run::PlaceHold{kRun, "evidence"}, 21)});
  rows.push_back({"EXPIRED", then(a_finished_run(Outcome::kFailed), run::Delete{kRun}, 30)});
  return rows;
}

std::vector<Column> run_columns(const Given& given) {
  const auto* attempt = run::attempt_of(given.run());
  const Position epoch = attempt ? attempt->epoch : 1;
  run::Start start;
  start.run_id = kRun;
  start.actor_id = kActor;
  start.user_id = kUser;
  start.key_value_store_id = kStore;
  start.dataset_id = kDataset;
  start.request_queue_id = kQueue;
  run::ReportExited zero{kRun, epoch};
  zero.exit_code = 0;
  run::ReportExited one = zero;
  one.exit_code = 1;
  run::ReportExited gone{kRun, epoch};
  gone.evidence = events::Evidence::kProvenEmpty;
  run::ReportExited stale = zero;
  stale.epoch = epoch + 1000;
  const auto column = [](std::string name, run::Command command, int second = 16) {
    return Column{std::move(name), Command{std::move(command)}, second};
  };
  constexpr int kLate = 1'000'000;
  return {column("Start", start),
          column("Hold", run::Hold{kRun, "no room"}),
          column("Admit", run::Admit{kRun}),
          column("Abort immediate", run::Abort{kRun}),
          column("Abort graceful", run::Abort{kRun, run::AbortMode::kGraceful}),
          column("Resurrect", run::Resurrect{kRun}),
          column("SetStatusMessage", run::SetStatusMessage{kRun, "hello"}),
          column("Delete", run::Delete{kRun}),
          column("Reboot", run::Reboot{kRun}),
          column("Metamorph", run::Metamorph{kRun, kActor, "", "INPUT-METAMORPH-1"}),
          column("Charge", run::Charge{kRun, "page", 1}),
          column("ReportItems", run::ReportItems{kRun, 2}),
          column("Migrate", run::Migrate{kRun, 30}),
          column("PlaceHold", run::PlaceHold{kRun, "evidence of a crash"}),
          column("LiftHold", run::LiftHold{kRun, "solved"}),
          column("ErasePersonal", run::ErasePersonal{kRun, "asked for"}),
          column("ReportFenced", run::ReportFenced{kRun, epoch, 3}),
          column("ReportStarted", run::ReportStarted{kRun, epoch}),
          column("ReportStartFailed", run::ReportStartFailed{kRun, epoch, "no space"}),
          column("ReportExited 0", zero),
          column("ReportExited 1", one),
          column("ReportExited proven empty", gone),
          column("ReportExited stale", stale),
          column("DeadlineReached early", run::DeadlineReached{kRun}, 1),
          column("DeadlineReached due", run::DeadlineReached{kRun}, kLate)};
}

std::vector<Row> build_rows() {
  const auto drive = [](std::vector<std::pair<build::Command, int>> commands) {
    Given given{an_actor(), a_build()};
    for (auto& [command, second] : commands) given.then_happens(Command{command}, second);
    return given;
  };
  const build::Command admit = build::Admit{kBuild};
  const build::Command abort = build::Abort{kBuild};
  const build::Command due = build::DeadlineReached{kBuild};
  const build::Command built = build::ReportBuilt{kBuild, image("i")};
  const build::Command failed = build::ReportFailed{kBuild, "step 1"};
  Given superseded = drive({{admit, 1}, {built, 2}});
  superseded.happens(a_success(id_of<BuildId>("newer"), 2));
  Given expired = superseded;
  expired.then_happens(Command{build::Command{build::Delete{kBuild}}}, 3);
  return {{"ABSENT", Given{an_actor()}},
          {"READY", drive({})},
          {"RUNNING", drive({{admit, 1}})},
          {"TIMING-OUT", drive({{admit, 1}, {due, 1801}})},
          {"ABORTING", drive({{admit, 1}, {abort, 2}})},
          {"FINISHED, SUCCEEDED, default", drive({{admit, 1}, {built, 2}})},
          {"FINISHED, SUCCEEDED, superseded", superseded},
          {"FINISHED, FAILED", drive({{admit, 1}, {failed, 2}})},
          {"FINISHED, TIMED-OUT", drive({{admit, 1}, {due, 1801}, {failed, 1802}})},
          {"FINISHED, ABORTED", drive({{abort, 1}})},
          {"EXPIRED", expired}};
}

std::vector<Column> build_columns(const Given&) {
  const auto column = [](std::string name, build::Command command, int second = 16) {
    return Column{std::move(name), Command{std::move(command)}, second};
  };
  build::Create create;
  create.build_id = kBuild;
  create.actor_id = kActor;
  create.user_id = kUser;
  create.version_number = "0.1";
  return {column("Create", create),
          column("Admit", build::Admit{kBuild}),
          column("Abort", build::Abort{kBuild}),
          column("Delete", build::Delete{kBuild}),
          column("ErasePersonal", build::ErasePersonal{kBuild, "asked for"}),
          column("ReportBuilt", build::ReportBuilt{kBuild, image("i")}),
          column("ReportFailed", build::ReportFailed{kBuild, "step 1"}),
          column("DeadlineReached early", build::DeadlineReached{kBuild}, 1),
          column("DeadlineReached due", build::DeadlineReached{kBuild}, 1'000'000)};
}

TEST(Golden, TheLifecycleOfARun) {
  expect_golden("run_lifecycle.txt", table(run_rows(), run_columns));
}

TEST(Golden, TheLifecycleOfABuild) {
  expect_golden("build_lifecycle.txt", table(build_rows(), build_columns));
}

/// A command that is added must be added above.
TEST(Golden, HasEveryCommand) {
  EXPECT_EQ(std::variant_size_v<run::Command>, 20U);
  EXPECT_EQ(std::variant_size_v<build::Command>, 8U);
  EXPECT_EQ(std::variant_size_v<run::State>, 7U);
  EXPECT_EQ(std::variant_size_v<build::State>, 7U);
  EXPECT_EQ(std::variant_size_v<host::Command>, 2U);
  EXPECT_EQ(std::variant_size_v<host::State>, 2U);
}

}  // namespace
}  // namespace actuary::tests
