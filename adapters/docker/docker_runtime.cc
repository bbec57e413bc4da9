#include "adapters/docker/docker_runtime.h"

#include "adapters/docker/docker_containers.h"

namespace actuary::adapters::docker {

DockerRuntime::DockerRuntime(reactor::UvLoop& loop, std::shared_ptr<DockerContainers> containers)
    : Runtime(loop, containers, kThreads), containers_(std::move(containers)) {}

Status DockerRuntime::keep_image(const events::Image& image,
                                 const std::filesystem::path& folder) const {
  return containers_->keep_image(image, folder);
}

Status DockerRuntime::forget_image(const events::Image& image) const {
  return containers_->forget_image(image);
}

Result<std::unique_ptr<DockerRuntime>> DockerRuntime::open(reactor::UvLoop& loop,
                                                           const Options& options) {
  auto containers = std::make_shared<DockerContainers>(options);
  TRY_VOID(containers->open());
  std::unique_ptr<DockerRuntime> runtime(new DockerRuntime(loop, std::move(containers)));
  TRY_VOID(runtime->watch());
  return runtime;
}

}  // namespace actuary::adapters::docker
