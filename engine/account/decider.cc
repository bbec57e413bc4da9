#include "engine/account/decider.h"

#include <algorithm>
#include <string_view>

#include "engine/decision/reason.h"
#include "engine/directory/directory.h"
#include "journal/base/assert.h"

namespace actuary::engine::account {
namespace {

constexpr std::size_t kNameMin = 3;
constexpr std::size_t kNameMax = 30;

/// A sealed one was checked before it was sealed; 30 letters need about half of this.
constexpr std::size_t kSealedNameMax = 256;

Status check_stored_name(std::string_view name) {
  if (!events::personal_key(name)) return check_username(name);
  if (name.size() <= kSealedNameMax) return {};
  return fail(Code::kInvalidArgument,
              "a sealed user name has at most " + std::to_string(kSealedNameMax) + " bytes");
}

struct Evolver {
  const State& state;

  State operator()(const events::UserCreated& e) const {
    Open next{e.user_id, e.username, {}, {}, {}, {}};
    events::add_personal_keys(next.personal_keys, {e.username});
    return next;
  }
  State operator()(const events::TokenCreated& e) const {
    Open next = std::get<Open>(state);
    next.tokens.insert(e.token_id);
    events::add_personal_keys(next.personal_keys, {e.name});
    return next;
  }
  State operator()(const events::TokenRevoked& e) const {
    Open next = std::get<Open>(state);
    next.tokens.erase(e.token_id);
    return next;
  }
  State operator()(const events::PersonalDataErased&) const {
    Open next = std::get<Open>(state);
    next.personal_keys.clear();
    return next;
  }
  State operator()(const events::AccountLimitsSet& e) const {
    Open next = std::get<Open>(state);
    next.memory_mbytes_max = e.memory_mbytes;
    next.runs_max = e.runs;
    return next;
  }
  State operator()(const events::CommandNoted&) const { return state; }

  template <class Foreign>
  State operator()(const Foreign&) const {
    ACTUARY_ASSERT(!"an event of another aggregate in an account's stream");
    return state;
  }
};

}  // namespace

Status check_username(std::string_view name) {
  const bool letters = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
  });
  if (name.size() < kNameMin || name.size() > kNameMax || !letters) {
    return fail(
        Code::kInvalidArgument,
        "a user name has 3 to 30 characters of a-z 0-9 _ . -, not \"" + std::string(name) + "\"");
  }
  return {};
}

Decision decide(const Absent&, const CreateUser& command, const Context& context) {
  TRY_VOID(check_stored_name(command.username));
  if (context.directory.find_user(command.username)) {
    return fail(Code::kNotUnique, "There is a user named \"" + command.username + "\" already");
  }
  return Events{
      {stream_of(command.user_id), events::UserCreated{command.user_id, command.username}}};
}

Decision decide(const Open& s, const CreateToken& command, const Context&) {
  if (s.tokens.size() >= kTokensPerUserMax)
    return fail(Code::kLimitExceeded, "too many tokens; revoke some first");
  return Events{
      {stream_of(s.user_id), events::TokenCreated{command.token_id, command.name, command.hash}}};
}

Decision decide(const Open& s, const RevokeToken& command, const Context&) {
  if (!s.tokens.contains(command.token_id)) return fail(Code::kNotFound, "Token was not found");
  return Events{{stream_of(s.user_id), events::TokenRevoked{command.token_id}}};
}

Decision decide(const Open& s, const ErasePersonal& command, const Context&) {
  TRY_VOID(decision::check_reason(command.reason));
  const StreamId stream = stream_of(s.user_id);
  if (s.personal_keys.empty()) return Events{{stream, events::CommandNoted{"ErasePersonal"}}};
  return Events{{stream, events::PersonalDataErased{command.reason, s.personal_keys}}};
}

/// What runs goes on; a limit that it exceeds keeps what waits waiting.
Decision decide(const Open& s, const SetLimits& command, const Context&) {
  TRY_VOID(decision::check_reason(command.reason));
  const StreamId stream = stream_of(s.user_id);
  if (command.memory_mbytes == s.memory_mbytes_max && command.runs == s.runs_max)
    return Events{{stream, events::CommandNoted{"SetLimits"}}};
  return Events{
      {stream, events::AccountLimitsSet{command.memory_mbytes, command.runs, command.reason}}};
}

/// The fallback: a pair without an overload of its own.
template <class S, class C>
Decision decide(const S&, const C&, const Context&) {
  return fail(Code::kNotFound, "User was not found");
}
template <>
Decision decide(const Open&, const CreateUser&, const Context&) {
  return fail(Code::kNotUnique, "A user with this id exists already");
}

Decision decide(const State& state, const Command& command, const Context& context) {
  return std::visit([&](const auto& s, const auto& c) -> Decision { return decide(s, c, context); },
                    state, command);
}

State evolve(const State& state, const Recorded<events::Event>& recorded) {
  return std::visit(Evolver{state}, recorded.event);
}

}  // namespace actuary::engine::account
