#include "engine/executor/executor.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "engine/decision/settings.h"
#include "engine/executor/drain.h"
#include "engine/executor/reconcile.h"
#include "engine/policy/admission.h"
#include "journal/base/assert.h"
#include "journal/base/size_of.h"
#include "journal/codec/record_codec.h"

namespace actuary::engine::executor {
namespace {

const Principal kSystemPrincipal{};

Command deadline_command(const StreamId& stream) {
  if (stream.kind == StreamKind::kBuild) {
    return build::Command{build::DeadlineReached{BuildId::parse(stream.id.view()).value()}};
  }
  ACTUARY_ASSERT(stream.kind == StreamKind::kRun);
  return run::Command{run::DeadlineReached{RunId::parse(stream.id.view()).value()}};
}

/// What people send is bounded here; what the outside world reports is bounded by whoever reports
/// it.
Status check_size(const Submission& submission, const Events& events, const Bytes& command) {
  if (events.size() > journal::kBatchRecordsMax) {
    return fail(Code::kTooLarge, "one command may change at most " +
                                     std::to_string(journal::kBatchRecordsMax) + " things");
  }
  std::size_t bytes = command.size();
  for (const Proposed& proposed : events) bytes += journal::base::size_of(proposed.event);
  if (submission.principal.kind == PrincipalKind::kSystem || bytes <= kCommandBytesMax) return {};
  return fail(Code::kTooLarge, "one command may hold at most " + std::to_string(kCommandBytesMax) +
                                   " bytes, this one has " + std::to_string(bytes));
}

/// Never one that looks as if it were made of a client's key: it would be remembered as such.
CommandId draw_id(IdSource& ids) {
  auto id = ids.next<CommandId>();
  while (id.view().starts_with(directory::kKeyedPrefix)) id = ids.next<CommandId>();
  return id;
}

}  // namespace

Executor::Executor(Outside outside, decision::Settings settings, Residency residency)
    : outside_(std::move(outside)),
      settings_(settings),
      folded_(residency),
      self_(std::make_shared<Executor*>(this)) {}

Executor::~Executor() { *self_ = nullptr; }

Status Executor::start(const Claim& claim, std::function<void()> ready,
                       std::optional<Folded::Image> image) {
  Position from = 1;
  if (image) {
    from = image->position + 1;
    folded_ = Folded(std::move(*image));
  }
  TRY_VOID(fold_from(from));
  ready_ = std::move(ready);
  claim_term(claim);
  flush();
  return {};
}

Status Executor::start_reading(Error why) {
  TRY_VOID(fold_from(1));
  // Nothing has room, not even a report, so that no tick finds anything to decide.
  room_ = [why = std::move(why)](ports::Need, std::uint64_t) -> Status {
    return tl::make_unexpected(why);
  };
  open_ = true;
  return {};
}

Status Executor::fold_from(Position from) {
  Status folded;
  TRY_VOID(outside_.journal.scan(from, [&](const Record& record) {
    folded = folded_.replay(record, outside_.journal);
    return folded.has_value();
  }));
  TRY_VOID(folded);
  last_ = durable_ = outside_.journal.head().position;
  term_ = outside_.journal.head().term;
  return {};
}

void Executor::claim_term(const Claim& claim) {
  const Instant now = outside_.clock.now();
  ++term_;
  const StreamId system = journal::record::system_stream();
  const Events events{{system, events::TermClaimed{term_, claim.nonce, claim.pid, claim.program,
                                                   journal::codec::kMinReader}},
                      {system, decision::adopted(settings_)}};
  record(events, {kSystemPrincipal, draw_id(outside_.ids), 0, 0, "system.ClaimTerm", {}}, now);
  for (decision::Effect& effect : aggregates().outstanding())
    effects_.push_back({last_, std::move(effect)});
  for (decision::Effect& effect : removals(directory()))
    effects_.push_back({last_, std::move(effect)});
  aggregates().for_each_stream(
      [&](const StreamId& stream) { deadlines_.set(stream, aggregates().deadline(stream), now); });
}

void Executor::submit(Submission submission) {
  const Inbox::Put put = inbox_.put(submission);
  if (put == Inbox::Put::kFirst) wake();
  if (put == Inbox::Put::kFull && submission.reply) {
    outside_.loop.post([reply = std::move(submission.reply)] {
      reply(fail(Code::kUnavailable,
                 "The engine has too many commands waiting. Try again in a moment."));
    });
  }
}

void Executor::wake() {
  outside_.loop.post([self = self_] {
    if (*self) (*self)->tick();
  });
}

void Executor::tick() {
  if (stopped_) return;
  if (failed_) return fail_all(*failed_);
  if (!open_) return;  // the term is not claimed yet
  if (!quiet_.empty()) {
    if (last_ != durable_) return flush();
    for (const auto& task : std::exchange(quiet_, {})) task();
  }
  const Instant now = outside_.clock.now();
  const Position before = last_;
  take_parked(now);
  take_commands(now);
  take_deadlines(now);
  if (last_ != before || before == durable_) admit_waiting(now);
  migrate_drained(now);
  folded_.settle(durable_, parking_.pinned());
  read_missing();
  flush();
  arm(now);
}

void Executor::take_commands(const Instant& now) {
  while (pending_.size() < kBatchSoftMax) {
    std::vector<Submission> some = inbox_.take(64);
    if (some.empty()) return;
    for (Submission& submission : some) receive(std::move(submission), now);
  }
}

void Executor::take_parked(const Instant& now) {
  if (!std::exchange(arrived_, false)) return;
  parking_.offer([&](Submission& submission) {
    if (!folded_.missing(submission.command).empty()) return false;
    handle(std::move(submission), now);
    return true;
  });
}

void Executor::receive(Submission submission, const Instant& now) {
  if (repeats(submission)) return;
  const bool waits_its_turn =
      parking_.holds(target_of(submission.command)) && !is_about_the_present(submission.command);
  if (!waits_its_turn && folded_.missing(submission.command).empty()) {
    return handle(std::move(submission), now);
  }
  if (outside_.archive == nullptr) {
    Status read;
    for (auto missing = folded_.missing(submission.command); read && !missing.empty();
         missing = folded_.missing(submission.command)) {
      read = read_now(missing);
    }
    return read ? handle(std::move(submission), now) : refuse(std::move(submission), read.error());
  }
  if (parking_.full() && submission.principal.kind != PrincipalKind::kSystem) {
    return refuse(std::move(submission),
                  {Code::kUnavailable,
                   "Too many commands wait for what is archived. Try again in a moment."});
  }
  parking_.put(std::move(submission));
}

void Executor::refuse(Submission submission, const Error& error) {
  if (!submission.reply) return;
  replies_.push_back({last_, std::move(submission.reply), tl::make_unexpected(error)});
}

Status Executor::read_now(const std::vector<StreamId>& streams) {
  for (const StreamId& stream : streams) {
    TRY(slot, read_slot(outside_.journal, stream));
    folded_.recall(stream, std::move(slot));
  }
  return {};
}

void Executor::read_missing() {
  if (reading_ || parking_.empty()) return;
  auto streams = parking_.wanted(
      [this](const Command& command) { return folded_.missing(command); }, kReadStreamsMax);
  if (streams.empty()) {  // what the first ones waited for came with others' reads
    arrived_ = true;
    return wake();
  }
  reading_ = true;
  outside_.archive->read(streams, [self = self_, streams](std::vector<Result<Slot>> slots) {
    if (*self) (*self)->on_read(streams, std::move(slots));
  });
}

/// What cannot be read fails the commands that need it, and nobody else.
void Executor::on_read(const std::vector<StreamId>& streams, std::vector<Result<Slot>> slots) {
  ACTUARY_ASSERT(streams.size() == slots.size());
  reading_ = false;
  arrived_ = true;
  if (stopped_) return;
  for (std::size_t i = 0; i < streams.size(); ++i) {
    if (slots[i]) {
      folded_.recall(streams[i], std::move(*slots[i]));
      continue;
    }
    const auto needs_it = [&](const Submission& each) {
      const auto missing = folded_.missing(each.command);
      return std::find(missing.begin(), missing.end(), streams[i]) != missing.end();
    };
    for (Submission& submission : parking_.take_if(needs_it)) {
      refuse(std::move(submission), slots[i].error());
    }
  }
  tick();
}

void Executor::take_deadlines(const Instant& now) {
  if (pending_.size() >= kBatchSoftMax) return;  // another tick follows the append under way
  for (const StreamId& stream : deadlines_.take_due(now, kDeadlinesPerTickMax)) {
    const Position before = last_;
    handle_own(deadline_command(stream), now);
    if (last_ != before) continue;
    // Not due after all (a clock that was set back after a reboot): look again soon.
    if (const auto due = aggregates().deadline(stream)) {
      deadlines_.set(stream, std::optional(reached(now, *due) ? *due : now + Seconds{1}), now);
    }
  }
}

void Executor::admit_waiting(const Instant& now) {
  if (!has_room(ports::Need::kMore)) return;  // they wait; a tick follows when there is room
  const policy::Admission admission = policy::admit(directory(), settings_);
  for (const RunId& id : admission.runs) {
    handle_own(run::Command{run::Admit{id}}, now, policy::kAdmissionPolicyVersion);
  }
  for (const auto& [id, reason] : admission.held) {
    handle_own(run::Command{run::Hold{id, reason}}, now, policy::kAdmissionPolicyVersion);
  }
  for (const BuildId& id : admission.builds) {
    handle_own(build::Command{build::Admit{id}}, now, policy::kAdmissionPolicyVersion);
  }
}

/// Also of a run that began to run only after the drain did.
void Executor::migrate_drained(const Instant& now) {
  for (const RunId& id : runs_to_migrate(directory(), aggregates())) {
    handle_own(run::Command{run::Migrate{id, *directory().drain_window()}}, now);
  }
}

void Executor::handle_own(Command command, const Instant& now, std::uint32_t policy_version) {
  handle({std::move(command), kSystemPrincipal, CommandId{}, 0, nullptr}, now, policy_version);
}

/// A command that was accepted under the same key before is not decided again: its answer is where
/// it stands.
bool Executor::repeats(Submission& submission) {
  const auto* earlier = directory().command_keys().find(submission.command_id);
  if (earlier == nullptr) return false;
  Result<Position> result = earlier->last;
  if (earlier->id != submission.command_id) {
    result = fail(Code::kInvalidArgument,
                  "This idempotency key was used for another request before. Use a new key.");
  }
  if (submission.reply) replies_.push_back({last_, std::move(submission.reply), std::move(result)});
  return true;
}

void Executor::handle(Submission submission, const Instant& now, std::uint32_t policy_version) {
  if (repeats(submission)) return;
  if (const Status room = has_room(need_of(submission)); !room) {
    if (submission.reply) {
      replies_.push_back({last_, std::move(submission.reply), tl::make_unexpected(room.error())});
    }
    return;
  }
  const Context context{now, submission.principal, directory(), settings_};
  Decision decision = aggregates().decide(submission.command, context);
  Result<Position> result = last_;
  if (!decision) {
    result = tl::make_unexpected(std::move(decision).error());
  } else if (!decision->empty()) {
    Bytes command = encode(submission.command);
    Status fits = check_size(submission, *decision, command);
    for (const Proposed& proposed : *decision) {
      // Nearly always there already: a stream's next version is only known of one that is.
      if (fits && !folded_.holds(proposed.stream)) fits = read_now({proposed.stream});
    }
    if (!fits) {
      result = tl::make_unexpected(fits.error());
    } else {
      const CommandId id =
          submission.command_id.nil() ? draw_id(outside_.ids) : submission.command_id;
      record(std::move(*decision),
             {submission.principal, id, submission.cause, policy_version,
              name_of(submission.command), std::move(command)},
             now);
      result = last_;
    }
  }
  // A refusal may rest on events that are not durable yet, so it waits for them like an acceptance
  // does.
  if (submission.reply) replies_.push_back({last_, std::move(submission.reply), std::move(result)});
}

Status Executor::has_room(ports::Need need) const { return room_ ? room_(need, 0) : Status{}; }

void Executor::record(Events events, Origin origin, const Instant& now) {
  for (Proposed& proposed : events) {
    Record record;
    record.position = ++last_;
    record.recorded_at = now;
    record.stream = proposed.stream;
    record.version = aggregates().version_of(proposed.stream) + 1;
    record.term = term_;
    record.cause = origin.cause;
    record.command_id = origin.command_id;
    record.principal = origin.principal;
    record.policy_version = origin.policy_version;
    record.command = std::exchange(origin.command, {});
    record.command_name = std::exchange(origin.name, {});
    record.event = std::move(proposed.event);
    folded_.apply(record);
    for (decision::Effect& effect : aggregates().react(record)) {
      effects_.push_back({record.position, std::move(effect)});
    }
    deadlines_.set(record.stream, aggregates().deadline(record.stream), now);
    pending_.push_back(std::move(record));
  }
}

/// As many whole commands as one append takes; the rest follows once it is durable.
std::vector<Record> Executor::take_batch() {
  std::size_t count = 0;
  for (std::size_t bytes = 0; count < pending_.size() && count < journal::kBatchRecordsMax;
       ++count) {
    bytes += pending_[count].command.size() + journal::base::size_of(pending_[count].event);
    if (count > 0 && bytes > kBatchBytesSoftMax) break;
  }
  if (count == pending_.size()) return std::exchange(pending_, {});
  const auto within_command = [this](std::size_t at) {
    return pending_[at].command_id == pending_[at - 1].command_id;
  };
  const std::size_t cut = count;
  while (count > 0 && within_command(count)) --count;
  // A first command that is larger than the soft bound goes alone.
  for (count = count > 0 ? count : cut; count < pending_.size() && within_command(count);) ++count;
  const auto end = pending_.begin() + static_cast<std::ptrdiff_t>(count);
  std::vector<Record> batch(std::make_move_iterator(pending_.begin()),
                            std::make_move_iterator(end));
  pending_.erase(pending_.begin(), end);
  return batch;
}

void Executor::flush() {
  if (in_flight_ || failed_) return;
  if (pending_.empty()) return release(durable_);
  in_flight_ = std::make_shared<const std::vector<Record>>(take_batch());
  outside_.journal.append(*in_flight_,
                          [self = self_, &loop = outside_.loop](Result<Position> result) {
                            loop.post([self, result = std::move(result)]() mutable {
                              if (*self) (*self)->on_appended(std::move(result));
                            });
                          });
}

void Executor::on_appended(Result<Position> result) {
  if (stopped_) return;
  if (!result) {
    in_flight_.reset();
    return stop_for(result.error());
  }
  const auto batch = std::exchange(in_flight_, nullptr);
  durable_ = *result;
  open_ = true;
  ACTUARY_ASSERT(durable_ == batch->back().position);
  while (!effects_.empty() && effects_.front().position <= durable_) {
    const WaitingEffect waiting = std::move(effects_.front());
    effects_.pop_front();
    outside_.perform(waiting.effect, waiting.position);
  }
  if (Status shown = outside_.on_durable(*batch); !shown) return stop_for(shown.error());
  release(durable_);
  if (ready_) std::exchange(ready_, nullptr)();
  tick();
}

void Executor::stop_for(const Error& error) {
  failed_ = error;
  fail_all(error);
  if (outside_.on_fatal) outside_.on_fatal(error);
}

void Executor::after_durable(std::function<void()> task) {
  if (failed_) return;
  replies_.push_back({last_,
                      [task = std::move(task)](const Result<Position>& done) {
                        if (done) task();
                      },
                      last_});
  if (!in_flight_) wake();
}

void Executor::when_quiet(std::function<void()> task) {
  quiet_.push_back(std::move(task));
  if (!in_flight_) wake();
}

std::optional<Folded::Image> Executor::image() const {
  if (last_ != durable_ || failed_ || !open_) return std::nullopt;
  return folded_.image(durable_);
}

void Executor::release(Position durable) {
  while (!replies_.empty() && replies_.front().position <= durable) {
    WaitingReply waiting = std::move(replies_.front());
    replies_.pop_front();
    waiting.reply(std::move(waiting.result));
  }
}

/// "Perhaps": the disk may hold what it did not confirm, so nobody is told that nothing happened.
void Executor::fail_all(const Error& error) {
  const Error perhaps{Code::kStorageFailed,
                      "The journal failed, the command was perhaps recorded: " + error.detail};
  for (WaitingReply& waiting : std::exchange(replies_, {}))
    waiting.reply(tl::make_unexpected(perhaps));
  std::vector<Submission> waiting = parking_.take_if([](const Submission&) { return true; });
  for (Submission& each : inbox_.take(kInboxMax * 2)) waiting.push_back(std::move(each));
  for (Submission& submission : waiting) {
    if (submission.reply) submission.reply(tl::make_unexpected(perhaps));
  }
}

void Executor::arm(const Instant& now) {
  // With so much on its way the append under way wakes us; what is due already must not do it again
  // and again until then.
  const bool full = pending_.size() >= kBatchSoftMax;
  if (const auto after = deadlines_.next_in(now); after && !full) {
    outside_.loop.arm(*after, [self = self_] {
      if (*self) (*self)->tick();
    });
  }
  if (!inbox_.empty() && !in_flight_) wake();
}

}  // namespace actuary::engine::executor
