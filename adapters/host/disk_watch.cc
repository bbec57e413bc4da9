#include "adapters/host/disk_watch.h"

#include <utility>

namespace actuary::adapters::host {
namespace {

using Grade = disk::DiskGuard::Grade;

constexpr std::uint64_t kLookEveryMillis = 1000;

}  // namespace

Result<std::unique_ptr<DiskWatch>> DiskWatch::open(const Folders& folders,
                                                   std::optional<std::uint64_t> reserve_bytes,
                                                   Outside outside) {
  TRY(guard, disk::DiskGuard::open({folders.data, folders.journal, folders.storages, folders.logs,
                                    folders.blobs, folders.keys},
                                   reserve_bytes));
  std::unique_ptr<DiskWatch> watch(new DiskWatch(std::move(guard), folders, std::move(outside)));
  if (!watch->guard_->may_open() && watch->make_room()) (void)watch->guard_->refresh();
  TRY_VOID(watch->guard_->may_open());
  return watch;
}

DiskWatch::~DiskWatch() { close(); }

bool DiskWatch::make_room() {
  if (!ballast_.release()) return false;
  notice("the ballast was released to make room; it is made again when there is plenty");
  return true;
}

void DiskWatch::start(uv_loop_t* loop) {
  timer_ = new uv_timer_t;
  uv_timer_init(loop, timer_);
  timer_->data = this;
  uv_timer_start(
      timer_, [](uv_timer_t* timer) { static_cast<DiskWatch*>(timer->data)->look(); }, 0,
      kLookEveryMillis);
}

void DiskWatch::close() {
  if (timer_ == nullptr) return;
  uv_close(reinterpret_cast<uv_handle_t*>(std::exchange(timer_, nullptr)),
           [](uv_handle_t* handle) { delete reinterpret_cast<uv_timer_t*>(handle); });
}

engine::ports::Room DiskWatch::room() {
  return
      [this](engine::ports::Need need, std::uint64_t bytes) { return guard_->check(need, bytes); };
}

void DiskWatch::look() {
  const Grade before = std::exchange(grade_, guard_->refresh());
  if (before == Grade::kPlenty && grade_ != Grade::kPlenty) {
    notice(guard_->shortage() + "; commands are refused until there is room");
  }
  if (before != Grade::kPlenty && grade_ == Grade::kPlenty) {
    notice("the disk has room again");
    if (outside_.on_room) outside_.on_room();
  }
  // A file system that cannot allocate has none; the reserve is there all the same.
  if (!ballast_.is_there() && guard_->has_room_for_ballast()) (void)ballast_.make();
}

void DiskWatch::notice(const std::string& line) const {
  if (outside_.on_note) outside_.on_note(line);
}

}  // namespace actuary::adapters::host
