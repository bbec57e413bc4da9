#include "tests/golden/journals/story.h"

#include <future>
#include <utility>
#include <vector>

#include "engine/decision/decision.h"
#include "journal/base/assert.h"

namespace actuary::tests::golden {
namespace {

namespace account = engine::account;
namespace actor = engine::actor;
namespace build = engine::build;
namespace host = engine::host;
namespace run = engine::run;
namespace storage = engine::storage;
using engine::executor::Command;

template <class AnyId>
AnyId id_of(std::string_view name) {
  std::string text(name);
  text.resize(kIdLength, 'x');
  return AnyId::parse(text).value();
}

const UserId kUser = id_of<UserId>("clerk");
const ActorId kActor = id_of<ActorId>("ledger");

/// A sequencer without threads: decides, numbers, appends, folds.
class Teller {
 public:
  explicit Teller(journal::Journal& journal) : journal_(&journal) {}

  void claim(journal::Journal& journal) {
    journal_ = &journal;
    ++term_;
    const StreamId system = journal::record::system_stream();
    write({}, "system.ClaimTerm", {},
          {{system, events::TermClaimed{term_, 11 * term_, 4242, "actuary", 3}},
           {system, events::SettingsAdopted{8192, 65536, 2, 190, 10'000, 1, 1, 0, Microseconds{-1},
                                            0, Microseconds{-1}}}});
  }

  void user(Command command) {
    Principal principal;
    principal.kind = PrincipalKind::kUser;
    principal.user_id = kUser;
    principal.token_id = id_of<TokenId>("token");
    give(std::move(command), principal);
  }
  void system(Command command) { give(std::move(command), {}); }

  void wait(int seconds) { second_ += seconds; }
  [[nodiscard]] Position epoch_of(const RunId& id) const {
    return run::attempt_of(aggregates_.run(id))->epoch;
  }

