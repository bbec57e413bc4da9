#include "engine/actor/decider.h"

#include <algorithm>
#include <string_view>

#include "engine/directory/directory.h"
#include "engine/policy/options.h"
#include "journal/base/assert.h"
#include "journal/base/size_of.h"

namespace actuary::engine::actor {
namespace {

constexpr std::size_t kNameMin = 3;
constexpr std::size_t kNameMax = 63;

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

Status check_name(std::string_view name) {
  const bool letters =
      std::all_of(name.begin(), name.end(), [](char c) { return is_alphanumeric(c) || c == '-'; });
  if (name.size() < kNameMin || name.size() > kNameMax || !letters || name.front() == '-' ||
      name.back() == '-') {
    return fail(Code::kInvalidArgument,
                "name must have 3 to 63 letters, digits and inner dashes, not \"" +
                    std::string(name) + "\"");
  }
  return {};
}

/// `0` to `99`, without a leading zero.
bool is_version_part(std::string_view part) {
  const bool digits =
      std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
  return digits && (part.size() == 1 || (part.size() == 2 && part[0] != '0'));
}

Status check_version(const events::ActorVersion& version) {
  const std::string_view number = version.number;
  const auto dot = number.find('.');
  if (dot == std::string_view::npos || !is_version_part(number.substr(0, dot)) ||
      !is_version_part(number.substr(dot + 1))) {
    return fail(Code::kInvalidArgument,
                "versionNumber must be MAJOR.MINOR with parts from 0 to 99, not \"" +
                    version.number + "\"");
  }
  if (version.env_vars.size() > kEnvVarsMax) {
    return fail(Code::kLimitExceeded,
                "a version has at most " + std::to_string(kEnvVarsMax) + " envVars");
  }
  if (journal::base::size_of(version.env_vars) > kEnvVarsBytesMax) {
    return fail(Code::kTooLarge, "the envVars of a version have at most " +
                                     std::to_string(kEnvVarsBytesMax) + " bytes together");
  }
  for (const events::EnvVar& variable : version.env_vars) {
    if (variable.name.empty() ||
        variable.name.find_first_of(std::string_view("=\0", 2)) != std::string::npos) {
      return fail(Code::kInvalidArgument,
                  "envVars: \"" + variable.name + "\" is not a variable name");
    }
  }
  return {};
}

Status check_profile(const events::ActorProfile& profile) {
  TRY_VOID(check_name(profile.name));
  if (profile.default_options.memory_mbytes != 0) {
    TRY_VOID(policy::check_memory(profile.default_options.memory_mbytes));
  }
  return {};
}

Status check_unique(const UserId& owner, const ActorId& actor, std::string_view name,
                    const Context& context) {
  const auto other = context.directory.find_actor(owner, name);
  if (other && *other != actor) {
    return fail(Code::kNotUnique, "Actor with name \"" + std::string(name) + "\" already exists.");
  }
  return {};
}

struct Evolver {
  const State& state;

  State operator()(const events::ActorCreated& e) const {
    return Present{e.actor_id, e.user_id, e.profile, {}, {}};
  }
  State operator()(const events::ActorProfileChanged& e) const {
    return changed([&](Present& s) { s.profile = e.profile; });
  }
  State operator()(const events::VersionPut& e) const {
    return changed([&](Present& s) { s.versions[e.version.number] = e.version; });
  }
  State operator()(const events::VersionDeleted& e) const {
    return changed([&](Present& s) { s.versions.erase(e.number); });
  }
  State operator()(const events::BuildNumberDrawn&) const { return state; }
  State operator()(const events::TagMoved& e) const {
    return changed([&](Present& s) { s.tags[e.tag] = e.build_id; });
  }
  State operator()(const events::TagRemoved& e) const {
    return changed([&](Present& s) { s.tags.erase(e.tag); });
  }
  State operator()(const events::ActorDeleted&) const { return Deleted{}; }
  State operator()(const events::CommandNoted&) const { return state; }

  template <class Foreign>
  State operator()(const Foreign&) const {
    ACTUARY_ASSERT(!"an event of another aggregate in an Actor's stream");
    return state;
  }

