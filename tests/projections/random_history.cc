#include "tests/projections/random_history.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace actuary::tests {

namespace decision = engine::decision;
using engine::run::AbortMode;

RandomHistory::RandomHistory(std::uint64_t seed, engine::executor::Residency residency,
                             OnDurable on_durable)
    : random_(seed) {
  executor_ = std::make_unique<engine::executor::Executor>(
      engine::executor::Executor::Outside{
          .journal = journal_,
          .loop = loop_,
          .clock = loop_,
          .ids = random_,
          .perform = [this](const decision::Effect& effect, Position) { perform(effect); },
          .on_durable =
              [on_durable = std::move(on_durable)](std::span<const Record> batch) {
                on_durable(batch);
                return Status{};
              },
          .on_fatal = [](const Error& error) { ADD_FAILURE() << error.detail; }},
      decision::Settings{{65536, 262144}, 4}, residency);
  EXPECT_TRUE(executor_->start({random_.next_number(), 1, "test"}, [] {}));
  loop_.run_ready();
  found();
}

void RandomHistory::step() {
  const std::uint64_t commands = 1 + random_.below(12);
  for (std::uint64_t i = 0; i < commands; ++i) {
    const std::uint64_t draw = random_.below(100);
    if (draw < 40) {
      start_run();
    } else if (draw < 80) {
      change_run();
    } else if (draw < 94) {
      change_storage();
    } else {
      change_actor();
    }
  }
  end_containers();
  loop_.run_for(random_.between(Microseconds{1000}, Seconds{3}));
}

template <class AnyId>
const AnyId& RandomHistory::some(const std::vector<AnyId>& ids) {
  const std::uint64_t recent = std::min<std::uint64_t>(ids.size(), 200);
  return random_.chance(85) ? ids[ids.size() - 1 - random_.below(recent)] : random_.pick(ids);
}

void RandomHistory::tell(Command command) {
  Principal principal;
  principal.kind = PrincipalKind::kUser;
  principal.user_id = user_;
  executor_->submit({std::move(command), principal, CommandId{}, 0, nullptr});
}

void RandomHistory::report(Command command) {
  executor_->submit({std::move(command), {}, CommandId{}, 0, nullptr});
}

void RandomHistory::found() {
  user_ = random_.next<UserId>();
  tell(engine::account::Command{engine::account::CreateUser{user_, "clerk"}});
  for (int i = 0; i < 3; ++i) {
    engine::actor::Create create{random_.next<ActorId>(), user_, {}, {}};
    create.profile.name = "ledger-" + std::to_string(i);
    events::ActorVersion version;
    version.number = "0.1";
    version.build_tag = "latest";
    create.versions.push_back(version);
    actors_.push_back(create.actor_id);
    tell(engine::actor::Command{create});
    engine::build::Create build;
    build.build_id = random_.next<BuildId>();
    build.actor_id = create.actor_id;
    build.user_id = user_;
    build.version_number = "0.1";
    builds_.push_back(build.build_id);
    tell(engine::build::Command{build});
  }
  loop_.run_for(Seconds{1});
}

void RandomHistory::start_run() {
  engine::run::Start start;
  start.run_id = random_.next<RunId>();
  start.actor_id = random_.pick(actors_);
  start.user_id = user_;
  start.key_value_store_id = random_.next<StorageId>();
  start.dataset_id = random_.next<StorageId>();
  start.request_queue_id = random_.next<StorageId>();
  start.input_key = "INPUT";
  start.options.memory_mbytes = 256U << random_.below(4);
  start.options.timeout_secs =
      random_.chance(50) ? 0U : 1U + static_cast<std::uint32_t>(random_.below(30));
  runs_.push_back(start.run_id);
  storages_.push_back(start.dataset_id);
  tell(engine::run::Command{start});
}

void RandomHistory::change_run() {
  if (runs_.empty()) return;
  const RunId& id = some(runs_);
  const std::uint64_t draw = random_.below(100);
  if (draw < 20) return tell(engine::run::Command{engine::run::Abort{id, AbortMode::kImmediate}});
  if (draw < 30) return tell(engine::run::Command{engine::run::Abort{id, AbortMode::kGraceful}});
  if (draw < 50) return tell(engine::run::Command{engine::run::Resurrect{id, {}, {}}});
  if (draw < 70) {
    return tell(
        engine::run::Command{engine::run::SetStatusMessage{id, "at work", random_.chance(20)}});
  }
  tell(engine::run::Command{engine::run::Delete{id, "test"}});
}