 private:
  [[nodiscard]] Instant now() const {
    return {Timestamp{Seconds{1'790'000'000 + second_}}, Seconds{5000 + second_}, term_};
  }

  void give(Command command, const Principal& principal) {
    wait(1);
    const engine::Context context{now(), principal, directory_, settings_};
    auto decision = aggregates_.decide(command, context);
    ACTUARY_ASSERT(decision && !decision->empty());
    write(principal, engine::executor::name_of(command), engine::executor::encode(command),
          std::move(*decision));
  }

  void write(const Principal& principal, std::string_view name, Bytes command,
             engine::Events events) {
    std::vector<Record> batch;
    const auto command_id = id_of<CommandId>("c" + std::to_string(++commands_));
    for (engine::Proposed& proposed : events) {
      Record record;
      record.position = ++last_;
      record.recorded_at = now();
      record.stream = proposed.stream;
      record.version = aggregates_.version_of(proposed.stream) + 1;
      record.term = term_;
      record.cause = principal.kind == PrincipalKind::kSystem ? last_ - 1 : 0;
      record.command_id = command_id;
      record.principal = principal;
      record.command = std::exchange(command, {});
      record.command_name = std::exchange(name, {});
      record.event = std::move(proposed.event);
      aggregates_.evolve(record);
      directory_.apply(record);
      batch.push_back(std::move(record));
    }
    std::promise<Result<Position>> done;
    journal_->append(std::move(batch), [&](Result<Position> result) { done.set_value(result); });
    ACTUARY_ASSERT(done.get_future().get().has_value());
  }

  journal::Journal* journal_;
  engine::executor::Aggregates aggregates_;
  engine::directory::Directory directory_;
  engine::decision::Settings settings_{{8192, 65536}, 2};
  std::uint64_t term_ = 0;
  Position last_ = 0;
  int commands_ = 0;
  int second_ = 0;
};

events::ActorVersion version_of(std::string_view number, std::string_view tag) {
  events::ActorVersion version;
  version.number = number;
  version.source_digest = std::string(64, 'a');
  version.build_tag = tag;
  version.env_vars = {{"GREETING", "salve", false}, {"PASSWORD", "c2VhbGVk", true}};
  return version;
}

void found_the_office(Teller& tell) {
  const TokenId spare = id_of<TokenId>("spare");
  tell.user(account::Command{account::CreateUser{kUser, "clerk"}});
  tell.user(account::Command{
      account::CreateToken{kUser, id_of<TokenId>("token"), "desk", std::string(64, '1')}});
  tell.user(account::Command{account::CreateToken{kUser, spare, "spare", std::string(64, '2')}});
  tell.user(account::Command{account::RevokeToken{kUser, spare}});
  actor::Create create{kActor, kUser, {}, {version_of("0.1", "latest"), version_of("0.2", "beta")}};
  create.profile.name = "ledger";
  create.profile.title = "Ledger";
  create.profile.default_options = {"latest", 300, 1024, 2048, false, 7, 1.5};
  create.profile.extra = R"({"seoTitle":"A ledger"})";
  tell.user(actor::Command{create});
  actor::Change change{kActor, create.profile, {}, {}};
  tell.user(actor::Command{change});  // nothing changes: noted
  change.profile.description = "Keeps accounts, ünïcode and all";
  change.profile.is_public = true;
  tell.user(actor::Command{change});
  tell.user(actor::Command{actor::DeleteVersion{kActor, "0.2"}});
}

BuildId begin_build(Teller& tell, std::string_view name, std::string tag) {
  const auto id = id_of<BuildId>(name);
  build::Create create{id, kActor, kUser, "0.1", std::move(tag), true, {}};
  create.meta = {events::Origin::kCli, "192.0.2.7", "actuary-cli/1"};
  tell.user(build::Command{create});
  tell.system(build::Command{build::Admit{id}});
  return id;
}

void build_in_every_way(Teller& tell) {
  const auto good = begin_build(tell, "good", "latest");
  tell.system(build::Command{build::ReportBuilt{
      good, {std::string(64, 'b'), R"({"Entrypoint":["sh"]})", 123456}, "{}", "{}", "# Ledger"}});
  const auto tagged = begin_build(tell, "tagged", "beta");
  tell.system(
      build::Command{build::ReportBuilt{tagged, {std::string(64, 'c'), "{}", 7}, "", "", ""}});
  tell.user(actor::Command{actor::Change{kActor, {"ledger"}, {}, {{"beta", {}}}}});
  const auto bad = begin_build(tell, "bad", "");
  tell.system(build::Command{build::ReportFailed{bad, "step 1 failed"}});
  tell.user(build::Command{build::Delete{bad, "deleted by its user"}});
  const auto aborted = begin_build(tell, "aborted", "");
  tell.user(build::Command{build::Abort{aborted}});
  tell.user(build::Command{build::Abort{aborted}});
  tell.system(build::Command{build::ReportFailed{aborted, "killed"}});
  const auto late = begin_build(tell, "late", "");
  tell.wait(7200);
  tell.system(build::Command{build::DeadlineReached{late}});
  tell.system(build::Command{build::ReportFailed{late, "killed"}});
}

RunId begin_run(Teller& tell, const std::string& name, std::uint32_t timeout_secs,
                const events::Meta& meta = {events::Origin::kApi, "192.0.2.7", "ApifyClient/2"}) {
  const auto id = id_of<RunId>("r" + name);
  run::Start start{id,
                   kActor,
                   kUser,
                   id_of<StorageId>("k" + name),
                   id_of<StorageId>("d" + name),
                   id_of<StorageId>("q" + name),
                   "INPUT",
                   17,
                   {},
                   meta};
  start.options.timeout_secs = timeout_secs;
  start.options.max_items = 3;
  tell.user(run::Command{start});
  return id;
}

void admit(Teller& tell, const RunId& id) {
  tell.system(run::Command{run::Admit{id}});
  tell.system(run::Command{run::ReportFenced{id, tell.epoch_of(id), 5}});
}

void start(Teller& tell, const RunId& id) {
  admit(tell, id);
  tell.system(run::Command{run::ReportStarted{id, tell.epoch_of(id)}});
}

void exit_with(Teller& tell, const RunId& id, std::int32_t code, std::int32_t signal = 0) {
  run::ReportExited report{id, tell.epoch_of(id)};
  report.exit_code = code;
  report.signal = signal;
  tell.system(run::Command{report});
}

void run_in_every_way(Teller& tell) {
  const auto held = begin_run(tell, "held", 60);
  tell.system(run::Command{run::Hold{held, "no memory"}});
  start(tell, held);
  tell.user(run::Command{run::SetStatusMessage{held, "adding up", false}});
  tell.wait(20);
  exit_with(tell, held, 0);
  const auto late = begin_run(tell, "late", 30);
  start(tell, late);
  tell.wait(40);
  tell.system(run::Command{run::DeadlineReached{late}});
  exit_with(tell, late, 137, 9);
  const auto stopped = begin_run(tell, "stopped", 0);
  start(tell, stopped);
  tell.user(run::Command{run::Abort{stopped, run::AbortMode::kGraceful}});
  tell.wait(60);
  tell.system(run::Command{run::DeadlineReached{stopped}});
  exit_with(tell, stopped, 137, 9);
  const auto broken = begin_run(tell, "broken", 60);
  admit(tell, broken);
  tell.system(run::Command{run::ReportStartFailed{broken, tell.epoch_of(broken), "no space"}});
  tell.user(run::Command{run::Delete{broken, "deleted by its user"}});
}

/// In the next term: one run is live, one waits, one was resurrected and failed.
void go_on(Teller& tell) {
  const auto again = id_of<RunId>("rlate");
  run::Resurrect resurrect{again, {}, {events::Origin::kWeb, "2001:db8::7", "Mozilla/5.0"}};
  resurrect.options.memory_mbytes = 2048;
  tell.user(run::Command{resurrect});
  start(tell, again);
  tell.wait(5);
  exit_with(tell, again, 1);
  start(tell, begin_run(tell, "live", 0));
  (void)begin_run(tell, "waiting", 60);
  const auto named = id_of<StorageId>("named");
  tell.user(storage::Command{
      storage::Create{named, events::StorageKind::kKeyValueStore, kUser, "accounts", "Accounts"}});
  storage::Change change{named, {}, {}, {}};
  change.name = "accounts-2026";
  tell.user(storage::Command{change});
  const auto gone = id_of<StorageId>("gone");
  tell.user(
      storage::Command{storage::Create{gone, events::StorageKind::kDataset, kUser, "gone", ""}});
  tell.user(storage::Command{storage::Delete{gone, "deleted by its user"}});
  const auto passing = id_of<ActorId>("passing");
  actor::Create create{passing, kUser, {}, {}};
  create.profile.name = "passing";
  tell.user(actor::Command{create});
  tell.user(actor::Command{actor::Delete{passing, "deleted by its user"}});
}

/// What schema 2 can say more of: a run that is paid for, rebooted, and goes on as another Actor.
void become_another(Teller& tell) {
  actor::Change change{kActor, {}, {}, {}};
  change.profile.name = "ledger";
  change.profile.pricings = {{events::PricingModel::kPayPerEvent,
                              {},
                              100'000'000,
                              {{"page", 50'000, false}},
                              R"({"pricingModel":"PAY_PER_EVENT"})"}};
  tell.user(actor::Command{change});
  const auto paid = begin_run(tell, "paid", 0);
  start(tell, paid);
  tell.user(run::Command{run::Charge{paid, "page", 3}});
  const auto replaced = [&] {
    exit_with(tell, paid, 137, 9);
    tell.system(run::Command{run::ReportFenced{paid, tell.epoch_of(paid), 6}});
    tell.system(run::Command{run::ReportStarted{paid, tell.epoch_of(paid)}});
  };
  tell.user(run::Command{run::Reboot{paid}});
  replaced();
  tell.user(run::Command{run::Metamorph{paid, kActor, "", "INPUT-METAMORPH-1"}});
  replaced();
}

/// And of a run that must go elsewhere while nothing starts here, and that nothing may delete.
void migrate(Teller& tell) {
  const auto moved = begin_run(tell, "moved", 0);
  start(tell, moved);
  tell.user(run::Command{run::PlaceHold{moved, "evidence"}});
  tell.user(host::Command{host::Drain{20, "maintenance"}});
  tell.system(run::Command{run::Migrate{moved, 20}});
  tell.wait(20);
  tell.system(run::Command{run::DeadlineReached{moved}});
  exit_with(tell, moved, 137, 9);
  tell.user(host::Command{host::EndDrain{"done"}});
  start(tell, moved);
  tell.user(run::Command{run::LiftHold{moved, "solved"}});
}

events::Meta sealed_meta(std::uint64_t key) {
  const std::string text = std::string(events::kPersonalPrefix) + std::to_string(key) + ":";
  return {events::Origin::kApi, text + std::string(80, 'a'), text + std::string(64, 'b')};
}

/// What schema 3 can say more of: who asked is sealed, and nobody shall know it any more.
void forget_who_asked(Teller& tell) {
  const TokenId named = id_of<TokenId>("named");
  tell.user(account::Command{
      account::CreateToken{kUser, named, sealed_meta(3).client_ip, std::string(64, '3')}});
  tell.user(account::Command{account::ErasePersonal{kUser, "asked for"}});
  const auto build = id_of<BuildId>("sealed");
  tell.user(build::Command{build::Create{build, kActor, kUser, "0.1", "", false, sealed_meta(4)}});
  tell.user(build::Command{build::ErasePersonal{build, "asked for"}});
  const auto run = begin_run(tell, "sealed", 60, sealed_meta(5));
  start(tell, run);
  exit_with(tell, run, 1);
  tell.user(run::Command{run::Resurrect{run, {}, sealed_meta(6)}});
  tell.user(run::Command{run::ErasePersonal{run, "asked for"}});
  tell.user(run::Command{run::ErasePersonal{run, "asked for"}});  // nothing is left: noted
  const auto kept = begin_run(tell, "kept", 60, sealed_meta(7));
  admit(tell, kept);
  tell.system(run::Command{run::ReportStartFailed{kept, tell.epoch_of(kept), "no space"}});
  tell.user(run::Command{run::Delete{kept, "deleted by its user"}});
  (void)begin_run(tell, "known", 60, sealed_meta(8));
}

/// What schema 4 can say more of: what a user is called is sealed, too.
void forget_a_name(Teller& tell) {
  const auto named = id_of<UserId>("named");
  tell.user(account::Command{account::CreateUser{named, sealed_meta(9).client_ip}});
  tell.user(account::Command{account::CreateToken{
      named, id_of<TokenId>("theirs"), sealed_meta(10).client_ip, std::string(64, '4')}});
  tell.user(account::Command{account::ErasePersonal{named, "asked for"}});
}

/// What schema 4 can say more of: what an account may hold, which run comes first, and what is
/// used.
void share(Teller& tell) {
  tell.user(account::Command{account::SetLimits{kUser, 65'536, 50, "shared machine"}});
  run::Start urgent;
  urgent.run_id = id_of<RunId>("rurgent");
  urgent.actor_id = kActor;
  urgent.user_id = kUser;
  urgent.key_value_store_id = id_of<StorageId>("kurgent");
  urgent.dataset_id = id_of<StorageId>("durgent");
  urgent.request_queue_id = id_of<StorageId>("qurgent");
  urgent.input_key = "INPUT";
  urgent.options.memory_mbytes = 256;
  urgent.options.priority = 9;
  tell.user(run::Command{urgent});
  const auto unnamed = id_of<StorageId>("unnamed");
  tell.user(
      storage::Command{storage::Create{unnamed, events::StorageKind::kDataset, kUser, "", ""}});
  tell.wait(86'400);
  tell.user(storage::Command{storage::Use{unnamed}});
}

}  // namespace

void tell_story(const std::function<journal::Journal&()>& reopened) {
  journal::Journal& first = reopened();
  Teller tell(first);
  tell.claim(first);
  found_the_office(tell);
  build_in_every_way(tell);
  run_in_every_way(tell);
  tell.claim(reopened());
  go_on(tell);
  become_another(tell);
  migrate(tell);
  forget_who_asked(tell);
  forget_a_name(tell);
  share(tell);
}

}  // namespace actuary::tests::golden
