#pragma once

#include <filesystem>
#include <vector>

#include "journal/base/result.h"

namespace actuary::adapters::containers {

/// Makes `folder` a mount of its own that shares its mounts and unmounts with every later
/// namespace: a shim that lives in another mount namespace then never keeps a container's file
/// system busy.
[[nodiscard]] Status share_mounts(const std::filesystem::path& folder);

/// A mount namespace in which crun sees no hybrid control groups: a descriptor for
/// `Command::mount_namespace`.
[[nodiscard]] Result<int> namespace_without_hybrid_cgroup();

/// Copies the template of that size (made on first use) to `image` and mounts it on `target`.
///
/// units: mebibytes, the size of the file system; the file is sparse
[[nodiscard]] Status mount_disk(const std::filesystem::path& templates, std::uint32_t mbytes,
                                const std::filesystem::path& image,
                                const std::filesystem::path& target);

/// `layers`: the lowest last, as containers-storage and overlayfs order them.
[[nodiscard]] Status mount_overlay(const std::vector<std::filesystem::path>& layers,
                                   const std::filesystem::path& upper,
                                   const std::filesystem::path& work,
                                   const std::filesystem::path& target);

[[nodiscard]] bool is_mount_point(const std::filesystem::path& folder);
/// Whatever is mounted there, however often. Nothing there is success.
void unmount(const std::filesystem::path& target);

}  // namespace actuary::adapters::containers
