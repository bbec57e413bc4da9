#pragma once

#include <uv.h>

#include <functional>
#include <memory>
#include <string>

#include "adapters/disk/ballast.h"
#include "adapters/disk/disk_guard.h"
#include "adapters/host/surroundings.h"

namespace actuary::adapters::host {

/// Keeps the engine out of a full disk, and lets it go on when there is room again. Lives on the
/// loop's thread; `room` answers on any.
class DiskWatch {
 public:
  struct Outside {
    /// There is room again: what waited may go on.
    std::function<void()> on_room;
    /// One line for the operator when the disk runs full and when it has room again. May be empty.
    std::function<void(const std::string&)> on_note;
  };

  /// Where too little is free even for recovery, the ballast goes first, once.
  ///
  /// errors: kStorageFailed: a full disk, saying what is free and what is needed
  [[nodiscard]] static Result<std::unique_ptr<DiskWatch>> open(
      const Folders& folders, std::optional<std::uint64_t> reserve_bytes, Outside outside);
  ~DiskWatch();
  DiskWatch(const DiskWatch&) = delete;
  DiskWatch& operator=(const DiskWatch&) = delete;

  /// Whether less is free than the reserve.
  [[nodiscard]] bool is_short() { return guard_->refresh() != disk::DiskGuard::Grade::kPlenty; }
  /// Something ran out of space while it was opened: throws the ballast, if there is one.
  [[nodiscard]] bool make_room();
  /// Looks every second from now on, and makes the ballast when there is plenty.
  void start(uv_loop_t* loop);
  void close();
  [[nodiscard]] engine::ports::Room room();
  [[nodiscard]] std::uint64_t reserve_bytes() { return guard_->reserve_bytes(); }

 private:
  DiskWatch(std::unique_ptr<disk::DiskGuard> guard, const Folders& folders, Outside outside)
      : guard_(std::move(guard)), ballast_(folders.data), outside_(std::move(outside)) {}
  void look();
  void notice(const std::string& line) const;

  std::unique_ptr<disk::DiskGuard> guard_;
  disk::Ballast ballast_;
  Outside outside_;
  disk::DiskGuard::Grade grade_ = disk::DiskGuard::Grade::kPlenty;
  uv_timer_t* timer_ = nullptr;
};

}  // namespace actuary::adapters::host
