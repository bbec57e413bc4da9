#include <filesystem>
#include <utility>

#include "adapters/host/assembly.h"
#include "journal/rocks/readable_prefix.h"

/// A journal that a newer program went on with, shown as it was before that. No term is claimed, no
/// runtime is looked for, and the folder is left as it is, but for LOCK and engine.sock.
namespace actuary::adapters::host {

using engine::executor::Executor;

Status ControlPlane::Assembly::open_reading(const Folders& folders, const Address& address,
                                            OnStarted started) {
  TRY_VOID(open_readable(folders));
  executor_ = std::make_unique<Executor>(
      Executor::Outside{.journal = *journal_,
                        .loop = *loop_,
                        .clock = clock_,
                        .ids = ids_,
                        .perform = [](const auto&, Position) {},
                        .on_durable = [](std::span<const Record>) { return Status{}; },
                        .on_fatal = [this](const Error& error) { refuse(error); },
                        .archive = nullptr},
      engine::decision::Settings{.capacity = capacity_of(options_),
                                 .retention = options_.retention});
  TRY_VOID(executor_->start_reading({Code::kUnavailable, read_only_.why}));
  TRY_VOID(open_api(folders, address));
  loop_->post([started = std::move(started)] {
    if (started) started({});
  });
  return {};
}

/// The views of DATA may have followed the newer program, so they are made anew elsewhere.
Status ControlPlane::Assembly::open_readable(const Folders& folders) {
  TRY(prefix, journal::rocks::ReadablePrefix::open(folders.journal.string()));
  const std::string end = std::to_string(prefix->head().position);
  read_only_.why = "read-only, shown as it was at position " + end + ": " + prefix->why();
  TRY_VOID(prefix->scan_beyond([this](const Record& record) {
    const auto* revoked = std::get_if<events::TokenRevoked>(&record.event);
    if (revoked != nullptr) read_only_.revoked_since.push_back(revoked->token_id);
    return true;
  }));
  journal_ = std::move(prefix);
  if (!std::filesystem::exists(folders.keys / "master.key")) {
    return fail(Code::kNotFound, (folders.keys / "master.key").string() + " is missing");
  }
  TRY(keys, Keys::open(folders.keys, ids_));
  keys_ = std::move(keys);
  feed_ = std::make_unique<journal::Feed>(*journal_);
  history_.emplace(*journal_);
  TRY(scratch, Scratch::make("views"));
  scratch_.emplace(std::move(scratch));
  TRY(views, projections::runner::Views::open(scratch_->path()));
  views_ = std::move(views);
  TRY_VOID(views_->catch_up(*journal_));
  TRY(storages, storages::RocksStorages::open_read_only(folders.storages, *loop_, clock_));
  storages_ = std::move(storages);
  TRY(logs, logs::FileLogs::open(folders.logs, *loop_));
  logs_ = std::move(logs);
  blobs_ = std::make_unique<blobs::FileBlobs>(folders.blobs, disk_->room());
  return {};
}

}  // namespace actuary::adapters::host
