#include "adapters/host/assembly.h"

#include <unistd.h>

#include <utility>

#include "adapters/http/api/api.h"
#include "adapters/http/api/guard.h"
#include "adapters/http/api/live.h"
#include "engine/executor/reconcile.h"
#include "journal/merkle/log_state.h"
#include "journal/rocks/rocks_journal.h"
#include "projections/snapshot/snapshot.h"

namespace actuary::adapters::host {

using engine::executor::Command;
using engine::executor::Executor;
using engine::executor::Performer;

ControlPlane::Assembly::Assembly(Options options, std::unique_ptr<reactor::UvLoop> loop)
    : options_(std::move(options)), loop_(std::move(loop)), close_loop_{*loop_} {}

ControlPlane::Assembly::~Assembly() = default;

Status ControlPlane::Assembly::open(OnStarted started) {
  TRY(folders, make_folders(options_.data));
  options_.data = folders.data;
  TRY(lock, DirectoryLock::acquire(folders.data.string()));
  lock_ = std::move(lock);
  socket_path_ = folders.socket.string();
  TRY(address, choose_address(options_));
  api_url_ = "http://" + address.host + ":" + std::to_string(address.port);
  TRY_VOID(open_disk(folders));
  Status opened = open_state(folders);
  if (!opened && opened.error().code == Code::kStorageFailed && disk_->is_short() &&
      disk_->make_room()) {
    close_state();
    opened = open_state(folders);
  }
  if (!opened && opened.error().code == Code::kNewerVersion &&
      options_.newer_journal == NewerJournal::kShow) {
    close_state();
    return open_reading(folders, address, std::move(started));
  }
  TRY_VOID(std::move(opened));
  TRY_VOID(open_containers(folders, address));
  wire_engine(address);
  TRY_VOID(open_api(folders, address));
  TRY_VOID(record_address(folders.data, address));
  return start_engine(std::move(started));
}

Status ControlPlane::Assembly::open_disk(const Folders& folders) {
  TRY(disk, DiskWatch::open(folders, options_.disk_reserve_bytes,
                            {.on_room =
                                 [this] {
                                   if (open_) executor_->tick();
                                 },
                             .on_note = options_.on_note}));
  disk_ = std::move(disk);
  return {};
}

void ControlPlane::Assembly::close_state() {
  blobs_.reset();
  logs_.reset();
  storages_.reset();
  keeper_.reset();
  views_.reset();
  eraser_.reset();
  journal_.reset();
  keys_.reset();
}

/// What survives: the journal, what is folded from it, and the contents beside it.
Status ControlPlane::Assembly::open_state(const Folders& folders) {
  TRY(keys, Keys::open(folders.keys, ids_));
  keys_ = std::move(keys);
  TRY(journal, journal::rocks::RocksJournal::open({.path = folders.journal.string()}));
  journal_ = std::move(journal);
  TRY(believed, believed_clock(folders.data, *journal_));
  believed_ = believed;
  eraser_.emplace(*keys_, folders.keys / kPersonalFolder);
  TRY_VOID(eraser_->catch_up(*journal_));
  TRY(auditor, Auditor::open({.journal = *journal_,
                              .loop = *loop_,
                              .journal_folder = folders.journal,
                              .keys = folders.keys}));
  auditor_ = std::move(auditor);
  feed_ = std::make_unique<journal::Feed>(*journal_);
  history_.emplace(*journal_);
  TRY(views, projections::runner::Views::open(folders.views.string()));
  views_ = std::move(views);
  TRY_VOID(views_->catch_up(*journal_));
  keeper_ = std::make_unique<Keeper>(
      *loop_, *journal_, folders.views / projections::snapshot::kFileName, options_.on_note);
  TRY(storages, storages::RocksStorages::open(folders.storages, *loop_, clock_, disk_->room()));
  storages_ = std::move(storages);
  TRY(logs, logs::FileLogs::open(folders.logs, *loop_));
  logs_ = std::move(logs);
  blobs_ = std::make_unique<blobs::FileBlobs>(folders.blobs, disk_->room());
  return {};
}

Status ControlPlane::Assembly::open_containers(const Folders& folders, const Address& address) {
  TRY(init, find_init(options_));
  TRY(installation, installation_of(folders.data, ids_));
  TRY(opened, open_runtimes({.loop = *loop_,
                             .blobs = *blobs_,
                             .clock = clock_,
                             .containers = {.data = folders.data,
                                            .installation = installation,
                                            .init_binary = init,
                                            .api_port = address.port,
                                            .term = journal_->head().term + 1,
                                            .disk_free_min = disk_->reserve_bytes(),
                                            .read_only_root = options_.read_only_root},
                             .wanted = options_.runtime,
                             .docker_socket = options_.docker_socket}));
  runtime_ = std::move(opened.runtime);
  builder_ = std::move(opened.builder);
  isolation_ = runtime_->isolation();
  if (options_.on_note) options_.on_note(isolation_);
  return {};
}

/// Commands in, events through the journal, effects out, and their outcomes in again as reports.
void ControlPlane::Assembly::wire_engine(const Address& address) {
  const std::string port = ":" + std::to_string(address.port);
  executor_ = std::make_unique<Executor>(
      Executor::Outside{
          .journal = *journal_,
          .loop = *loop_,
          .clock = clock_,
          .ids = ids_,
          .perform = [this](const auto& effect,
                            Position cause) { performer_->perform(effect, cause); },
          .on_durable = [this](std::span<const Record> batch) { return apply(batch); },
          .on_fatal = [this](const Error& error) { refuse(error); },
          .archive = keeper_.get()},
      engine::decision::Settings{.capacity = capacity_of(options_),
                                 .retention = options_.retention,
                                 .waiting_secs_max = options_.waiting_secs_max,
                                 .account_limits = options_.account_limits,
                                 .when_over_limit = options_.when_over_limit});
  executor_->set_room(disk_->room());
  performer_ = std::make_unique<Performer>(
      Performer::Outside{
          .runtime = *runtime_,
          .builder = *builder_,
          .storages = *storages_,
          .logs = *logs_,
          .secrets = *keys_,
          .report =
              [this](Command report, Position cause) {
                executor_->submit({std::move(report), Principal{}, CommandId{}, cause, nullptr});
              }},
      Performer::Host{.api_base_url = "http://" + runtime_->gateway() + port,
                      .api_public_base_url = api_url_,
                      .live_base_url = live_url(address)},
      executor_->directory());
}

/// One address of a run's web server for this machine and for other runs: to a container, this
/// machine's loopback is its own.
std::string ControlPlane::Assembly::live_url(const Address& address) const {
  const bool is_local = address.host.starts_with("127.") || address.host == "0.0.0.0";
  return "http://" + (is_local ? runtime_->gateway() : address.host) + ":" +
         std::to_string(address.port);
}

Status ControlPlane::Assembly::start_engine(OnStarted started) {
  started_ = std::move(started);
  std::uint64_t nonce = 0;
  ids_.fill(std::as_writable_bytes(std::span(&nonce, 1)));
  const Executor::Claim claim{nonce, static_cast<std::uint32_t>(::getpid()),
                              "actuary " ACTUARY_VERSION};
  const auto ready = [this] {
    ensure_local_user([this](Status status) {
      if (started_) std::exchange(started_, nullptr)(std::move(status));
    });
  };
  TRY_VOID(executor_->start(claim, ready, keeper_->load({})));
  performer_->set_term(executor_->term());
  open_ = true;
  sweep_ = new uv_timer_t;
  uv_timer_init(loop_->raw(), sweep_);
  sweep_->data = this;
  uv_timer_start(
      sweep_, [](uv_timer_t* timer) { static_cast<Assembly*>(timer->data)->reconcile(); }, 0,
      std::chrono::milliseconds(engine::executor::kReconcileEvery).count());
  disk_->start(loop_->raw());
  purge_ = std::make_unique<Purge>(
      Purge::Outside{*executor_, *views_, *journal_, *readers_, clock_, options_.on_note,
                     [this](Timestamp at) { (void)record_clock(options_.data, at); }},
      options_.retention,
      engine::policy::ClockEvidence{believed_, clock_.now(), options_.clock_vouched});
  purge_->start(loop_->raw(), options_.retention_first, options_.retention_every);
  return {};
}

void ControlPlane::Assembly::ensure_local_user(const OnStarted& started) {
  if (executor_->directory().find_user(kLocalUser)) return started({});
  executor_->submit({engine::account::Command{engine::account::CreateUser{local_user_, kLocalUser}},
                     Principal{}, CommandId{}, 0, [started](Result<Position> done) {
                       started(done ? Status{} : Status(tl::make_unexpected(done.error())));
                     }});
}

Status ControlPlane::Assembly::open_api(const Folders& folders, const Address& address) {
  TRY(known, views_->accounts().find(kLocalUser));
  local_user_ = known ? known->id : ids_.next<UserId>();
  watch_ = std::make_unique<http::api::Watch>(loop_->raw());
  services_ = std::make_unique<http::api::Services>(
      http::api::Services{.executor = *executor_,
                          .views = *views_,
                          .journal = *journal_,
                          .storages = *storages_,
                          .logs = *logs_,
                          .blobs = *blobs_,
                          .secrets = *keys_,
                          .loop = *loop_,
                          .clock = clock_,
                          .ids = ids_,
                          .watch = *watch_,
                          .local_user = local_user_,
                          .public_base_url = api_url_,
                          .checkpoint = [this] { return checkpoint(); }});
  readers_ = std::make_unique<reactor::Workers>(*loop_, 1);
  services_->aside = [this](std::function<void()> work, std::function<void()> done) {
    return readers_->submit(std::move(work), std::move(done));
  };
  if (runtime_) {
    services_->usage = [this](const engine::ports::ContainerKey& key) {
      return runtime_->usage(key);
    };
    services_->web_server = [this](const engine::ports::ContainerKey& key) {
      return runtime_->web_server(key);
    };
  }
  services_->live_base_url = runtime_ ? live_url(address) : api_url_;
  services_->isolation = isolation_;
  if (!read_only_.why.empty()) services_->read_only = &read_only_;
  services_->closing = [this] { return closing_.load(); };
  router_ = std::make_unique<http::Router>(
      http::api::routes(*services_, *feed_), http::api::make_guard(*services_),
      [this](const http::Request& request) { return http::api::plan_live(*services_, request); });
  TRY(server, http::Server::open(loop_->raw(), {}, *router_));
  server_ = std::move(server);
  TRY_VOID(server_->listen_tcp(address.host, address.port));
  if (runtime_ && address.host != "0.0.0.0" && address.host != runtime_->gateway()) {
    TRY_VOID(server_->listen_tcp(runtime_->gateway(), address.port));
  }
  return server_->listen_unix(folders.socket.string());
}

/// Signed here and now; where nothing is signed, the last one that was.
Bytes ControlPlane::Assembly::checkpoint() const {
  if (auditor_) return auditor_->checkpoint();
  const auto stored = journal::merkle::read_checkpoint((options_.data / "journal").string());
  return stored ? stored->value_or(Bytes{}) : Bytes{};
}

/// The views are derived: when they cannot follow, they are made again, and nobody sees a gap.
Status ControlPlane::Assembly::apply(std::span<const Record> batch) {
  TRY_VOID(eraser_->on_durable(batch));
  Status applied = views_->apply(batch);
  if (!applied) applied = views_->rebuild(*journal_);
  if (applied && watch_) watch_->notify(batch);
  if (applied) keeper_->on_durable(*executor_, batch.size());
  auditor_->on_durable();
  if (applied && !batch.empty()) feed_->advance(batch.back().position);
  return applied;
}

void ControlPlane::Assembly::refuse(const Error& error) {
  if (started_) return std::exchange(started_, nullptr)(tl::make_unexpected(error));
  if (options_.on_fatal) options_.on_fatal(error);
}

void ControlPlane::Assembly::reconcile() {
  const auto expected = engine::executor::expected_containers(executor_->aggregates());
  runtime_->list([this, expected](Result<std::vector<engine::ports::ContainerView>> shown) {
    if (!shown || !open_) return;  // unknown is not dead: the next sweep asks again
    const auto found = engine::executor::reconcile(expected, *shown, executor_->aggregates());
    for (const auto& gone : found.gone) {
      executor_->submit({engine::run::Command{gone}, Principal{}, CommandId{}, 0, nullptr});
    }
    // Why nobody wants them any more must be on disk before they are gone.
    executor_->after_durable([this, orphans = found.orphans] {
      if (!open_) return;
      for (const auto& orphan : orphans) {
        performer_->perform(engine::decision::RemoveContainer{orphan}, 0);
      }
    });
  });
}

void ControlPlane::Assembly::close_parts() {
  open_ = false;
  closing_ = true;
  if (executor_) {
    executor_->stop();
    if (keeper_) keeper_->close(*executor_);
  }
  if (feed_) feed_->close();
  if (watch_) watch_->close();
  if (auditor_) auditor_->close();
  if (eraser_) eraser_->close();
  if (purge_) purge_->close();
  if (disk_) disk_->close();
  if (sweep_ != nullptr) {
    uv_close(reinterpret_cast<uv_handle_t*>(std::exchange(sweep_, nullptr)),
             [](uv_handle_t* handle) { delete reinterpret_cast<uv_timer_t*>(handle); });
  }
  if (builder_) builder_->close();
  if (runtime_) runtime_->close();
  if (storages_) storages_->close();
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): the copy outlives what the parts let go of
void ControlPlane::Assembly::close(std::shared_ptr<Assembly> self, std::function<void()> done) {
  self->close_parts();
  const auto finish = [self, done = std::move(done)] {
    // One more turn: callbacks of this one may still look at the parts.
    self->loop_->post([self, done] {
      if (done) done();
    });
  };
  if (!self->server_) return finish();
  self->server_->close(http::Server::CloseMode::kNow, finish);
}

}  // namespace actuary::adapters::host
