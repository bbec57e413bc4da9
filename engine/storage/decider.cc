#include "engine/storage/decider.h"

#include <algorithm>
#include <string_view>

#include "engine/directory/directory.h"
#include "engine/policy/retention.h"
#include "journal/base/assert.h"

namespace actuary::engine::storage {
namespace {

constexpr std::size_t kNameMax = 63;

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

Status check_name(std::string_view name) {
  if (name.empty()) return {};
  const bool letters =
      std::all_of(name.begin(), name.end(), [](char c) { return is_alphanumeric(c) || c == '-'; });
  if (name.size() > kNameMax || !letters || name.front() == '-' || name.back() == '-') {
    return fail(Code::kInvalidArgument,
                "name must have at most 63 letters, digits and inner dashes, not \"" +
                    std::string(name) + "\"");
  }
  return {};
}

Status check_unique(const UserId& owner, events::StorageKind kind, std::string_view name,
                    const StorageId& self, const Context& context) {
  if (name.empty()) return {};
  const auto other = context.directory.find_storage(owner, kind, name);
  if (other && *other != self) {
    return fail(Code::kNotUnique, "There is a storage named \"" + std::string(name) + "\" already");
  }
  return {};
}

struct Evolver {
  const State& state;
  Timestamp now;

  State operator()(const events::StorageCreated& e) const {
    return Present{e, e.name, e.title, {}, now};
  }
  State operator()(const events::StorageChanged& e) const {
    const auto* present = std::get_if<Present>(&state);
    ACTUARY_ASSERT(present != nullptr);
    return Present{present->created, e.name, e.title, e.general_access, now};
  }
  State operator()(const events::StorageUsed&) const {
    const auto* present = std::get_if<Present>(&state);
    ACTUARY_ASSERT(present != nullptr);
    Present next = *present;
    next.used_at = now;
    return next;
  }
  State operator()(const events::StorageDeleted&) const {
    const auto* present = std::get_if<Present>(&state);
    ACTUARY_ASSERT(present != nullptr);
    return Deleted{present->created.storage_id};
  }
  State operator()(const events::CommandNoted&) const { return state; }

  template <class Foreign>
  State operator()(const Foreign&) const {
    ACTUARY_ASSERT(!"an event of another aggregate in a storage's stream");
    return state;
  }
};

}  // namespace

Decision decide(const Absent&, const Create& command, const Context& context) {
  TRY_VOID(check_name(command.name));
  TRY_VOID(check_unique(command.user_id, command.kind, command.name, command.storage_id, context));
  return Events{{stream_of(command.storage_id),
                 events::StorageCreated{command.storage_id, command.kind, command.user_id,
                                        command.name, command.title, RunId{}, ActorId{}}}};
}

Decision decide(const Present& s, const Change& command, const Context& context) {
  const std::string name = command.name.value_or(s.name);
  TRY_VOID(check_name(name));
  TRY_VOID(check_unique(s.created.user_id, s.created.kind, name, s.created.storage_id, context));
  return Events{{stream_of(s.created.storage_id),
                 events::StorageChanged{name, command.title.value_or(s.title),
                                        command.general_access.value_or(s.general_access)}}};
}

/// Retention never takes what got a name or was used meanwhile.
Decision decide(const Present& s, const Delete& command, const Context&) {
  if (command.unused_since && !s.name.empty())
    return fail(Code::kForbidden, "A named storage is kept whatever its age.");
  if (command.unused_since && s.used_at > *command.unused_since)
    return fail(Code::kVersionConflict, "The storage was used meanwhile.");
  return Events{{stream_of(s.created.storage_id), events::StorageDeleted{command.reason}}};
}

/// Named storages are kept anyhow, and a run's are kept with it.
Decision decide(const Present& s, const Use&, const Context& context) {
  const bool of_interest = s.name.empty() && s.created.run_id.nil();
  const Microseconds every = policy::use_recorded_every(context.settings.retention);
  if (!of_interest || context.now.utc - s.used_at < every) return Events{};
  return Events{{stream_of(s.created.storage_id), events::StorageUsed{}}};
}

/// The fallback: a pair without an overload of its own.
template <class S, class C>
Decision decide(const S&, const C&, const Context&) {
  return fail(Code::kNotFound, "Storage was not found");
}
template <>
Decision decide(const Present&, const Create&, const Context&) {
  return fail(Code::kNotUnique, "A storage with this id exists already");
}

Decision decide(const State& state, const Command& command, const Context& context) {
  return std::visit([&](const auto& s, const auto& c) -> Decision { return decide(s, c, context); },
                    state, command);
}

State evolve(const State& state, const Recorded<events::Event>& recorded) {
  return std::visit(Evolver{state, recorded.at.utc}, recorded.event);
}

Effects react(const State& after, const Recorded<events::Event>& recorded) {
  const auto* deleted = std::get_if<Deleted>(&after);
  if (deleted == nullptr || !std::holds_alternative<events::StorageDeleted>(recorded.event))
    return {};
  return {decision::DropStorage{deleted->storage_id}};
}

}  // namespace actuary::engine::storage
