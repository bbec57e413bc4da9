#include "tests/simulation/checker.h"

#include "engine/run/decider.h"
#include "journal/codec/record_codec.h"

namespace actuary::tests::simulation {

using engine::ports::ContainerKey;

/// One overload per event that a rule is about.
struct Checker::Reader {
  Checker& c;
  const Record& record;

  [[nodiscard]] RunId run_id() const { return RunId::parse(record.stream.id.view()).value(); }
  [[nodiscard]] RunTrack& track() const { return c.runs_[run_id()]; }
  [[nodiscard]] ContainerKey key(Position epoch) const { return {run_id(), epoch}; }
  void expect(bool holds, const std::string& what) const {
    if (holds) return;
    c.complain("position " + std::to_string(record.position) + ", " + describe(record.stream) +
               ": " + what);
  }

  void operator()(const events::TermClaimed& e) const {
    expect(e.term == c.term_, "a term that its record does not carry");
  }
  void operator()(const events::AttemptBegan&) const {
    RunTrack& run = track();
    expect(!run.open_epoch && !run.finished, "an attempt begins while another is open");
    run.queued = false;
    run.put_off_until.reset();
    run.open_epoch = record.position;
    run.fenced = false;
    run.started_at.reset();
  }
  void operator()(const events::AttemptFenced& e) const {
    expect(track().open_epoch == e.epoch, "a fence of an attempt that is not open");
    track().fenced = true;
  }
  void operator()(const events::AttemptStarted& e) const {
    RunTrack& run = track();
    expect(run.open_epoch == e.epoch && run.fenced, "a start of an attempt that is not fenced");
    expect(!run.started_at, "an attempt starts twice");
    expect(c.runtime_.starts(key(e.epoch)) == 1, "a start that the runtime never made");
    // Across boots only the wall clock is left, and somebody may have set it back.
    if (run.last_end && run.last_end->boot_id == e.started_at.boot_id) {
      expect(reached(e.started_at, *run.last_end), "intervals overlap");
    }
    run.started_at = e.started_at;
    run.put_off_until.reset();
  }
  void operator()(const events::RunHeld&) const {
    // Of an attempt: its start waits for a runtime that is out of reach, and its time goes on.
    const auto* facts = engine::run::facts_of(c.folded_.run(run_id()));
    if (track().open_epoch && facts != nullptr) track().put_off_until = facts->timeout_at;
  }
  void operator()(const events::ReplacementQueued&) const {
    expect(!track().open_epoch, "a run waits for a container while it has one");
    track().queued = true;
  }
  void operator()(const events::AbortRequested&) const { track().abort_requested = true; }
  void operator()(const events::TimeoutReached&) const { track().timeout_reached = true; }
  void operator()(const events::AttemptEnded& e) const {
    RunTrack& run = track();
    expect(run.open_epoch == e.epoch, "an end of an attempt that is not open");
    const auto truth = c.runtime_.true_exit(key(e.epoch));
    if (e.evidence == events::Evidence::kExitReport) {
      expect(truth && truth->exit_code == e.exit_code, "an exit code that nobody saw");
    }
    if (e.evidence == events::Evidence::kDeclaredLost) {
      run.declared_lost.insert(e.epoch);
    } else {
      expect(!c.runtime_.is_live(key(e.epoch)), "an attempt ends while its container runs");
    }
    const Microseconds active =
        run.started_at ? elapsed(*run.started_at, e.ended_at) : Microseconds{0};
    expect(e.active_micros == active.count(), "active time that the interval does not have");
    if (run.started_at) run.last_end = e.ended_at;
    run.open_epoch.reset();
    run.last_ended = e;
  }
  void operator()(const events::RunFinished& e) const {
    RunTrack& run = track();
    expect(!run.finished, "a run finishes twice");
    expect(!run.open_epoch, "a run finishes while an attempt is open");
    run.finished = true;
    run.outcome = e.outcome;
    if (e.outcome == events::Outcome::kSucceeded) {
      expect(run.last_ended && run.last_ended->exit_code == 0 &&
                 run.last_ended->evidence == events::Evidence::kExitReport,
             "a success that was not observed");
      expect(!run.abort_requested && !run.timeout_reached, "a success after an abort or timeout");
    }
    if (e.outcome == events::Outcome::kTimedOut) {
      const bool late = run.put_off_until && reached(record.recorded_at, *run.put_off_until);
      const bool by_timeout = run.timeout_reached || run.queued || late;
      expect(by_timeout && !run.abort_requested, "timed out, but not by a timeout");
    }
    if (run.abort_requested) {
      expect(e.outcome == events::Outcome::kAborted, "an abort that lost");
    }
  }
  void operator()(const events::RunResurrected&) const {
    RunTrack& run = track();
    expect(run.finished && !run.deleted, "a run is resurrected that is not finished");
    run.finished = run.abort_requested = run.timeout_reached = run.queued = false;
    run.put_off_until.reset();
    run.outcome.reset();
    run.last_ended.reset();
  }
  void operator()(const events::RunDeleted&) const {
    expect(track().finished && !track().deleted, "a run is deleted that is not finished");
    track().deleted = true;
  }
  void operator()(const events::BuildCreated& e) const { c.build_tag_[e.build_id] = e.tag; }
  void operator()(const events::BuildSucceeded&) const {
    ended();
    const BuildId id = BuildId::parse(record.stream.id.view()).value();
    if (!c.build_tag_[id].empty()) c.untagged_success_ = id;
  }
  void operator()(const events::BuildFailed&) const { ended(); }
  void operator()(const events::BuildAborted&) const { ended(); }
  void operator()(const events::BuildTimedOut&) const { ended(); }
  void operator()(const events::TagMoved& e) const {
    if (c.untagged_success_ == e.build_id) c.untagged_success_.reset();
  }

