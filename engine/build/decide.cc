#include <algorithm>
#include <array>
#include <type_traits>

#include "engine/build/decider.h"
#include "engine/decision/reason.h"
#include "engine/directory/directory.h"
#include "engine/policy/account_limits.h"
#include "engine/policy/options.h"

namespace actuary::engine::build {
namespace {

template <class... E>
Events on(const Facts& facts, E... event) {
  const StreamId stream = stream_of(facts.created.build_id);
  return {Proposed{stream, std::move(event)}...};
}

Decision unfinished() {
  return fail(Code::kCannotRemoveRunning,
              "Cannot remove a build that has not finished. Abort it first.");
}

Decision noted(const Facts& facts) { return on(facts, events::CommandNoted{"Abort"}); }

std::vector<std::uint64_t> keys_of(const Facts& facts) {
  std::vector<std::uint64_t> keys;
  const events::Meta& meta = facts.created.meta;
  events::add_personal_keys(keys, {meta.client_ip, meta.user_agent});
  return keys;
}

/// The tag moves in the same append as the success: nobody can see one without the other.
Events succeed(const Facts& facts, const ReportBuilt& report, const Context& context) {
  Events result = on(facts, events::BuildSucceeded{report.image, report.actor_definition,
                                                   report.input_schema, report.readme});
  const events::BuildCreated& build = facts.created;
  if (!build.tag.empty() && context.directory.find_actor(build.actor_id) != nullptr) {
    result.push_back({stream_of(build.actor_id),
                      events::TagMoved{build.tag, build.build_id, build.build_number}});
  }
  return result;
}

bool is_tagged(const events::BuildCreated& build, const Context& context) {
  const directory::ActorFacts* actor = context.directory.find_actor(build.actor_id);
  return actor != nullptr &&
         std::any_of(actor->tags.begin(), actor->tags.end(),
                     [&](const auto& tag) { return tag.second == build.build_id; });
}

Decision abort_now(const Facts& facts, const Context& context) {
  return on(facts, events::BuildAbortRequested{context.now + kDeclareAfter});
}

bool is_stale(const State& state, const Command& command, const Context& context) {
  const bool report =
      std::holds_alternative<ReportBuilt>(command) || std::holds_alternative<ReportFailed>(command);
  if (report)
    return std::holds_alternative<Finished>(state) || std::holds_alternative<Expired>(state);
  if (std::holds_alternative<Admit>(command)) return !std::holds_alternative<Ready>(state);
  if (std::holds_alternative<DeadlineReached>(command)) {
    const auto due = deadline(state);
    return !due || !reached(context.now, *due);
  }
  return false;
}

std::string_view command_name(const Command& command) {
  static constexpr std::array<std::string_view, std::variant_size_v<Command>> kNames = {
      "Create",      "Admit",        "Abort",           "Delete",
      "ReportBuilt", "ReportFailed", "DeadlineReached", "ErasePersonal"};
  return kNames[command.index()];
}

constexpr std::uint32_t kBuildsPerVersionMax = 99999;

}  // namespace

Decision decide(const Absent&, const Create& command, const Context& context) {
  const directory::ActorFacts* actor = context.directory.find_actor(command.actor_id);
  if (actor == nullptr) return fail(Code::kNotFound, "Actor was not found");
  const auto version = actor->versions.find(command.version_number);
  if (version == actor->versions.end()) {
    return fail(Code::kInvalidArgument, "Actor has no version \"" + command.version_number + "\"");
  }
  const auto last = actor->last_build.find(command.version_number);
  const std::uint32_t number = last == actor->last_build.end() ? 1 : last->second + 1;
  if (number > kBuildsPerVersionMax) {
    return fail(Code::kInvalidArgument, "version " + command.version_number +
                                            " has used up its build numbers. Make another one.");
  }
  const auto memory = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(policy::kBuildMemoryMbytes, context.settings.capacity.memory_mbytes));
  TRY_VOID(policy::may_launch_build(context, command.user_id, memory));
  return Events{
      {stream_of(command.actor_id), events::BuildNumberDrawn{command.version_number, number}},
      {stream_of(command.build_id),
       events::BuildCreated{command.build_id, command.actor_id, command.user_id,
                            command.version_number + "." + std::to_string(number), version->second,
                            command.tag.value_or(version->second.build_tag), command.use_cache,
                            memory, policy::kBuildTimeoutSecs, command.meta}}};
}

Decision decide(const Ready& s, const Admit&, const Context& context) {
  return on(s.facts, events::BuildStarted{context.now + Seconds{s.facts.created.timeout_secs}});
}
Decision decide(const Ready& s, const Abort&, const Context&) {
  return on(s.facts, events::BuildAborted{"aborted before it began"});
}
Decision decide(const Ready&, const Delete&, const Context&) { return unfinished(); }

Decision decide(const Running& s, const ReportBuilt& report, const Context& context) {
  return succeed(s.facts, report, context);
}
Decision decide(const Running& s, const ReportFailed& report, const Context&) {
  return on(s.facts, events::BuildFailed{report.reason});
}
Decision decide(const Running& s, const Abort&, const Context& context) {
  return abort_now(s.facts, context);
}
Decision decide(const Running& s, const DeadlineReached&, const Context& context) {
  return on(s.facts, events::BuildTimeoutReached{context.now + kDeclareAfter});
}
Decision decide(const Running&, const Delete&, const Context&) { return unfinished(); }

