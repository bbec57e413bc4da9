#include "tests/simulation/world.h"

#include <gtest/gtest.h>

#include <utility>

namespace actuary::tests::simulation {

using engine::executor::Command;
using support::SimLoop;

World::World(Options options)
    : random(options.seed),
      loop(random),
      runtime(loop, options.containers),
      builder(loop, options.builds),
      storages(loop, loop),
      checker(journal, runtime, options.residency),
      options_(std::move(options)) {
  runtime.on_start = [this](const engine::ports::ContainerKey& key) { checker.on_start(key); };
}

World::Engine::Engine(World& world, std::uint64_t generation)
    : executor({.journal = world.journal,
                .loop = world.loop,
                .clock = world.loop,
                .ids = world.random,
                .perform = [this](const engine::decision::Effect& effect,
                                  Position cause) { performer.perform(effect, cause); },
                .on_durable = [](std::span<const Record>) { return Status{}; },
                .on_fatal = [](const Error& error) { ADD_FAILURE() << "fatal: " << error.detail; },
                .archive = &world.archive_},
               world.options_.settings, world.options_.residency),
      performer({.runtime = world.runtime,
                 .builder = world.builder,
                 .storages = world.storages,
                 .logs = world.logs,
                 .secrets = world.secrets,
                 .report =
                     [&world, generation](Command report, Position cause) {
                       if (world.generation_ != generation || !world.engine_) return;
                       world.engine_->executor.submit(
                           {std::move(report), {}, CommandId{}, cause, nullptr});
                     }},
                {"http://10.0.0.1:8010", "http://127.0.0.1:8010", "http://10.0.0.1:8010"},
                executor.directory()) {}

void World::boot() {
  ++generation_;
  engine_ = std::make_unique<Engine>(*this, generation_);
  const auto claim = engine::executor::Executor::Claim{random.next_number(), 1, "simulation"};
  const bool from_snapshot = snapshot_ && random.chance(70);
  const Status started = engine_->executor.start(
      claim,
      [this] {
        engine_->performer.set_term(engine_->executor.term());
        reconcile();
      },
      from_snapshot ? snapshot_ : std::nullopt);
  ASSERT_TRUE(started) << started.error().detail;
  serve_journal();
}

void World::reconcile() {
  auto expected = engine::executor::expected_containers(engine_->executor.aggregates());
  runtime.list([this, expected = std::move(expected)](const auto& shown) {
    if (!shown) return;
    const auto found =
        engine::executor::reconcile(expected, *shown, engine_->executor.aggregates());
    for (const auto& report : found.gone) {
      engine_->executor.submit({engine::run::Command{report}, {}, CommandId{}, 0, nullptr});
    }
    engine_->executor.after_durable([this, orphans = found.orphans] {
      for (const auto& orphan : orphans) {
        engine_->performer.perform(engine::decision::RemoveContainer{orphan}, 0);
      }
    });
  });
  // A start that an earlier engine asked for may come when nobody wants it any more.
  loop.after(SimLoop::Lane::kEngine, engine::executor::kReconcileEvery, [this] { reconcile(); });
}

void World::SlowArchive::read(std::vector<StreamId> streams, Done done) {
  const auto wait = [this] {
    return world.random.between(Microseconds{0}, world.options_.read_max);
  };
  world.reading_ = true;
  world.loop.after(SimLoop::Lane::kEngine, wait(), [this, wait, streams, done] {
    std::vector<Result<engine::executor::Slot>> slots;
    for (const StreamId& stream : streams) {
      slots.push_back(engine::executor::read_slot(world.journal, stream));
    }
    world.loop.after(SimLoop::Lane::kEngine, wait(), [this, done, slots = std::move(slots)] {
      world.reading_ = false;
      done(slots);
    });
  });
}

/// As a host takes one: when nothing that was decided is on its way.
void World::snapshot() {
  engine_->executor.when_quiet([this] {
    auto image = engine_->executor.image();
    if (!image) return checker.complain("no snapshot at a quiet moment");
    checker.compare(*image);
    snapshot_ = std::move(image);
  });
}

void World::crash() {
  if (!engine_) return;
  if (std::exchange(reading_, false)) ++parked_at_crash;
  checker.compare(engine_->executor.aggregates(), engine_->executor.directory());
  engine_.reset();
  ++generation_;
  // The disk may have been faster than the death, without anybody being told.
  if (journal.held() > 0 && random.chance(50)) journal.complete_next();
  journal.reopen();
  loop.crash();
  runtime.crash();
  builder.crash();
  append_scheduled_ = false;
  checker.check();
}

void World::crash_machine() {
  crash();
  runtime.reboot();
  loop.reboot();
}

void World::serve_journal() {
  if (append_scheduled_ || journal.held() == 0) return;
  append_scheduled_ = true;
  loop.after(SimLoop::Lane::kEngine, random.between(options_.append_min, options_.append_max),
             [this] {
               append_scheduled_ = false;
               journal.complete_next();
             });
}

bool World::step(Microseconds until) {
  if (!loop.step(until)) return false;
  ++steps;
  serve_journal();
  if (steps % options_.check_every == 0) checker.check();
  if (engine_ && steps % (64 * options_.check_every) == 0) {
    checker.compare(engine_->executor.aggregates(), engine_->executor.directory());
  }
  if (engine_ && steps % (200 * options_.check_every) == 0) snapshot();
  return true;
}

void World::run_for(Microseconds span) {
  const Microseconds end = loop.elapsed() + span;
  while (step(end)) {
  }
  loop.run_for(end - loop.elapsed());
}

void World::submit(Command command, engine::executor::Reply reply) {
  const auto command_id = random.next<CommandId>();
  Principal principal;
  principal.kind = PrincipalKind::kUser;
  principal.user_id = user_id;
  engine_->executor.submit({std::move(command), principal, command_id, 0,
                            [this, command_id, reply = std::move(reply)](Result<Position> result) {
                              if (result) {
                                checker.acknowledged(command_id, *result);
                              } else {
                                checker.mix(to_string(result.error().code));
                              }
                              if (reply) reply(std::move(result));
                            }});
}

void World::check_settled() {
  const auto unsettled = [this] {
    return checker.unsettled(engine_->executor.aggregates(), engine_->executor.directory());
  };
  const auto before = unsettled();
  run_for(Seconds{130});
  for (const std::string& each : unsettled()) {
    if (before.contains(each)) checker.complain(each);
  }
}

Result<Position> World::ask(Command command) {
  const auto answer = std::make_shared<std::optional<Result<Position>>>();
  submit(std::move(command), [answer](Result<Position> result) { *answer = std::move(result); });
  while (!*answer && step()) {
  }
  if (!*answer) return fail(Code::kUnknown, "no answer");
  return **answer;
}

void World::found() {
  user_id = random.next<UserId>();
  actor_id = random.next<ActorId>();
  build_id = random.next<BuildId>();
  ASSERT_TRUE(ask(engine::account::Command{engine::account::CreateUser{user_id, "clerk"}}));
  engine::actor::Create create{actor_id, user_id, {}, {}};
  create.profile.name = "ledger";
  events::ActorVersion version;
  version.number = "0.1";
  version.build_tag = "latest";
  create.versions.push_back(version);
  ASSERT_TRUE(ask(engine::actor::Command{create}));
  engine::build::Create build;
  build.build_id = build_id;
  build.actor_id = actor_id;
  build.user_id = user_id;
  build.version_number = "0.1";
  ASSERT_TRUE(ask(engine::build::Command{build}));
  run_for(Seconds{60});
  ASSERT_NE(executor().directory().find_build(build_id), nullptr);
  ASSERT_TRUE(executor().directory().find_build(build_id)->image);
}

engine::run::Start start_command(World& world) {
  engine::run::Start start;
  start.run_id = world.random.next<RunId>();
  start.actor_id = world.actor_id;
  start.user_id = world.user_id;
  start.key_value_store_id = world.random.next<StorageId>();
  start.dataset_id = world.random.next<StorageId>();
  start.request_queue_id = world.random.next<StorageId>();
  start.input_key = "INPUT";
  return start;
}

}  // namespace actuary::tests::simulation
