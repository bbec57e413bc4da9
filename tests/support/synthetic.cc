#include "tests/support/synthetic.h"

#include <array>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>

#include "engine/directory/command_keys.h"

namespace actuary::tests::support {
namespace {

constexpr std::string_view kBase62 =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::size_t kAppendsInFlight = 4;

std::uint64_t mixed(std::uint64_t seed, char kind, std::uint64_t index) {
  return SimRandom(seed * 1'000'003 + index * 131 + static_cast<unsigned char>(kind)).next_number();
}

}  // namespace

/// Scattered over the key space as drawn ids are; the index at the end keeps them apart.
template <class AnyIdType>
AnyIdType Synthetic::id_of(char kind, std::uint64_t index) const {
  std::string text;
  std::uint64_t scatter = mixed(options_.seed, kind, index);
  for (int i = 0; i < 9; ++i, scatter /= kBase62.size()) text += kBase62[scatter % kBase62.size()];
  text += kind;
  for (int i = 0; i < 7; ++i, index /= kBase62.size()) text += kBase62[index % kBase62.size()];
  return AnyIdType::parse(text).value();
}

Synthetic::Synthetic(SyntheticOptions options)
    : options_(options),
      user_id_(id_of<UserId>('u', 0)),
      actor_id_(id_of<ActorId>('a', 0)),
      build_id_(id_of<BuildId>('b', 0)) {
  found();
}

RunId Synthetic::archived_run(std::uint64_t index) const { return id_of<RunId>('r', index); }
RunId Synthetic::active_run(std::uint64_t index) const { return id_of<RunId>('l', index); }

std::vector<Record> Synthetic::next(std::size_t count) {
  while (records_.size() < count) {
    const std::uint64_t due = options_.archived == 0
                                  ? options_.active
                                  : options_.active * next_archived_ / options_.archived;
    if (next_active_ < options_.active && next_active_ <= due) {
      active(next_active_++);
    } else if (next_archived_ < options_.archived) {
      archived(next_archived_++);
    } else {
      break;
    }
  }
  return std::exchange(records_, {});
}

Position Synthetic::add(const StreamId& stream, events::Event event) {
  now_ = now_ + Microseconds{1000};
  Record record;
  record.position = ++position_;
  record.recorded_at = now_;
  record.stream = stream;
  switch (stream.kind) {
    case StreamKind::kRun:
      record.version = ++run_version_;
      break;
    case StreamKind::kActor:
      record.version = ++actor_version_;
      break;
    case StreamKind::kBuild:
      record.version = ++build_version_;
      break;
    case StreamKind::kSystem:
    case StreamKind::kAccount:
    case StreamKind::kStorage:
      record.version = 1;  // the term, the user and every storage have one event
  }
  record.term = 1;
  record.command_id = id_of<CommandId>('c', command_);
  while (record.command_id.view().starts_with(engine::directory::kKeyedPrefix)) {
    record.command_id = id_of<CommandId>('c', ++command_);  // as the engine draws its own
  }
  record.event = std::move(event);
  records_.push_back(std::move(record));
  return position_;
}

void Synthetic::found() {
  ++command_;
  add(journal::record::system_stream(), events::TermClaimed{1, 1, 1, "synthetic"});
  add(stream_of(user_id_), events::UserCreated{user_id_, "admin"});
  events::ActorProfile profile;
  profile.name = "ledger";
  events::ActorVersion version;
  version.number = "0.1";
  version.build_tag = "latest";
  add(stream_of(actor_id_), events::ActorCreated{actor_id_, user_id_, profile});
  add(stream_of(actor_id_), events::VersionPut{version});
  add(stream_of(actor_id_), events::BuildNumberDrawn{"0.1", 1});
  add(stream_of(build_id_),
      events::BuildCreated{
          build_id_, actor_id_, user_id_, "0.1.1", version, "latest", false, 4096, 1800, {}});
  add(stream_of(build_id_), events::BuildStarted{now_ + Seconds{1800}});
  const events::Image image{std::string(64, 'a'), std::string(options_.image_config_bytes, 'c'), 1};
  add(stream_of(build_id_), events::BuildSucceeded{image, "{}", "", ""});
  add(stream_of(actor_id_), events::TagMoved{"latest", build_id_, "0.1.1"});
}

Position Synthetic::begin_run(const RunId& id, std::uint64_t number) {
  ++command_;
  run_version_ = 0;
  const StreamId stream = stream_of(id);
  const char kind = stream.id.view()[9];  // archived and live runs have storages of their own
  const auto storage = [&](std::uint64_t which) {
    return id_of<StorageId>(kind == 'l' ? 't' : 's', number * 3 + which);
  };
  const events::RunOptions options{
      .build = "latest", .timeout_secs = 0, .memory_mbytes = 128, .disk_mbytes = 256};
  const events::Image image{std::string(64, 'a'), std::string(options_.image_config_bytes, 'c'), 1};
  add(stream, events::RunCreated{id,
                                 actor_id_,
                                 user_id_,
                                 build_id_,
                                 "0.1.1",
                                 image,
                                 options,
                                 {},
                                 storage(0),
                                 storage(1),
                                 storage(2),
                                 "INPUT",
                                 2,
                                 {}});
  constexpr std::array kKinds = {events::StorageKind::kKeyValueStore, events::StorageKind::kDataset,
                                 events::StorageKind::kRequestQueue};
  for (std::uint64_t i = 0; i < kKinds.size(); ++i) {
    add(stream_of(storage(i)),
        events::StorageCreated{storage(i), kKinds[i], user_id_, "", "", id, actor_id_});
  }
  ++command_;
  const Position epoch =
      add(stream, events::AttemptBegan{events::AttemptCause::kFirstStart, 1, now_ + Seconds{120}});
  add(stream, events::AttemptFenced{epoch, number});
  add(stream, events::AttemptStarted{epoch, now_, std::nullopt});
  return epoch;
}

void Synthetic::active(std::uint64_t index) { begin_run(active_run(index), index); }

void Synthetic::archived(std::uint64_t index) {
  const RunId id = archived_run(index);
  const Position epoch = begin_run(id, index);
  ++command_;
  events::AttemptEnded ended;
  ended.epoch = epoch;
  ended.exit_code = 0;
  ended.ended_at = now_;
  ended.active_micros = 2000;
  ended.memory_mbytes = 128;
  add(stream_of(id), ended);
  add(stream_of(id),
      events::RunFinished{events::Outcome::kSucceeded, 0, "Actor finished with exit code 0"});
}

Status write_synthetic(journal::Journal& journal, const SyntheticOptions& options,
                       const std::function<void(Position)>& progress) {
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t in_flight = 0;
  std::optional<Error> problem;
  Synthetic history(options);
  const auto wait_until_below = [&](std::size_t count) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return in_flight < count; });
    return !problem;
  };
  for (;;) {
    // Below the most that an append takes, with room for the run that ends it.
    std::vector<Record> batch = history.next(journal::kBatchRecordsMax - 16);
    if (batch.empty() || !wait_until_below(kAppendsInFlight)) break;
    {
      const std::lock_guard lock(mutex);
      ++in_flight;
    }
    journal.append(std::move(batch), [&](const Result<Position>& done) {
      const std::lock_guard lock(mutex);
      --in_flight;
      if (!done && !problem) problem = done.error();
      if (done && progress) progress(*done);
      changed.notify_all();
    });
  }
  wait_until_below(1);
  if (problem) return tl::make_unexpected(*problem);
  return {};
}

}  // namespace actuary::tests::support