 private:
  template <class Edit>
  State changed(Edit edit) const {
    const auto* present = std::get_if<Present>(&state);
    ACTUARY_ASSERT(present != nullptr);
    Present next = *present;
    edit(next);
    return next;
  }
};

}  // namespace

Decision decide(const Absent&, const Create& command, const Context& context) {
  TRY_VOID(check_profile(command.profile));
  TRY_VOID(check_unique(command.user_id, command.actor_id, command.profile.name, context));
  if (command.versions.size() > kVersionsMax)
    return fail(Code::kLimitExceeded, "an Actor has at most 100 versions");
  const StreamId stream = stream_of(command.actor_id);
  Events result{{stream, events::ActorCreated{command.actor_id, command.user_id, command.profile}}};
  for (const events::ActorVersion& version : command.versions) {
    TRY_VOID(check_version(version));
    result.push_back({stream, events::VersionPut{version}});
  }
  return result;
}

Decision decide(const Present& s, const Change& command, const Context& context) {
  TRY_VOID(check_profile(command.profile));
  TRY_VOID(check_unique(s.user_id, s.actor_id, command.profile.name, context));
  std::size_t versions = s.versions.size();
  for (const events::ActorVersion& version : command.versions) {
    if (!s.versions.contains(version.number)) ++versions;
  }
  if (versions > kVersionsMax || command.versions.size() > kVersionsMax)
    return fail(Code::kLimitExceeded, "an Actor has at most 100 versions");
  const StreamId stream = stream_of(s.actor_id);
  Events result;
  if (command.profile != s.profile)
    result.push_back({stream, events::ActorProfileChanged{command.profile}});
  for (const events::ActorVersion& version : command.versions) {
    TRY_VOID(check_version(version));
    result.push_back({stream, events::VersionPut{version}});
  }
  for (const TagPatch& patch : command.tags) {
    if (patch.build_id.nil()) {
      if (s.tags.contains(patch.tag)) result.push_back({stream, events::TagRemoved{patch.tag}});
      continue;
    }
    const directory::BuildFacts* build = context.directory.find_build(patch.build_id);
    if (build == nullptr || build->actor_id != s.actor_id) {
      return fail(Code::kNotFound, "Build \"" + patch.build_id.str() + "\" was not found");
    }
    if (!build->image)
      return fail(Code::kBuildNotFinished, "Only a successful build can be tagged");
    result.push_back({stream, events::TagMoved{patch.tag, patch.build_id, build->number}});
  }
  if (result.empty()) result.push_back({stream, events::CommandNoted{"Change"}});
  return result;
}

Decision decide(const Present& s, const PutVersion& command, const Context&) {
  TRY_VOID(check_version(command.version));
  const bool exists = s.versions.contains(command.version.number);
  if (exists && command.if_exists == IfExists::kRefuse) {
    return fail(Code::kNotUnique, "Version " + command.version.number + " already exists.");
  }
  if (!exists && s.versions.size() >= kVersionsMax)
    return fail(Code::kLimitExceeded, "an Actor has at most 100 versions");
  return Events{{stream_of(s.actor_id), events::VersionPut{command.version}}};
}

Decision decide(const Present& s, const DeleteVersion& command, const Context&) {
  if (!s.versions.contains(command.number)) return fail(Code::kNotFound, "Version was not found");
  return Events{{stream_of(s.actor_id), events::VersionDeleted{command.number}}};
}

Decision decide(const Present& s, const Delete& command, const Context&) {
  return Events{{stream_of(s.actor_id), events::ActorDeleted{command.reason}}};
}

/// The fallback: a pair without an overload of its own.
template <class S, class C>
Decision decide(const S&, const C&, const Context&) {
  return fail(Code::kNotFound, "Actor was not found");
}
template <>
Decision decide(const Present&, const Create&, const Context&) {
  return fail(Code::kNotUnique, "An Actor with this id exists already");
}

Decision decide(const State& state, const Command& command, const Context& context) {
  return std::visit([&](const auto& s, const auto& c) -> Decision { return decide(s, c, context); },
                    state, command);
}

State evolve(const State& state, const Recorded<events::Event>& recorded) {
  return std::visit(Evolver{state}, recorded.event);
}

}  // namespace actuary::engine::actor