/// Built after the deadline: the timeout was there first.
Decision decide(const TimingOut& s, const ReportBuilt&, const Context&) {
  return on(s.facts, events::BuildTimedOut{"finished only after its timeout"});
}
Decision decide(const TimingOut& s, const ReportFailed&, const Context&) {
  return on(s.facts,
            events::BuildTimedOut{"timed out after " +
                                  std::to_string(s.facts.created.timeout_secs) + " seconds"});
}
Decision decide(const TimingOut& s, const Abort&, const Context& context) {
  return abort_now(s.facts, context);
}
Decision decide(const TimingOut& s, const DeadlineReached&, const Context&) {
  return on(s.facts, events::BuildTimedOut{"the builder did not answer when it was told to stop"});
}
Decision decide(const TimingOut&, const Delete&, const Context&) { return unfinished(); }

Decision decide(const Aborting& s, const ReportBuilt&, const Context&) {
  return on(s.facts, events::BuildAborted{"aborted while it finished"});
}
Decision decide(const Aborting& s, const ReportFailed&, const Context&) {
  return on(s.facts, events::BuildAborted{"aborted"});
}
Decision decide(const Aborting& s, const Abort&, const Context&) { return noted(s.facts); }
Decision decide(const Aborting& s, const DeadlineReached&, const Context&) {
  return on(s.facts, events::BuildAborted{"the builder did not answer when it was told to stop"});
}
Decision decide(const Aborting&, const Delete&, const Context&) { return unfinished(); }

Decision decide(const Finished& s, const Abort&, const Context&) { return noted(s.facts); }

/// The default build is the one that a run without a wish would get: it stays. So does one whose
/// image a run needs now; and what the system deletes because it is old was chosen a while ago.
Decision decide(const Finished& s, const Delete& command, const Context& context) {
  const events::BuildCreated& build = s.facts.created;
  if (const directory::ActorFacts* actor = context.directory.find_actor(build.actor_id)) {
    const std::string& wish = actor->default_options.build;
    const auto id = context.directory.resolve_build(build.actor_id, wish.empty() ? "latest" : wish);
    if (id && *id == build.build_id) {
      return fail(Code::kDefaultBuild, "Cannot remove the default build of the Actor.");
    }
  }
  if (context.directory.is_in_use(build.build_id)) {
    return fail(Code::kCannotRemoveRunning,
                "Cannot remove a build that a run is using. Abort the run first.");
  }
  const bool by_retention = context.principal.kind == PrincipalKind::kSystem;
  if (by_retention && is_tagged(build, context)) {
    return fail(Code::kVersionConflict, "The build has got a tag meanwhile.");
  }
  Events result = on(s.facts, events::BuildDeleted{command.reason, keys_of(s.facts)});
  if (const directory::ActorFacts* actor = context.directory.find_actor(build.actor_id)) {
    for (const auto& [tag, id] : actor->tags) {
      if (id == build.build_id)
        result.push_back({stream_of(build.actor_id), events::TagRemoved{tag}});
    }
  }
  return result;
}

/// In every status, and after the end too: a person's wish does not wait for a builder.
template <class S>
Decision erase(const S& s, const ErasePersonal& command) {
  TRY_VOID(decision::check_reason(command.reason));
  const events::Meta& meta = s.facts.created.meta;
  if (meta.client_ip.empty() && meta.user_agent.empty()) {
    return on(s.facts, events::CommandNoted{"ErasePersonal"});
  }
  return on(s.facts, events::PersonalDataErased{command.reason, keys_of(s.facts)});
}

Decision decide(const Ready& s, const ErasePersonal& c, const Context&) { return erase(s, c); }
Decision decide(const Running& s, const ErasePersonal& c, const Context&) { return erase(s, c); }
Decision decide(const TimingOut& s, const ErasePersonal& c, const Context&) { return erase(s, c); }
Decision decide(const Aborting& s, const ErasePersonal& c, const Context&) { return erase(s, c); }
Decision decide(const Finished& s, const ErasePersonal& c, const Context&) { return erase(s, c); }
/// Its keys went with it.
Decision decide(const Expired& s, const ErasePersonal& c, const Context&) { return erase(s, c); }

/// The fallback: a pair without an overload of its own.
template <class S, class C>
Decision decide(const S&, const C&, const Context&) {
  if constexpr (std::is_same_v<S, Absent> || std::is_same_v<S, Expired>) {
    return fail(Code::kNotFound, "Actor build was not found");
  } else if constexpr (std::is_same_v<C, Create>) {
    return fail(Code::kNotUnique, "A build with this id exists already");
  } else {
    return fail(Code::kInvalidTransition, "not possible in this status");
  }
}

Decision decide(const State& state, const Command& command, const Context& context) {
  if (is_stale(state, command, context)) return Events{};
  Decision decision =
      std::visit([&](const auto& s, const auto& c) -> Decision { return decide(s, c, context); },
                 state, command);
  if (!decision && decision.error().code == Code::kInvalidTransition) {
    return fail(Code::kInvalidTransition, std::string(command_name(command)) +
                                              " is not possible while the build is " +
                                              std::string(status_of(state)));
  }
  return decision;
}

}  // namespace actuary::engine::build
