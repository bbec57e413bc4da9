#pragma once

#include <memory>

#include "adapters/containers/runtime.h"
#include "adapters/docker/options.h"

namespace actuary::adapters::docker {

class DockerContainers;

/// Containers of a Docker Engine on this machine, with `actuary-init` as PID 1.
class DockerRuntime final : public containers::Runtime {
 public:
  /// Blocking, once per start of the engine.
  ///
  /// errors: kNoRuntime: what is missing and how to get it
  [[nodiscard]] static Result<std::unique_ptr<DockerRuntime>> open(reactor::UvLoop& loop,
                                                                   const Options& options);

  /// Docker's copy of an image. Blocking, from any thread; before `close`.
  ///
  /// errors: kUnavailable: why Docker does not take it
  [[nodiscard]] Status keep_image(const events::Image& image,
                                  const std::filesystem::path& folder) const;
  /// errors: kUnavailable. Not there is success.
  [[nodiscard]] Status forget_image(const events::Image& image) const;

 private:
  /// More than the OCI runtime's: they wait for a daemon.
  static constexpr unsigned kThreads = 8;

  DockerRuntime(reactor::UvLoop& loop, std::shared_ptr<DockerContainers> containers);

  std::shared_ptr<DockerContainers> containers_;
};

}  // namespace actuary::adapters::docker