  template <class Other>
  void operator()(const Other&) const {}

 private:
  void ended() const {
    const BuildId id = BuildId::parse(record.stream.id.view()).value();
    expect(++c.build_endings_[id] == 1, "a build ends twice");
  }
};

void Checker::complain(const std::string& what) {
  if (violations_.size() < 20) violations_.push_back(what);
}

void Checker::mix(std::uint64_t value) {
  for (int i = 0; i < 8; ++i) {
    trace_ = (trace_ ^ ((value >> (8 * i)) & 0xffU)) * 0x100000001b3U;
  }
}

void Checker::mix(std::string_view text) {
  for (const char c : text) trace_ = (trace_ ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
}

void Checker::check() {
  if (journal_.head().position < seen_) complain("the journal lost what it had");
  (void)journal_.scan(seen_ + 1, [this](const Record& record) {
    read(record);
    return true;
  });
  if (untagged_success_) complain("a build's success is durable and its tag is not");
  std::map<RunId, int> live;
  for (const ContainerKey& key : runtime_.live()) {
    // A container that was declared lost is fenced; it may linger until the next reconciliation.
    if (runs_[key.run_id].declared_lost.contains(key.epoch)) continue;
    if (++live[key.run_id] > 1) complain("two live containers for run " + key.run_id.str());
    if (runtime_.starts(key) != 1) complain("a container that was not started once");
  }
  for (; complaints_seen_ < runtime_.complaints.size(); ++complaints_seen_) {
    complain("runtime: " + runtime_.complaints[complaints_seen_]);
  }
}

void Checker::read(const Record& record) {
  const auto expect = [&](bool holds, const char* what) {
    if (!holds) complain("position " + std::to_string(record.position) + ": " + what);
  };
  expect(record.position == ++seen_, "a gap in the positions");
  expect(record.version == ++versions_[record.stream], "a gap in the versions");
  expect(record.term >= term_, "a term that went back");
  expect(record.cause < record.position, "a cause that comes later");
  term_ = record.term;
  commands_.try_emplace(record.command_id, record.position);
  folded_.evolve(record);
  directory_.apply(record);
  if (const Status replayed = replayed_.replay(record, journal_); !replayed) {
    complain("the journal cannot be replayed: " + replayed.error().detail);
  }
  std::visit(Reader{*this, record}, record.event);
  decide_again(record);
  for (const std::string& each : models_.take(record)) {
    complain("position " + std::to_string(record.position) + ", the model: " + each);
  }
  mix(journal::codec::encode_record(record).value());
}

void Checker::decide_again(const Record& record) {
  if (replayer_.divergence()) return;
  if (const Status taken = replayer_.take(record); !taken) complain(taken.error().detail);
  if (const auto& found = replayer_.divergence()) {
    complain("position " + std::to_string(found->position) + ", " + found->command + ": " +
             found->why + "; journal " + found->expected + ", replay " + found->got);
  }
}

void Checker::acknowledged(const CommandId& command, Position position) {
  check();
  if (position > journal_.head().position) complain("a reply before its event was durable");
  if (!commands_.contains(command)) {
    complain("an acknowledged command that the journal does not have");
  }
  mix(position);
}

void Checker::on_start(const ContainerKey& key) {
  check();
  const RunTrack& run = runs_[key.run_id];
  if (run.open_epoch && *run.open_epoch == key.epoch && run.fenced) return;
  // Over already, and on its way out: then its end is durable, and the start comes from before.
  complain("a start of " + key.run_id.str() + " whose fence is not durable");
}

void Checker::compare(const engine::executor::Aggregates& live,
                      const engine::directory::Directory& directory) {
  check();
  bool same_point = true;
  live.for_each_stream([&](const StreamId& stream) {
    same_point = same_point && live.version_of(stream) == folded_.version_of(stream);
  });
  if (!same_point) return;  // something is decided and not durable yet
  live.for_each_run([&](const engine::run::State& state) {
    const auto* facts = engine::run::facts_of(state);
    if (facts != nullptr && state != folded_.run(facts->run_id)) {
      complain("the live state of " + facts->run_id.str() + " is not what the journal folds to");
    }
  });
  live.for_each_stream([&](const StreamId& stream) {
    if (live.deadline(stream) != folded_.deadline(stream)) complain("deadlines differ");
  });
  if (directory.memory_in_use_mbytes() != directory_.memory_in_use_mbytes() ||
      directory.waiting_runs() != directory_.waiting_runs() ||
      directory.waiting_builds() != directory_.waiting_builds() ||
      directory.builds_running() != directory_.builds_running()) {
    complain("the live directory is not what the journal folds to");
  }
}

void Checker::compare(const engine::executor::Folded::Image& image) {
  check();
  if (image.position != seen_) return complain("a snapshot that is not of the journal's head");
  if (image != replayed_.image(seen_)) complain("a snapshot is not what the journal folds to");
}

std::set<std::string> Checker::unsettled(const engine::executor::Aggregates& live,
                                         const engine::directory::Directory& directory) const {
  std::set<std::string> found;
  std::size_t unfinished = 0;
  live.for_each_run([&](const engine::run::State& state) {
    if (std::holds_alternative<engine::run::Absent>(state)) return;
    if (std::holds_alternative<engine::run::Finished>(state)) return;
    if (std::holds_alternative<engine::run::Expired>(state)) return;
    ++unfinished;
    const auto* attempt = engine::run::attempt_of(state);
    const RunId id = engine::run::facts_of(state)->run_id;
    if (attempt == nullptr && directory.memory_in_use_mbytes() > 0) return;  // it waits its turn
    const bool running = std::holds_alternative<engine::run::Running>(state) && attempt != nullptr;
    if (running && runtime_.is_live({id, attempt->epoch})) return;
    found.insert("run " + id.str() + " is stuck in " + std::string(engine::run::status_of(state)) +
                 ", attempt " + std::to_string(attempt ? attempt->epoch : 0));
  });
  if (unfinished == 0 && runtime_.count() > 0) found.insert("containers are left over");
  return found;
}

}  // namespace actuary::tests::simulation
