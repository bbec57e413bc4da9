#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "adapters/blobs/file_blobs.h"
#include "adapters/host/auditor.h"
#include "adapters/host/control_plane.h"
#include "adapters/host/disk_watch.h"
#include "adapters/host/eraser.h"
#include "adapters/host/keeper.h"
#include "adapters/host/keys.h"
#include "adapters/host/purge.h"
#include "adapters/host/runtimes.h"
#include "adapters/host/scratch.h"
#include "adapters/host/surroundings.h"
#include "adapters/http/api/services.h"
#include "adapters/http/api/watch.h"
#include "adapters/http/router.h"
#include "adapters/http/server.h"
#include "adapters/logs/file_logs.h"
#include "adapters/reactor/system.h"
#include "adapters/reactor/uv_loop.h"
#include "adapters/reactor/workers.h"
#include "adapters/storages/rocks_storages.h"
#include "engine/executor/executor.h"
#include "engine/executor/performer.h"
#include "journal/base/directory_lock.h"
#include "journal/feed/feed.h"
#include "journal/journal.h"
#include "projections/history/history.h"

namespace actuary::adapters::host {

/// Every part of a control plane, in the order in which they are made: each one borrows from those
/// above it. Lives on the loop's thread. `ControlPlane::open` makes it.
class ControlPlane::Assembly {
 public:
  using OnStarted = std::function<void(Status)>;

  Assembly(Options options, std::unique_ptr<reactor::UvLoop> loop);
  ~Assembly();

  /// Opens everything; `started` runs on the loop once commands are taken, or cannot be.
  [[nodiscard]] Status open(OnStarted started);
  /// Lets go of everything; `self` is kept until the last handle is closed, then `done` runs.
  static void close(std::shared_ptr<Assembly> self, std::function<void()> done);

  [[nodiscard]] const Options& options() const { return options_; }
  [[nodiscard]] reactor::UvLoop& loop() { return *loop_; }
  [[nodiscard]] std::shared_ptr<reactor::UvLoop> shared_loop() { return loop_; }
  [[nodiscard]] engine::executor::Executor& executor() { return *executor_; }
  [[nodiscard]] const projections::runner::Views& views() const { return *views_; }
  [[nodiscard]] journal::Feed& feed() { return *feed_; }
  [[nodiscard]] const projections::history::History& history() const { return *history_; }
  [[nodiscard]] UserId local_user() const { return local_user_; }
  [[nodiscard]] const std::string& api_url() const { return api_url_; }
  [[nodiscard]] const std::string& read_only() const { return read_only_.why; }
  [[nodiscard]] const std::string& socket_path() const { return socket_path_; }

 private:
  [[nodiscard]] Status open_disk(const Folders& folders);
  [[nodiscard]] Status open_state(const Folders& folders);
  /// Instead of all that follows: a journal that a newer program went on with.
  [[nodiscard]] Status open_reading(const Folders& folders, const Address& address,
                                    OnStarted started);
  [[nodiscard]] Status open_readable(const Folders& folders);
  [[nodiscard]] Status open_containers(const Folders& folders, const Address& address);
  void wire_engine(const Address& address);
  [[nodiscard]] std::string live_url(const Address& address) const;
  [[nodiscard]] Status open_api(const Folders& folders, const Address& address);
  [[nodiscard]] Status start_engine(OnStarted started);
  void ensure_local_user(const OnStarted& started);
  [[nodiscard]] Status apply(std::span<const Record> batch);
  [[nodiscard]] Bytes checkpoint() const;
  void refuse(const Error& error);
  void reconcile();
  void close_state();
  void close_parts();

  Options options_;
  std::shared_ptr<reactor::UvLoop> loop_;  ///< also held by flows that will post their end
  /// Runs when every other part is gone: what still wants to post finds the loop closed.
  struct CloseLoop {
    reactor::UvLoop& loop;
    ~CloseLoop() { loop.close(); }
  } close_loop_;
  reactor::SystemClock clock_;
  reactor::SystemIds ids_;
  std::optional<DirectoryLock> lock_;
  std::unique_ptr<DiskWatch> disk_;
  std::unique_ptr<Keys> keys_;
  std::unique_ptr<journal::Journal> journal_;
  std::optional<Eraser> eraser_;
  std::unique_ptr<Auditor> auditor_;
  std::unique_ptr<journal::Feed> feed_;
  std::optional<projections::history::History> history_;
  std::optional<Scratch> scratch_;  ///< for views that are not those of DATA
  std::unique_ptr<projections::runner::Views> views_;
  std::unique_ptr<Keeper> keeper_;
  std::unique_ptr<storages::RocksStorages> storages_;
  std::unique_ptr<logs::FileLogs> logs_;
  std::unique_ptr<blobs::FileBlobs> blobs_;
  std::unique_ptr<containers::Runtime> runtime_;
  std::unique_ptr<containers::Builder> builder_;
  std::unique_ptr<engine::executor::Executor> executor_;
  std::unique_ptr<engine::executor::Performer> performer_;
  http::api::ReadOnly read_only_;
  std::unique_ptr<http::api::Watch> watch_;
  std::unique_ptr<http::api::Services> services_;  ///< every route borrows it
  std::unique_ptr<reactor::Workers> readers_;      ///< what reads the journal for long
  std::unique_ptr<Purge> purge_;
  std::optional<Timestamp> believed_;  ///< the wall clock of the engine before this one
  std::unique_ptr<http::Router> router_;
  std::unique_ptr<http::Server> server_;
  uv_timer_t* sweep_ = nullptr;
  UserId local_user_;
  std::string api_url_;
  std::string isolation_;
  std::string socket_path_;
  OnStarted started_;
  bool open_ = false;
  std::atomic<bool> closing_{false};  ///< long reads give up
};

}  // namespace actuary::adapters::host
