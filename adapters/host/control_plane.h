#pragma once

#include <uv.h>

#include <functional>
#include <memory>
#include <string>

#include "adapters/client/run_folder.h"
#include "adapters/host/options.h"
#include "engine/executor/inbox.h"
#include "journal/feed/feed.h"
#include "projections/history/history.h"
#include "projections/runner/views.h"

namespace actuary::adapters::host {

/// The whole control plane in one object: journal, engine, views, storages, containers and the HTTP
/// API.
///
/// It runs on a thread of its own, or on a libuv loop that the host already runs; `actuary` talks
/// to it over DATA/engine.sock and everybody else over HTTP.
class ControlPlane {
 public:
  /// On a thread of its own; returns when commands are taken. SIGPIPE is ignored from now on,
  /// unless the program handles it already.
  ///
  /// errors: kInUse: another engine holds DATA, or the address is taken (both named); kNoRuntime:
  /// no containers can
  ///         run here, with what to install; kCorrupt, kNewerVersion: the journal was refused;
  ///         kStorageFailed
  [[nodiscard]] static Result<std::unique_ptr<ControlPlane>> open(Options options);

  /// On `loop`, which must outlive it; call it on that loop's thread. `ready` runs there once
  /// commands are taken.
  [[nodiscard]] static Result<std::unique_ptr<ControlPlane>> open(Options options, uv_loop_t* loop,
                                                                  std::function<void()> ready = {});

  /// As `close`, at once.
  ~ControlPlane();
  ControlPlane(const ControlPlane&) = delete;
  ControlPlane& operator=(const ControlPlane&) = delete;

  /// Any thread. The reply comes on the loop's thread, once the command is durable and the views
  /// show it.
  void submit(engine::executor::Submission submission);

  /// Any thread: runs `task` on the loop's thread.
  void post(std::function<void()> task);

  using RunEnd = tl::expected<client::RunReport, client::RunFailure>;
  /// Builds a folder with a Dockerfile and runs it, as `actuary run` does. `done` comes on the
  /// loop's thread.
  void run_folder(client::RunFolder wanted, std::function<void(RunEnd)> done);

  /// What has happened, ready to be asked. Any thread.
  [[nodiscard]] const projections::runner::Views& views() const;

  /// Everything that happens, as an ordered subscription: each durable record once, without a gap,
  /// from any position. Read it on a thread of your own, at your own pace, from any thread's call:
  ///
  ///     auto events = plane.feed().subscribe(last_seen + 1).value();
  ///     while (const auto piece = events->wait({}, 1s)) {
  ///       for (const Record& record : piece->records) handle(record);
  ///       if (piece->ended) break;  // the control plane was closed; events->next() goes on here
  ///     }
  ///
  /// The views have applied what it shows. Subscriptions may outlive this object; they end with it.
  [[nodiscard]] journal::Feed& feed();

  /// What was, from the journal itself: a run as it was at a position or a time, the fleet then,
  /// two runs side by side, why a run is as it is. Any thread; `fleet` reads the journal from its
  /// beginning, so not the loop's. To decide a journal again see projections/rebuild/rebuild.h.
  [[nodiscard]] const projections::history::History& history() const;

  /// The user that the first start made.
  [[nodiscard]] UserId local_user() const;
  /// Where the API listens, `http://127.0.0.1:8010`.
  [[nodiscard]] const std::string& api_url() const;
  /// `DATA/engine.sock`.
  [[nodiscard]] const std::string& socket_path() const;

  /// Why nothing is taken here, and what helps; empty: everything is served. See
  /// `Options::newer_journal`.
  [[nodiscard]] const std::string& read_only() const;

  /// Stops taking requests and lets go of the loop; containers run on and are found again by the
  /// next start. On a host's loop call it there: the loop has nothing of ours left some turns
  /// later. Idempotent.
  void close();

 private:
  class Assembly;
  class Thread;
  ControlPlane();

  std::unique_ptr<Thread> thread_;      ///< only when the loop is ours
  std::shared_ptr<Assembly> assembly_;  ///< works on the loop's thread
};

}  // namespace actuary::adapters::host

namespace actuary {
using adapters::host::ControlPlane;
using ControlPlaneOptions = adapters::host::Options;
}  // namespace actuary
