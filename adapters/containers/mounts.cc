#include "adapters/containers/mounts.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <thread>

#include "adapters/containers/files.h"
#include "adapters/reactor/process.h"

namespace actuary::adapters::containers {
namespace {

Status make_template(const std::filesystem::path& file, std::uint32_t mbytes) {
  const std::string fresh = file.string() + ".new";
  const Descriptor image(open(fresh.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (image.get() < 0) return fail_errno(fresh);
  if (ftruncate(image.get(), static_cast<off_t>(mbytes) << 20) != 0) return fail_errno(fresh);
  // No journal: the disk is lost with its container anyway. No reserve for root: the limit is the
  // limit.
  TRY_VOID(reactor::run_ok({.argv = {"mkfs.ext4", "-q", "-F", "-m", "0", "-O", "^has_journal", "-E",
                                     "lazy_itable_init=1,nodiscard", fresh}}));
  if (rename(fresh.c_str(), file.c_str()) != 0) return fail_errno(file.string());
  return {};
}

/// Only the written extents: a template of gigabytes holds a few hundred kilobytes.
Status copy_sparse(const std::filesystem::path& from, const std::filesystem::path& to) {
  const Descriptor source(open(from.c_str(), O_RDONLY | O_CLOEXEC));
  const Descriptor target(open(to.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (source.get() < 0 || target.get() < 0) return fail_errno(to.string());
  const off_t end = lseek(source.get(), 0, SEEK_END);
  if (ftruncate(target.get(), end) != 0) return fail_errno(to.string());
  for (off_t at = lseek(source.get(), 0, SEEK_DATA); at >= 0 && at < end;
       at = lseek(source.get(), at, SEEK_DATA)) {
    const off_t hole = lseek(source.get(), at, SEEK_HOLE);
    off_t out = at;
    while (at < hole) {
      const auto size = static_cast<std::size_t>(hole - at);
      if (copy_file_range(source.get(), &at, target.get(), &out, size, 0) <= 0) {
        return fail_errno(to.string());
      }
    }
  }
  return {};
}

Result<Descriptor> attach_loop(const std::filesystem::path& image, std::string& device) {
  const Descriptor file(open(image.c_str(), O_RDWR | O_CLOEXEC));
  const Descriptor control(open("/dev/loop-control", O_RDWR | O_CLOEXEC));
  if (file.get() < 0 || control.get() < 0) return fail_errno("loop device");
  constexpr int kAttempts = 64;  // another process may take the free number first
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const int number = ioctl(control.get(), LOOP_CTL_GET_FREE);
    if (number < 0) return fail_errno("loop device");
    device = "/dev/loop" + std::to_string(number);
    if (access(device.c_str(), F_OK) != 0) {
      mknod(device.c_str(), S_IFBLK | 0600, makedev(7, static_cast<unsigned>(number)));
    }
    Descriptor loop(open(device.c_str(), O_RDWR | O_CLOEXEC));
    loop_config config{};
    config.fd = static_cast<__u32>(file.get());
    config.info.lo_flags = LO_FLAGS_AUTOCLEAR;
    if (loop.get() >= 0 && ioctl(loop.get(), LOOP_CONFIGURE, &config) == 0) return loop;
    if (errno != EBUSY && errno != ENXIO) return fail_errno(device);
  }
  return fail(Code::kUnavailable, "no loop device is free");
}

}  // namespace

bool is_mount_point(const std::filesystem::path& folder) {
  struct stat here {};
  struct statx info {};
  if (stat(folder.c_str(), &here) != 0) return false;
  if (statx(AT_FDCWD, folder.c_str(), 0, STATX_BASIC_STATS, &info) != 0) return false;
  return (info.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

Status share_mounts(const std::filesystem::path& folder) {
  if (!is_mount_point(folder)) {
    if (mount(folder.c_str(), folder.c_str(), nullptr, MS_BIND, nullptr) != 0) {
      return fail_errno("bind " + folder.string());
    }
    if (mount(nullptr, folder.c_str(), nullptr, MS_PRIVATE, nullptr) != 0) {
      return fail_errno("private " + folder.string());
    }
  }
  if (mount(nullptr, folder.c_str(), nullptr, MS_SHARED, nullptr) != 0) {
    return fail_errno("share " + folder.string());
  }
  return {};
}

Result<int> namespace_without_hybrid_cgroup() {
  Result<int> answer = fail(Code::kUnavailable, "no mount namespace");
  // A thread may leave the process's mount namespace alone; the descriptor keeps the new one alive.
  std::thread([&answer] {
    if (unshare(CLONE_NEWNS) != 0 ||
        mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0 ||
        umount2("/sys/fs/cgroup/unified", MNT_DETACH) != 0) {
      answer = fail_errno("mount namespace for crun");
      return;
    }
    const int fd = open("/proc/thread-self/ns/mnt", O_RDONLY | O_CLOEXEC);
    if (fd >= 0) answer = fd;
  }).join();
  return answer;
}

Status mount_disk(const std::filesystem::path& templates, std::uint32_t mbytes,
                  const std::filesystem::path& image, const std::filesystem::path& target) {
  static std::mutex making;  // of templates; two first users of a size must not write the same file
  const std::filesystem::path blank = templates / (std::to_string(mbytes) + ".img");
  {
    const std::lock_guard lock(making);
    if (access(blank.c_str(), R_OK) != 0) TRY_VOID(make_template(blank, mbytes));
  }
  TRY_VOID(copy_sparse(blank, image));
  std::string device;
  TRY(loop, attach_loop(image, device));
  if (mount(device.c_str(), target.c_str(), "ext4", MS_NOSUID | MS_NODEV | MS_NOATIME, nullptr) !=
      0) {
    return fail_errno("mount " + image.string());
  }
  return {};
}

Status mount_overlay(const std::vector<std::filesystem::path>& layers,
                     const std::filesystem::path& upper, const std::filesystem::path& work,
                     const std::filesystem::path& target) {
  // A mount's options fit one page; by descriptor even 100 layers with long paths do.
  std::vector<Descriptor> opened;
  std::string options = "lowerdir=";
  for (const std::filesystem::path& layer : layers) {
    opened.emplace_back(open(layer.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (opened.back().get() < 0) return fail_errno(layer.string());
    if (opened.size() > 1) options += ':';
    options += "/proc/self/fd/" + std::to_string(opened.back().get());
  }
  const Descriptor upper_folder(open(upper.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const Descriptor work_folder(open(work.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (upper_folder.get() < 0 || work_folder.get() < 0) return fail_errno(upper.string());
  options += ",upperdir=/proc/self/fd/" + std::to_string(upper_folder.get());
  options += ",workdir=/proc/self/fd/" + std::to_string(work_folder.get());
  if (mount("overlay", target.c_str(), "overlay", MS_NODEV | MS_NOSUID, options.c_str()) != 0) {
    return fail_errno("overlay on " + target.string());
  }
  return {};
}

void unmount(const std::filesystem::path& target) {
  constexpr int kStackedMax = 8;
  for (int i = 0; i < kStackedMax && is_mount_point(target); ++i) {
    if (umount2(target.c_str(), 0) == 0) continue;
    if (umount2(target.c_str(), MNT_DETACH) != 0) return;
  }
}

}  // namespace actuary::adapters::containers