void RandomHistory::change_storage() {
  const std::uint64_t draw = random_.below(100);
  if (draw < 30 || storages_.empty()) {
    engine::storage::Create create;
    create.storage_id = random_.next<StorageId>();
    create.user_id = user_;
    if (random_.chance(50)) create.name = "store-" + std::to_string(random_.below(500));
    storages_.push_back(create.storage_id);
    return tell(engine::storage::Command{create});
  }
  const StorageId& id = some(storages_);
  if (draw < 70) {
    engine::storage::Change change;
    change.storage_id = id;
    change.name = random_.chance(40) ? "" : "store-" + std::to_string(random_.below(500));
    return tell(engine::storage::Command{change});
  }
  tell(engine::storage::Command{engine::storage::Delete{id, "test"}});
}

void RandomHistory::change_actor() {
  const std::uint64_t draw = random_.below(100);
  if (draw < 20) {
    engine::build::Create build;
    build.build_id = random_.next<BuildId>();
    build.actor_id = random_.pick(actors_);
    build.user_id = user_;
    build.version_number = "0.1";
    if (random_.chance(50)) build.tag = "beta";
    builds_.push_back(build.build_id);
    return tell(engine::build::Command{build});
  }
  if (draw < 40) return tell(engine::build::Command{engine::build::Abort{some(builds_)}});
  if (draw < 60) return tell(engine::build::Command{engine::build::Delete{some(builds_), "test"}});
  if (draw < 80 || tokens_.empty()) {
    engine::account::CreateToken create{user_, random_.next<TokenId>(), "token", {}};
    create.hash = random_.next_text(64);
    tokens_.push_back(create.token_id);
    return tell(engine::account::Command{create});
  }
  tell(engine::account::Command{engine::account::RevokeToken{user_, random_.pick(tokens_)}});
}

void RandomHistory::end_containers() {
  while (live_.size() > 40 || (!live_.empty() && random_.chance(60))) {
    const engine::ports::ContainerKey key = live_.front();
    live_.pop_front();
    engine::run::ReportExited exited{key.run_id, key.epoch};
    exited.exit_code = random_.chance(70) ? 0 : 1;
    report(engine::run::Command{exited});
  }
}

/// One overload per effect that the outside world answers.
struct RandomHistory::Outside {
  RandomHistory& h;

  void operator()(const decision::FenceStorages& e) const {
    h.report(engine::run::Command{engine::run::ReportFenced{e.key.run_id, e.key.epoch, 1}});
  }
  void operator()(const decision::StartContainer& e) const {
    const auto& key = e.spec.key;
    if (h.random_.chance(10)) {
      return h.report(
          engine::run::Command{engine::run::ReportStartFailed{key.run_id, key.epoch, "no"}});
    }
    h.live_.push_back(key);
    h.report(engine::run::Command{engine::run::ReportStarted{key.run_id, key.epoch}});
  }
  void operator()(const decision::KillContainer& e) const { exited(e.key); }
  void operator()(const decision::RemoveContainer& e) const {
    if (e.when_gone == decision::WhenGone::kReportIt) exited(e.key);
  }
  void operator()(const decision::BuildImage& e) const {
    if (h.random_.chance(25) && h.builds_.size() > 3) {
      return h.report(engine::build::Command{engine::build::ReportFailed{e.spec.build_id, "no"}});
    }
    const events::Image image{std::string(64, 'a'), "{}", 1};
    h.report(
        engine::build::Command{engine::build::ReportBuilt{e.spec.build_id, image, "{}", "", ""}});
  }
  void operator()(const decision::CancelBuild& e) const {
    h.report(engine::build::Command{engine::build::ReportFailed{e.build_id, "cancelled"}});
  }
  template <class Other>
  void operator()(const Other&) const {}

  void exited(const engine::ports::ContainerKey& key) const {
    engine::run::ReportExited exited{key.run_id, key.epoch};
    exited.exit_code = 137;
    exited.signal = 9;
    h.report(engine::run::Command{exited});
  }
};

void RandomHistory::perform(const decision::Effect& effect) { std::visit(Outside{*this}, effect); }

}  // namespace actuary::tests
