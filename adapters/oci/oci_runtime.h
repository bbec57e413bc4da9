#pragma once

#include <memory>

#include "adapters/containers/runtime.h"
#include "adapters/oci/options.h"

namespace actuary::adapters::oci {

/// Containers without a daemon: overlayfs, conmon, crun or runc, and `actuary-init` as PID 1.
class OciRuntime final : public containers::Runtime {
 public:
  /// Blocking, once per start of the engine.
  ///
  /// errors: kNoRuntime: what is missing and how to install it
  [[nodiscard]] static Result<std::unique_ptr<OciRuntime>> open(reactor::UvLoop& loop,
                                                                const Options& options);

 private:
  static constexpr unsigned kThreads = 4;

  using Runtime::Runtime;
};

}  // namespace actuary::adapters::oci
