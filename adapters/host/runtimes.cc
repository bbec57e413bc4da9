#include "adapters/host/runtimes.h"

#include "adapters/containers/files.h"
#include "adapters/containers/mounts.h"
#include "adapters/docker/api.h"
#include "adapters/docker/docker_runtime.h"
#include "adapters/oci/oci_builder.h"
#include "adapters/oci/oci_runtime.h"

namespace actuary::adapters::host {
namespace {

const char* name_of(RuntimeKind kind) { return kind == RuntimeKind::kDocker ? "docker" : "oci"; }

std::filesystem::path note_in(const std::filesystem::path& data) { return data / "runtime-kind"; }

/// What this folder had last time; a folder of an older program had OCI, the only one then.
RuntimeKind last_kind(const std::filesystem::path& data) {
  std::error_code ignored;
  if (containers::read_file(note_in(data)) == std::string("docker")) return RuntimeKind::kDocker;
  const bool known = std::filesystem::exists(note_in(data), ignored) ||
                     std::filesystem::exists(data / "runtime/network.json", ignored);
  return known ? RuntimeKind::kOci : RuntimeKind::kAuto;
}

Result<Runtimes> open_oci(const RuntimesInputs& inputs) {
  auto runtime = oci::OciRuntime::open(inputs.loop, inputs.containers);
  if (!runtime) {
    containers::unmount(inputs.containers.data / "runtime");
    return tl::make_unexpected(runtime.error());
  }
  TRY(builder, oci::OciBuilder::open(inputs.loop, inputs.blobs, inputs.clock, inputs.containers));
  return Runtimes{std::move(builder), std::move(*runtime)};
}

/// Images are built by buildah as for the OCI runtime, so that a build is the same whatever runs
/// it; Docker gets a copy.
Result<Runtimes> open_docker(const RuntimesInputs& inputs) {
  TRY(builder, oci::OciBuilder::open(inputs.loop, inputs.blobs, inputs.clock, inputs.containers));
  docker::Options options{
      .containers = inputs.containers,
      .socket = inputs.docker_socket.empty() ? docker::default_socket() : inputs.docker_socket,
      .export_image = [from = builder.get()](const events::Image& image, const std::string& name,
                                             const std::filesystem::path& file) {
        return from->export_image(image, name, file);
      }};
  TRY(runtime, docker::DockerRuntime::open(inputs.loop, options));
  builder->mirror(
      {.keep = [to = runtime.get()](
                   const events::Image& image,
                   const std::filesystem::path& folder) { return to->keep_image(image, folder); },
       .forget =
           [to = runtime.get()](const events::Image& image) { return to->forget_image(image); }});
  return Runtimes{std::move(builder), std::move(runtime)};
}

Result<Runtimes> open_kind(const RuntimesInputs& inputs, RuntimeKind kind) {
  return kind == RuntimeKind::kDocker ? open_docker(inputs) : open_oci(inputs);
}

/// The OCI runtime needs no daemon that somebody has to keep alive, so it comes first.
Result<Runtimes> open_first(const RuntimesInputs& inputs, RuntimeKind& kind) {
  kind = RuntimeKind::kOci;
  auto oci = open_oci(inputs);
  if (oci || oci.error().code != Code::kNoRuntime) return oci;
  kind = RuntimeKind::kDocker;
  auto docker = open_docker(inputs);
  if (docker || docker.error().code != Code::kNoRuntime) return docker;
  return fail(Code::kNoRuntime, "no containers can run here. --runtime oci: " + oci.error().detail +
                                    ". --runtime docker: " + docker.error().detail);
}

}  // namespace

Result<Runtimes> open_runtimes(const RuntimesInputs& inputs) {
  const std::filesystem::path& data = inputs.containers.data;
  const RuntimeKind last = last_kind(data);
  RuntimeKind kind = inputs.wanted == RuntimeKind::kAuto ? last : inputs.wanted;
  if (last != RuntimeKind::kAuto && kind != last) {
    const std::size_t there = containers::bundles_in(data).size();
    if (there > 0) {
      const std::string right = std::string("--runtime ") + name_of(last);
      return fail(Code::kNoRuntime, std::to_string(there) + " containers of " + right +
                                        " are still here: start with " + right +
                                        " until their runs have ended");
    }
  }
  auto opened = kind == RuntimeKind::kAuto ? open_first(inputs, kind) : open_kind(inputs, kind);
  if (!opened && inputs.wanted == RuntimeKind::kAuto && last != RuntimeKind::kAuto) {
    return fail(opened.error().code, opened.error().detail + " (this folder uses --runtime " +
                                         name_of(last) + " since its last start)");
  }
  if (!opened) return opened;
  TRY_VOID(containers::write_file(note_in(data), name_of(kind)));
  return opened;
}

}  // namespace actuary::adapters::host
