#include "adapters/oci/oci_builder.h"

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "adapters/containers/cgroup.h"
#include "adapters/containers/mounts.h"

namespace actuary::adapters::oci {
namespace {

using Json = nlohmann::json;
using engine::ports::BuildSpec;

constexpr std::chrono::minutes kExportMax{10};

}  // namespace

OciBuilder::~OciBuilder() {
  close();
  if (mount_namespace_ >= 0) ::close(mount_namespace_);
}

Result<std::unique_ptr<OciBuilder>> OciBuilder::open(engine::ports::Loop& loop,
                                                     engine::ports::Blobs& blobs, Clock& clock,
                                                     const Options& options) {
  std::unique_ptr<OciBuilder> builder(new OciBuilder(loop, blobs, clock, options));
  for (const char* program : {"buildah", "unshare"}) {
    if (!reactor::find_program(program).empty()) continue;
    return fail(Code::kNoRuntime,
                std::string(program) + " is missing: apt-get install buildah util-linux");
  }
  builder->runtime_ = reactor::find_program("runc");
  if (builder->runtime_.empty()) {
    builder->runtime_ = reactor::find_program("crun");
    if (containers::Cgroup::is_hybrid()) {
      TRY(entered, containers::namespace_without_hybrid_cgroup());
      builder->mount_namespace_ = entered;
    }
  }
  if (builder->runtime_.empty()) {
    return fail(Code::kNoRuntime, "neither runc nor crun is here: apt-get install crun");
  }
  TRY_VOID(builder->Builder::open());
  TRY_VOID(write_scratch(options.data / "images/registries.conf",
                         "unqualified-search-registries = [\"docker.io\"]\n"));
  // Builds of an engine that died left their working containers behind.
  (void)reactor::run(builder->buildah({"rm", "--all"}));
  return builder;
}

reactor::Command OciBuilder::buildah(std::vector<std::string> arguments) const {
  // In a process namespace of its own: when the engine dies, the kernel kills the whole build.
  std::vector<std::string> argv = {"unshare",
                                   "--pid",
                                   "--fork",
                                   "--kill-child=KILL",
                                   "--mount-proc",
                                   "--",
                                   "buildah",
                                   "--root",
                                   options().data / "images/storage",
                                   "--runroot",
                                   options().data / "runtime/images",
                                   "--storage-driver",
                                   "overlay"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  reactor::Command command{.argv = std::move(argv), .mount_namespace = mount_namespace_};
  const std::string own = read_file("/etc/containers/registries.conf").value_or(std::string());
  if (("\n" + own).find("\nunqualified-search-registries") == std::string::npos) {
    command.extra_env.push_back("CONTAINERS_REGISTRIES_CONF=" +
                                (options().data / "images/registries.conf").string());
  }
  return command;
}

/// Once per archive: the stamp says which one is in the storage.
Status OciBuilder::import_base(const BuildSpec& spec) {
  TRY(stamp, base_stamp());
  const std::filesystem::path stamp_file = options().data / "images/base.stamp";
  if (read_file(stamp_file) == stamp) return {};
  const std::filesystem::path folder = options().data / "runtime/builds/base";
  TRY_VOID(make_directory(folder));
  std::error_code error;
  std::filesystem::copy_file(options().base_archive, folder / "rootfs.tar",
                             std::filesystem::copy_options::overwrite_existing, error);
  if (error)
    return fail(Code::kUnavailable, options().base_archive.string() + ": " + error.message());
  TRY_VOID(
      write_scratch(folder / "Dockerfile",
                    "FROM scratch\nADD rootfs.tar /\n"
                    "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
                    "ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt\nCMD [\"/bin/sh\"]\n"));
  reactor::Command command =
      buildah({"bud", "--tag", kBaseName, "--isolation", "oci", "--runtime", runtime_, folder});
  command.timeout = kExportMax;
  command.on_started = note_process(spec.build_id);
  const auto imported = reactor::run_ok(command);
  stop_with(spec.build_id, {});
  TRY_VOID(imported);
  std::filesystem::remove_all(folder, error);
  return write_file(stamp_file, stamp);
}

Result<events::Image> OciBuilder::bake(const BuildSpec& spec, const containers::Source& source,
                                       const std::filesystem::path& folder,
                                       containers::BuildLog& log) {
  // A copy under a name of ours: buildah runs a Dockerfile called *.in through cpp, which includes
  // any file of this machine, and follows a symbolic link.
  const std::filesystem::path dockerfile = folder / "Dockerfile";
  TRY_VOID(write_scratch(dockerfile, source.dockerfile));
  for (const char* name : {".dockerignore", ".containerignore"}) {
    std::error_code ignored;
    if (!std::filesystem::is_symlink(source.context / name, ignored)) continue;
    std::filesystem::remove(source.context / name, ignored);
  }
  std::vector<std::string> arguments = {"bud",
                                        "--isolation",
                                        "oci",
                                        "--runtime",
                                        runtime_,
                                        "--network",
                                        "host",
                                        "--format",
                                        "oci",
                                        "--file",
                                        dockerfile,
                                        "--iidfile",
                                        folder / "image-id",
                                        "--label",
                                        "actuary.build=" + spec.build_id.str(),
                                        "--build-arg",
                                        "ACTOR_PATH_IN_DOCKER_CONTEXT=" + source.actor_path,
                                        "--layers",
                                        spec.use_cache ? "--no-cache=false" : "--no-cache=true"};
  if (spec.memory_mbytes > 0) {
    arguments.insert(arguments.end(), {"--memory", std::to_string(spec.memory_mbytes) + "m"});
  }
  if (spec.version.apply_env_vars_to_build) {
    for (const events::EnvVar& variable : spec.version.env_vars) {
      // A layer keeps what a build was told, so secrets stay out.
      if (variable.is_secret) continue;
      arguments.insert(arguments.end(), {"--build-arg", variable.name + "=" + variable.value});
    }
  }
  arguments.push_back(source.context);
  reactor::Command command = buildah(std::move(arguments));
  command.timeout = kBuildMinutesMax;
  command.on_output = [&log](std::string_view text) { log.add(text); };
  command.on_started = note_process(spec.build_id);
  const auto outcome = reactor::run(command);
  stop_with(spec.build_id, {});
  log.finish();
  if (!outcome) return tl::make_unexpected(outcome.error());
  if (outcome->timed_out) return fail(Code::kInvalidArgument, "the build took longer than an hour");
  if (outcome->exit_code != 0) return fail(Code::kInvalidArgument, log.last());
  std::string id = read_file(folder / "image-id").value_or(std::string());
  id.erase(0, id.find(':') + 1);
  return describe(id);
}

Result<events::Image> OciBuilder::describe(const std::string& image_id) const {
  TRY(text, reactor::run_ok(buildah({"inspect", "--type", "image", image_id})));
  const Json report = Json::parse(text, nullptr, false);
  if (!report.is_object() || !report.contains("OCIv1")) {
    return fail(Code::kUnavailable, "buildah cannot describe image " + image_id);
  }
  events::Image image{.id = image_id, .config = report["OCIv1"].dump()};
  if (image.config.size() > containers::kDescriptionBytesMax) {
    return fail(Code::kInvalidArgument, "the image's configuration (ENV, LABEL, CMD) is too large");
  }
  const std::string manifest = report.value("Manifest", "");
  const Json layers = Json::parse(manifest, nullptr, false);
  if (!layers.is_object() || !layers.contains("layers")) return image;
  for (const Json& layer : layers["layers"]) image.bytes += layer.value("size", std::uint64_t{0});
  return image;
}

Status OciBuilder::export_image(const events::Image& image, const std::string& name,
                                const std::filesystem::path& file) const {
  reactor::Command command =
      buildah({"push", "--quiet", image.id, "docker-archive:" + file.string() + ":" + name});
  command.timeout = kExportMax;
  TRY_VOID(reactor::run_ok(command));
  return {};
}

Status OciBuilder::forget(const events::Image& image) {
  const auto outcome = reactor::run_ok(buildah({"rmi", image.id}));
  const bool gone = outcome || outcome.error().detail.find("not known") != std::string::npos;
  return gone ? Status{} : Status(tl::make_unexpected(outcome.error()));
}

}  // namespace actuary::adapters::oci
