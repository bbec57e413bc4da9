#pragma once

#include <filesystem>
#include <string>

namespace actuary::bench {

/// Docker Engine as its API starts containers: create, then start, with the limits, capabilities,
/// seccomp profile and kind of network that ours have. The daemon is one of its own, in a folder.
class DockerReference {
 public:
  /// Starts the daemon and imports the file system as its only image.
  DockerReference(const std::filesystem::path& rootfs_tar, int memory_mbytes, int pids_max);
  ~DockerReference();
  DockerReference(const DockerReference&) = delete;
  DockerReference& operator=(const DockerReference&) = delete;

  /// Starts `count` containers one after the other; removing them is not timed.
  ///
  /// returns: containers a second
  double start(int count);

 private:
  std::string call(const std::string& method, const std::string& path, const std::string& body,
                   const std::filesystem::path& upload = {});

  std::filesystem::path folder_;
  std::string socket_;
  std::string create_body_;
  void* curl_ = nullptr;
};

}  // namespace actuary::bench
