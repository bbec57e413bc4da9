#include "adapters/oci/oci_runtime.h"

#include "adapters/oci/oci_containers.h"

namespace actuary::adapters::oci {

Result<std::unique_ptr<OciRuntime>> OciRuntime::open(reactor::UvLoop& loop,
                                                     const Options& options) {
  const auto containers = std::make_shared<OciContainers>(options);
  TRY_VOID(containers->open());
  std::unique_ptr<OciRuntime> runtime(new OciRuntime(loop, containers, kThreads));
  TRY_VOID(runtime->watch());
  return runtime;
}

}  // namespace actuary::adapters::oci
