#include "engine/directory/directory.h"
#include "engine/policy/charging.h"
#include "engine/policy/options.h"
#include "engine/run/decider.h"
#include "engine/run/on_stream.h"

/// One container for another within a run: reboot, metamorph and migration.
namespace actuary::engine::run {
namespace {

events::ReplacementRequested replacement(events::AttemptCause cause, const Instant& now) {
  return {cause, now + kEscalateAfter};
}

Status may_metamorph(const Running& s, const Metamorph& command, const directory::ActorFacts* actor,
                     const Instant& now) {
  if (s.phase != Phase::kLive) {
    return fail(Code::kUnavailable,
                "The Actor run has no container of its own just now. Try again in a moment.");
  }
  if (s.facts.metamorphs >= kMetamorphsMax) {
    return fail(Code::kLimitExceeded,
                "A run can metamorph at most " + std::to_string(kMetamorphsMax) + " times.");
  }
  if (actor == nullptr || actor->user_id != s.facts.user_id)
    return fail(Code::kNotFound, "Actor was not found");
  const auto* pricing = policy::pricing_at(actor->pricings, now);
  if (pricing != nullptr && pricing->model == events::PricingModel::kPricePerDatasetItem) {
    return fail(Code::kInvalidArgument,
                "A run cannot metamorph into an Actor that is paid per result.");
  }
  if (command.input_key == metamorph_input_key(s.facts)) return {};
  return fail(Code::kVersionConflict, "The run has metamorphed meanwhile.");
}

}  // namespace

/// A container that is only coming is new enough, and a reboot under way is the one asked for.
Decision decide(const Running& s, const Reboot&, const Context& context) {
  if (s.phase != Phase::kLive) return noted(s.facts, "Reboot");
  return on(s.facts, replacement(events::AttemptCause::kReboot, context.now));
}

Decision decide(const Running& s, const Metamorph& command, const Context& context) {
  const directory::ActorFacts* actor = context.directory.find_actor(command.actor_id);
  TRY_VOID(may_metamorph(s, command, actor, context.now));
  RequestedOptions wish;
  if (!command.build.empty()) wish.build = command.build;
  TRY(options, policy::resolve(wish, actor->default_options));
  TRY(build_id, context.directory.resolve_build(command.actor_id, options.build));
  const directory::BuildFacts& build = *context.directory.find_build(build_id);
  return on(s.facts,
            events::RunMetamorphed{command.actor_id, build_id, build.number, *build.image,
                                   build.env_vars, command.input_key},
            replacement(events::AttemptCause::kMetamorph, context.now));
}

/// It is told, and goes on until it is stopped. A container that is only coming is new enough, and
/// a migration under way is the one asked for.
Decision decide(const Running& s, const Migrate& command, const Context& context) {
  TRY_VOID(check_migration_window(command.window_secs));
  if (s.phase != Phase::kLive || s.attempt->migration) return noted(s.facts, "Migrate");
  return on(s.facts, events::MigrationRequested{context.now + Seconds{command.window_secs}});
}

Decision decide(const Finished&, const Reboot&, const Context&) { return already_finished(); }
Decision decide(const Finished&, const Migrate&, const Context&) { return already_finished(); }
Decision decide(const Finished&, const Metamorph&, const Context&) { return already_finished(); }

Status check_migration_window(std::uint32_t seconds) {
  if (Seconds{seconds} <= kMigrationWindowMax) return {};
  return fail(Code::kInvalidArgument, "the window of a migration is at most " +
                                          std::to_string(kMigrationWindowMax.count()) + " seconds");
}

std::string metamorph_input_key(const Facts& facts) {
  return "INPUT-METAMORPH-" + std::to_string(facts.metamorphs + 1);
}

}  // namespace actuary::engine::run
