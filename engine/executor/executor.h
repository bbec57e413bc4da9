#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/decision/decision.h"
#include "engine/executor/archive.h"
#include "engine/executor/deadlines.h"
#include "engine/executor/folded.h"
#include "engine/executor/inbox.h"
#include "engine/executor/parking.h"
#include "engine/ports/loop.h"
#include "engine/ports/room.h"
#include "journal/journal.h"

namespace actuary::engine::executor {

/// The one sequencer: takes commands, lets the aggregates decide, gives positions, appends in
/// groups, and lets nothing out before it is durable. All of it runs on the loop's thread; only
/// `submit` may be called from others.
///
///     submit -> inbox -> tick: decide, evolve -> append (one in flight) -> durable: effects,
///     views, replies
class Executor {
 public:
  /// The outside world of the executor.
  struct Outside {
    journal::Journal& journal;
    ports::Loop& loop;
    Clock& clock;
    IdSource& ids;
    /// Wants `effect` done; `cause` is the event's position. Only called for durable events.
    std::function<void(const decision::Effect& effect, Position cause)> perform;
    /// A batch is durable; afterwards its replies are released. An error means that nobody can be
    /// shown what happened: the executor stops as for a failed journal.
    std::function<Status(std::span<const Record>)> on_durable;
    /// The journal failed: nothing is acknowledged from here on.
    std::function<void(const Error&)> on_fatal;
    /// Where streams are read that have left memory. Null: at once, from the journal.
    Archive* archive = nullptr;
  };
  struct Claim {
    std::uint64_t nonce = 0;
    std::uint32_t pid = 0;
    std::string program;
  };

  Executor(Outside outside, decision::Settings settings, Residency residency = {});
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;
  ~Executor();

  /// Folds the journal, from `image` on if there is one, and claims the next term; once that is
  /// durable, `ready` runs and everything that may be missing outside is performed again. Commands
  /// are taken from then on. An image is trusted: whoever loads it checks that it is of this
  /// journal.
  ///
  /// errors: kCorrupt, kNewerVersion: from the journal, naming the position
  [[nodiscard]] Status start(const Claim& claim, std::function<void()> ready,
                             std::optional<Folded::Image> image = std::nullopt);

  /// Folds the journal and takes no term: nothing is decided or appended, ever, and `why` answers
  /// every command. Instead of `start`, over a journal that is only looked at.
  ///
  /// errors: as `start`
  [[nodiscard]] Status start_reading(Error why);

  /// Any thread. The reply comes on the loop's thread. A command that repeats one which was
  /// accepted under the same key (see directory/command_keys.h) changes nothing, and is answered
  /// with the position of the first.
  ///
  /// errors (to the reply): what the aggregate answers; kUnavailable: the inbox or the disk is
  /// full; kStorageFailed: perhaps done
  void submit(Submission submission);

  /// Decides what waits and what is due, and appends. Called by the loop; a simulated world calls
  /// it too.
  void tick();

  /// Runs `task` once everything that has been decided by now is durable; never after a failure.
  void after_durable(std::function<void()> task);

  /// Asked before anything that people want is decided; nothing new is admitted without. Before the
  /// first command; a tick when there is room again lets go on what waited.
  void set_room(ports::Room room) { room_ = std::move(room); }

  /// Runs `task` at the next moment at which all that was decided is durable; no command is decided
  /// until then, so that this moment comes after at most the appends that are under way.
  void when_quiet(std::function<void()> task);
  /// What a snapshot of this moment holds. Only within `when_quiet`, or after `stop`, if nothing
  /// that was decided is on its way then; otherwise none.
  [[nodiscard]] std::optional<Folded::Image> image() const;

  /// No tick after this; replies that wait are dropped, as in a crash.
  void stop() { stopped_ = true; }

  [[nodiscard]] const directory::Directory& directory() const { return folded_.directory(); }
  [[nodiscard]] const Aggregates& aggregates() const { return folded_.aggregates(); }
  [[nodiscard]] const decision::Settings& settings() const { return settings_; }
  [[nodiscard]] std::uint64_t term() const { return term_; }
  /// Everything up to here is durable.
  [[nodiscard]] Position durable() const { return durable_; }

 private:
  struct WaitingReply {
    Position position;
    Reply reply;
    Result<Position> result;
  };
  struct WaitingEffect {
    Position position;
    decision::Effect effect;
  };
  struct Origin {
    const Principal& principal;
    CommandId command_id;
    Position cause;
    std::uint32_t policy_version;
    std::string_view name;
    Bytes command;
  };

  [[nodiscard]] Status fold_from(Position from);
  void claim_term(const Claim& claim);
  void take_commands(const Instant& now);
  void take_deadlines(const Instant& now);
  void admit_waiting(const Instant& now);
  void migrate_drained(const Instant& now);
  void take_parked(const Instant& now);
  /// Decides the command, or parks it until its streams were read.
  void receive(Submission submission, const Instant& now);
  [[nodiscard]] Status read_now(const std::vector<StreamId>& streams);
  void read_missing();
  void on_read(const std::vector<StreamId>& streams, std::vector<Result<Slot>> slots);
  void refuse(Submission submission, const Error& error);
  void handle(Submission submission, const Instant& now, std::uint32_t policy_version = 0);
  [[nodiscard]] Status has_room(ports::Need need) const;
  [[nodiscard]] bool repeats(Submission& submission);
  void handle_own(Command command, const Instant& now, std::uint32_t policy_version = 0);
  void record(Events events, Origin origin, const Instant& now);
  [[nodiscard]] std::vector<Record> take_batch();
  void flush();
  void on_appended(Result<Position> result);
  void release(Position durable);
  void stop_for(const Error& error);
  void fail_all(const Error& error);
  void arm(const Instant& now);
  void wake();

  Outside outside_;
  decision::Settings settings_;
  Folded folded_;
  Deadlines deadlines_;
  Inbox inbox_;
  Parking parking_;
  bool reading_ = false;  ///< the archive has not answered yet
  bool arrived_ = false;  ///< it has, and what waited was not decided yet
  std::vector<std::function<void()>> quiet_;
  std::uint64_t term_ = 0;
  Position last_ = 0;     ///< given out
  Position durable_ = 0;  ///< confirmed
  std::vector<Record> pending_;
  std::shared_ptr<const std::vector<Record>> in_flight_;
  std::deque<WaitingReply> replies_;
  std::deque<WaitingEffect> effects_;
  std::function<void()> ready_;
  std::optional<Error> failed_;
  bool open_ = false;  ///< our term is durable
  bool stopped_ = false;
  std::shared_ptr<Executor*> self_;  ///< empties when this dies, so that a late append finds nobody
  ports::Room room_;                 ///< empty: there is always room
};

/// A tick stops taking commands when this many records wait; what is more than one append takes is
/// split between commands.
inline constexpr std::size_t kBatchSoftMax = journal::kBatchRecordsMax / 2;

/// Of one command from outside, with all its events; a record of the journal holds several times
/// that.
inline constexpr std::size_t kCommandBytesMax = std::size_t{4} << 20U;
/// A batch is cut between two commands when it has more.
inline constexpr std::size_t kBatchBytesSoftMax = std::size_t{16} << 20U;

}  // namespace actuary::engine::executor
