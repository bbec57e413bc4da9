#include "adapters/disk/disk_guard.h"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

namespace actuary::adapters::disk {
namespace {

namespace policy = engine::policy;

std::optional<policy::DiskSpace> measured(const std::filesystem::path& folder) {
  struct statvfs status {};
  if (::statvfs(folder.c_str(), &status) != 0) return std::nullopt;
  // Not what is merely free: of that, file systems keep some for root and some for themselves, and
  // the latter is nobody's, not even root's.
  return policy::DiskSpace{.bytes_free = status.f_bavail * std::uint64_t{status.f_frsize},
                           .bytes_total = status.f_blocks * std::uint64_t{status.f_frsize},
                           .files_free = status.f_favail,
                           .files_total = status.f_files};
}

tl::unexpected<Error> system_error(const std::filesystem::path& folder) {
  return fail(Code::kStorageFailed, folder.string() + ": " + std::strerror(errno));
}

}  // namespace

Result<std::unique_ptr<DiskGuard>> DiskGuard::open(
    const std::vector<std::filesystem::path>& folders, std::optional<std::uint64_t> reserve_bytes) {
  std::unique_ptr<DiskGuard> guard(new DiskGuard);
  for (const std::filesystem::path& folder : folders) {
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0) return system_error(folder);
    const bool known =
        std::any_of(guard->volumes_.begin(), guard->volumes_.end(),
                    [&](const Volume& volume) { return volume.device == status.st_dev; });
    if (known) continue;
    const auto space = measured(folder);
    if (!space) return system_error(folder);
    guard->volumes_.push_back(
        {folder, status.st_dev, *space, policy::reserve_of(*space, reserve_bytes)});
  }
  guard->refresh();
  return guard;
}

void DiskGuard::measure() {
  for (Volume& volume : volumes_) {
    // What cannot be measured now is as it was: unknown is not full.
    if (const auto space = measured(volume.folder)) volume.space = *space;
    volume.grade = policy::grade_of(volume.grade, volume.space, volume.reserve);
  }
  measured_at_ = std::chrono::steady_clock::now();
}

Status DiskGuard::check(engine::ports::Need need, std::uint64_t bytes) {
  if (need == engine::ports::Need::kReport) return {};
  const std::lock_guard lock(mutex_);
  const bool fresh = std::chrono::steady_clock::now() - measured_at_ < kFreshFor;
  if (!fresh || bytes >= kLargeBytes) measure();
  for (const Volume& volume : volumes_) {
    TRY_VOID(policy::room_for(volume.grade, need, bytes, volume.space, volume.reserve));
  }
  return {};
}

DiskGuard::Grade DiskGuard::refresh() {
  const std::lock_guard lock(mutex_);
  measure();
  Grade worst = Grade::kPlenty;
  for (const Volume& volume : volumes_) worst = std::max(worst, volume.grade);
  return worst;
}

std::string DiskGuard::shortage() {
  const Status room = check(engine::ports::Need::kMore, 0);
  return room ? std::string() : room.error().detail;
}

Status DiskGuard::may_open() {
  const std::lock_guard lock(mutex_);
  measure();
  for (const Volume& volume : volumes_) {
    if (Status enough = policy::may_open(volume.space, volume.reserve); !enough) {
      return fail(enough.error().code, volume.folder.string() + ": " + enough.error().detail +
                                           "; free some space and start again");
    }
  }
  return {};
}

bool DiskGuard::has_room_for_ballast() {
  const std::lock_guard lock(mutex_);
  measure();
  return policy::has_room_for_ballast(volumes_.front().space, volumes_.front().reserve);
}

std::uint64_t DiskGuard::reserve_bytes() {
  const std::lock_guard lock(mutex_);
  return volumes_.front().reserve.bytes;
}

}  // namespace actuary::adapters::disk
