#include <gtest/gtest.h>

#include "tests/simulation/world.h"

namespace actuary::tests::simulation {
namespace {

using support::ContainerPlan;

/// One run that succeeds, as it was recorded.
std::vector<Record> a_life() {
  World world({.seed = 3,
               .containers = [](const auto&) { return ContainerPlan{}; },
               .builds = [](const auto&) { return support::BuildPlan{}; }});
  world.boot();
  world.found();
  EXPECT_TRUE(world.ask(engine::run::Command{start_command(world)}));
  world.run_for(Seconds{60});
  EXPECT_TRUE(world.checker.violations().empty());
  std::vector<Record> records;
  (void)world.journal.scan(1, [&](const Record& record) {
    records.push_back(record);
    return true;
  });
  return records;
}

std::vector<std::string> found_in(const std::vector<Record>& records) {
  Models models;
  std::vector<std::string> found;
  for (const Record& record : records) {
    for (std::string& each : models.take(record)) found.push_back(std::move(each));
  }
  // A command is judged when the next one begins.
  Record next;
  next.command_name = "system.ClaimTerm";
  for (std::string& each : models.take(next)) found.push_back(std::move(each));
  return found;
}

/// What the model says of that life once `lie` has been told in it.
template <class E, class Lie>
std::string said_of(std::vector<Record> records, const Lie& lie) {
  for (Record& record : records) {
    if (auto* event = std::get_if<E>(&record.event)) lie(*event);
  }
  std::string all;
  for (const std::string& each : found_in(records)) all += each + "\n";
  return all;
}

TEST(RunModel, SeesEveryLie) {
  const std::vector<Record> truth = a_life();
  EXPECT_EQ(said_of<events::RunFinished>(truth, [](auto&) {}), "");
  const auto says = [](const std::string& found, const char* what) {
    EXPECT_NE(found.find(what), std::string::npos) << "\"" << what << "\" is not in: " << found;
  };
  says(said_of<events::RunFinished>(truth, [](auto& e) { e.outcome = events::Outcome::kFailed; }),
       "status is FAILED, must be SUCCEEDED");
  says(said_of<events::RunFinished>(truth, [](auto& e) { e.exit_code = 7; }),
       "exit code is 7, must be 0");
  says(said_of<events::AttemptEnded>(truth, [](auto& e) { e.active_micros += 1000; }),
       "active time");
  says(said_of<events::AttemptBegan>(truth,
                                     [](auto& e) { e.cause = events::AttemptCause::kReboot; }),
       "reboots is 1, must be 0");
  says(said_of<events::AttemptBegan>(truth, [](auto& e) { e.start_by = e.start_by + Seconds{1}; }),
       "deadline");
  says(said_of<events::RunCreated>(truth,
                                   [](auto& e) { std::swap(e.dataset_id, e.request_queue_id); }),
       "dataset is");
}

}  // namespace
}  // namespace actuary::tests::simulation
