#pragma once

#include <cstdint>
#include <string>

#include "journal/base/bytes.h"
#include "journal/base/id.h"
#include "journal/base/time.h"
#include "journal/events/event.h"

namespace actuary::journal::record {

enum class StreamKind : std::uint8_t { kSystem, kAccount, kActor, kBuild, kRun, kStorage };
[[nodiscard]] std::string_view to_string(StreamKind kind);

using AnyId = Id<struct StreamTag>;

/// One aggregate's events. The system stream has a nil id.
struct StreamId {
  StreamKind kind = StreamKind::kSystem;
  AnyId id;

  friend auto operator<=>(const StreamId&, const StreamId&) = default;
  ACTUARY_FIELDS(StreamId, kind, id);
};
/// `run/2lYQ…`, `system`: for people.
[[nodiscard]] std::string describe(const StreamId& stream);

[[nodiscard]] inline StreamId system_stream() { return {}; }
template <class Tag>
[[nodiscard]] StreamId stream_of(StreamKind kind, const Id<Tag>& id) {
  return {kind, AnyId::parse(id.view()).value()};
}
[[nodiscard]] inline StreamId stream_of(const UserId& id) {
  return stream_of(StreamKind::kAccount, id);
}
[[nodiscard]] inline StreamId stream_of(const ActorId& id) {
  return stream_of(StreamKind::kActor, id);
}
[[nodiscard]] inline StreamId stream_of(const BuildId& id) {
  return stream_of(StreamKind::kBuild, id);
}
[[nodiscard]] inline StreamId stream_of(const RunId& id) { return stream_of(StreamKind::kRun, id); }
[[nodiscard]] inline StreamId stream_of(const StorageId& id) {
  return stream_of(StreamKind::kStorage, id);
}

enum class PrincipalKind : std::uint8_t { kSystem, kUser, kRun };
[[nodiscard]] std::string_view to_string(PrincipalKind kind);

/// Who gave a command.
struct Principal {
  PrincipalKind kind = PrincipalKind::kSystem;
  UserId user_id;
  TokenId token_id;    ///< nil for the local administrator and for runs
  RunId run_id;        ///< the run whose token was used
  Position epoch = 0;  ///< that run's attempt
  ACTUARY_FIELDS(Principal, kind, user_id, token_id, run_id, epoch);
};

/// One line of the journal: what happened, when, to which stream, because of what, and by whom.
struct Record {
  Position position = 0;
  Instant recorded_at;
  StreamId stream;
  Version version = 0;
  std::uint64_t term = 0;
  Position cause = 0;    ///< the record whose effect led to this one, 0: a command from outside
  CommandId command_id;  ///< the same in all records of one command
  Principal principal;
  std::uint32_t policy_version = 0;  ///< of the policy that decided, 0: none did
  Bytes command;  ///< only in a command's first record: the command itself, engine/…/commands.h
  std::string command_name;
  events::Event event;
  ACTUARY_FIELDS(Record, position, recorded_at, stream, version, term, cause, command_id, principal,
                 policy_version, command, command_name, event);
};

/// What folds see: an event, where it stands, and when it was recorded.
template <class E>
struct Recorded {
  const E& event;
  Position position = 0;
  Instant at;
};

}  // namespace actuary::journal::record

namespace actuary {
using journal::record::Principal;
using journal::record::PrincipalKind;
using journal::record::Record;
using journal::record::Recorded;
using journal::record::stream_of;
using journal::record::StreamId;
using journal::record::StreamKind;
}  // namespace actuary
