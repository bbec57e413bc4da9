#include "engine/executor/executor.h"

#include <iterator>
#include <utility>

#include "engine/policy/admission.h"
#include "journal/base/assert.h"
#include "journal/base/size_of.h"

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

}  // namespace

Executor::Executor(Outside outside, decision::Settings settings)
    : outside_(std::move(outside)), settings_(settings), self_(std::make_shared<Executor*>(this)) {}

Executor::~Executor() { *self_ = nullptr; }

Status Executor::start(Claim claim, std::function<void()> ready) {
  TRY_VOID(outside_.journal.scan(1, [this](const Record& record) {
    fold(record);
    return true;
  }));
  last_ = durable_ = outside_.journal.head().position;
  term_ = outside_.journal.head().term;
  ready_ = std::move(ready);
  claim_term(claim);
  flush();
  return {};
}

void Executor::fold(const Record& record) {
  aggregates_.evolve(record);
  directory_.apply(record);
}

void Executor::claim_term(const Claim& claim) {
  const Instant now = outside_.clock.now();
  ++term_;
  const Events events{{journal::record::system_stream(),
                       events::TermClaimed{term_, claim.nonce, claim.pid, claim.program}}};
  record(events, {kSystemPrincipal, outside_.ids.next<CommandId>(), 0, 0, "system.ClaimTerm", {}},
         now);
  for (decision::Effect& effect : aggregates_.outstanding())
    effects_.push_back({last_, std::move(effect)});
  aggregates_.for_each_stream(
      [&](const StreamId& stream) { deadlines_.set(stream, aggregates_.deadline(stream), now); });
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
  const Instant now = outside_.clock.now();
  const Position before = last_;
  take_commands(now);
  take_deadlines(now);
  if (last_ != before || before == durable_) admit_waiting(now);
  flush();
  arm(now);
}

void Executor::take_commands(const Instant& now) {
  while (pending_.size() < kBatchSoftMax) {
    std::vector<Submission> some = inbox_.take(64);
    if (some.empty()) return;
    for (Submission& submission : some) handle(std::move(submission), now);
  }
}

void Executor::take_deadlines(const Instant& now) {
  for (const StreamId& stream : deadlines_.take_due(now)) {
    const Position before = last_;
    handle_own(deadline_command(stream), now);
    if (last_ != before) continue;
    // Not due after all (a clock that was set back after a reboot): look again soon.
    if (const auto due = aggregates_.deadline(stream)) {
      deadlines_.set(stream, std::optional(reached(now, *due) ? *due : now + Seconds{1}), now);
    }
  }
}

void Executor::admit_waiting(const Instant& now) {
  const policy::Admission admission = policy::admit(directory_, settings_);
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

void Executor::handle_own(Command command, const Instant& now, std::uint32_t policy_version) {
  handle({std::move(command), kSystemPrincipal, CommandId{}, 0, nullptr}, now, policy_version);
}

void Executor::handle(Submission submission, const Instant& now, std::uint32_t policy_version) {
  const Context context{now, submission.principal, directory_, settings_};
  Decision decision = aggregates_.decide(submission.command, context);
  Result<Position> result = last_;
  if (!decision) {
    result = tl::make_unexpected(std::move(decision).error());
  } else if (!decision->empty()) {
    Bytes command = encode(submission.command);
    if (const Status fits = check_size(submission, *decision, command); !fits) {
      result = tl::make_unexpected(fits.error());
    } else {
      const CommandId id =
          submission.command_id.nil() ? outside_.ids.next<CommandId>() : submission.command_id;
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

void Executor::record(Events events, Origin origin, const Instant& now) {
  for (Proposed& proposed : events) {
    Record record;
    record.position = ++last_;
    record.recorded_at = now;
    record.stream = proposed.stream;
    record.version = aggregates_.version_of(proposed.stream) + 1;
    record.term = term_;
    record.cause = origin.cause;
    record.command_id = origin.command_id;
    record.principal = origin.principal;
    record.policy_version = origin.policy_version;
    record.command = std::exchange(origin.command, {});
    record.command_name = std::exchange(origin.name, {});
    record.event = std::move(proposed.event);
    fold(record);
    for (decision::Effect& effect : aggregates_.react(record)) {
      effects_.push_back({record.position, std::move(effect)});
    }
    deadlines_.set(record.stream, aggregates_.deadline(record.stream), now);
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
  for (Submission& submission : inbox_.take(kInboxMax * 2)) {
    if (submission.reply) submission.reply(tl::make_unexpected(perhaps));
  }
}

void Executor::arm(const Instant& now) {
  if (const auto after = deadlines_.next_in(now)) {
    outside_.loop.arm(*after, [self = self_] {
      if (*self) (*self)->tick();
    });
  }
  if (!inbox_.empty() && !in_flight_) wake();
}

}  // namespace actuary::engine::executor
