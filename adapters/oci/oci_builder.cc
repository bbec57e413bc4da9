#include "adapters/oci/oci_builder.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <deque>
#include <nlohmann/json.hpp>
#include <sstream>

#include "adapters/oci/cgroup.h"
#include "adapters/oci/files.h"
#include "adapters/oci/mounts.h"

namespace actuary::adapters::oci {
namespace {

using Json = nlohmann::json;
using engine::ports::BuildProduct;
using engine::ports::BuildSpec;

constexpr const char* kBaseName = "localhost/actuary/base";

/// The image names that a Dockerfile starts from.
std::vector<std::string> bases_of(const std::string& dockerfile) {
  std::istringstream rows(dockerfile);
  std::vector<std::string> names;
  for (std::string row; std::getline(rows, row);) {
    std::istringstream words(row);
    std::string word;
    words >> word;
    if (strcasecmp(word.c_str(), "from") != 0) continue;
    do words >> word;
    while (word.starts_with("--") && words);
    names.push_back(word);
  }
  return names;
}

bool names_base(const std::string& image, const std::string& name) {
  return image == name || image.starts_with(name + ":") || image.starts_with(name + "@");
}

}  // namespace

/// Whole lines, each stamped and written at once; the last ones are kept for the error.
class OciBuilder::Log {
 public:
  Log(const std::filesystem::path& path, Clock& clock, std::uint64_t bytes_max)
      : file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)),
        clock_(clock),
        bytes_left_(bytes_max) {}

  void add(std::string_view text) {
    for (const char c : text) {
      if (c == '\n' || partial_.size() >= kLineBytesMax) finish();
      if (c != '\n' && c != '\r') partial_.push_back(c);
    }
  }
  void finish() { line(std::exchange(partial_, {})); }
  void line(const std::string& text) {
    last_.push_back(text);
    if (last_.size() > kLastLines) last_.pop_front();
    const std::string whole = to_iso(clock_.now().utc) + " " + text + "\n";
    if (whole.size() > bytes_left_) return;
    bytes_left_ -= whole.size();
    (void)!write(file_.get(), whole.data(), whole.size());
  }
  [[nodiscard]] std::string last() const {
    std::string text;
    for (const std::string& each : last_) text += (text.empty() ? "" : "\n") + each;
    return text;
  }

 private:
  static constexpr std::size_t kLastLines = 8;
  static constexpr std::size_t kLineBytesMax = 64 * 1024;

  Descriptor file_;
  Clock& clock_;
  std::uint64_t bytes_left_;
  std::string partial_;
  std::deque<std::string> last_;
};

OciBuilder::OciBuilder(engine::ports::Loop& loop, engine::ports::Blobs& blobs, Clock& clock,
                       const Options& options)
    : options_(options), loop_(loop), blobs_(blobs), clock_(clock) {}

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
    if (Cgroup::is_hybrid()) {
      TRY(entered, namespace_without_hybrid_cgroup());
      builder->mount_namespace_ = entered;
    }
  }
  if (builder->runtime_.empty()) {
    return fail(Code::kNoRuntime, "neither runc nor crun is here: apt-get install crun");
  }
  TRY_VOID(make_directory(options.data / "images"));
  TRY_VOID(make_directory(options.data / "logs"));
  TRY_VOID(write_scratch(options.data / "images/registries.conf",
                         "unqualified-search-registries = [\"docker.io\"]\n"));
  // Builds of an engine that died left their working containers and sources behind.
  std::error_code ignored;
  std::filesystem::remove_all(options.data / "runtime/builds", ignored);
  TRY_VOID(make_directory(options.data / "runtime/builds"));
  (void)reactor::run(builder->buildah({"rm", "--all"}));
  builder->workers_ = std::make_unique<reactor::Workers>(loop, kThreads);
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
                                   options_.data / "images/storage",
                                   "--runroot",
                                   options_.data / "runtime/images",
                                   "--storage-driver",
                                   "overlay"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  reactor::Command command{.argv = std::move(argv), .mount_namespace = mount_namespace_};
  const std::string own = read_file("/etc/containers/registries.conf").value_or(std::string());
  if (("\n" + own).find("\nunqualified-search-registries") == std::string::npos) {
    command.extra_env.push_back("CONTAINERS_REGISTRIES_CONF=" +
                                (options_.data / "images/registries.conf").string());
  }
  return command;
}

void OciBuilder::build(BuildSpec spec, Done done) {
  auto wanted = std::make_shared<BuildSpec>(std::move(spec));
  auto answer = std::make_shared<Result<BuildProduct>>();
  {
    const std::lock_guard lock(mutex_);
    running_[wanted->build_id] = {};
  }
  auto reply = std::make_shared<Done>(std::move(done));
  const Status taken = workers_->submit([this, wanted, answer] { *answer = make(*wanted); },
                                        [answer, reply, open = open_] {
                                          if (*open) (*reply)(std::move(*answer));
                                        });
  if (taken) return;
  loop_.post([reply, error = taken.error()] { (*reply)(tl::make_unexpected(error)); });
}

void OciBuilder::note_pid(const BuildId& build_id, pid_t pid) {
  const std::lock_guard lock(mutex_);
  Running& running = running_[build_id];
  running.pid = pid;
  if (running.cancelled && pid > 0) ::kill(pid, SIGKILL);
}

bool OciBuilder::is_cancelled(const BuildId& build_id) {
  const std::lock_guard lock(mutex_);
  return running_[build_id].cancelled;
}

void OciBuilder::cancel(const BuildId& build_id, std::function<void(Status)> done) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = running_.find(build_id); found != running_.end()) {
      found->second.cancelled = true;
      if (found->second.pid > 0) ::kill(found->second.pid, SIGKILL);
    }
  }
  loop_.post([done = std::move(done)] { done({}); });
}

void OciBuilder::close() {
  *open_ = false;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [id, running] : running_) {
      running.cancelled = true;
      if (running.pid > 0) ::kill(running.pid, SIGKILL);
    }
  }
  if (workers_) workers_->shutdown();
}

Result<BuildProduct> OciBuilder::make(const BuildSpec& spec) {
  const std::filesystem::path folder = options_.data / "runtime/builds" / spec.build_id.str();
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  Log log(options_.data / "logs" / (spec.build_id.str() + ".log"), clock_, options_.log_bytes_max);
  Result<BuildProduct> product = fail(Code::kUnavailable, "the build was cancelled");
  if (!is_cancelled(spec.build_id)) product = make_in(spec, folder, log);
  if (is_cancelled(spec.build_id)) product = fail(Code::kUnavailable, "the build was cancelled");
  if (!product) log.line("ACTOR: Build failed: " + product.error().detail);
  std::filesystem::remove_all(folder, ignored);
  const std::lock_guard lock(mutex_);
  running_.erase(spec.build_id);
  return product;
}

Result<BuildProduct> OciBuilder::make_in(const BuildSpec& spec, const std::filesystem::path& folder,
                                         Log& log) {
  const std::filesystem::path context = folder / "context";
  TRY_VOID(make_directory(context));
  chmod(context.c_str(), 0755);
  log.line("ACTOR: Building version " + spec.version.number + ", build " + spec.build_number);
  const OnProcess on_process = [this, &spec](pid_t pid) { note_pid(spec.build_id, pid); };
  TRY_VOID(unpack_source(spec.version, blobs_, context, on_process));
  TRY(source, understand_source(context));
  TRY_VOID(check_bases(spec, source));
  if (is_cancelled(spec.build_id)) return fail(Code::kUnavailable, "the build was cancelled");
  TRY_VOID(bake(spec, source, folder, log));
  std::string id = read_file(folder / "image-id").value_or(std::string());
  id.erase(0, id.find(':') + 1);
  TRY(image, describe(id));
  log.line("ACTOR: Build finished, image " + id);
  return BuildProduct{std::move(image), std::move(source.definition),
                      std::move(source.input_schema), std::move(source.readme)};
}

Status OciBuilder::check_bases(const BuildSpec& spec, const Source& source) {
  for (const std::string& base : bases_of(source.dockerfile)) {
    if (names_base(base, "actuary/base")) {
      return fail(Code::kInvalidArgument,
                  "FROM actuary/base could be a stranger's image on a "
                  "registry: write FROM localhost/actuary/base");
    }
    if (names_base(base, kBaseName)) TRY_VOID(import_base(spec));
  }
  return {};
}

/// Once per archive: the stamp says which one is in the storage.
Status OciBuilder::import_base(const BuildSpec& spec) {
  const std::lock_guard lock(importing_);
  struct stat archive {};
  if (stat(options_.base_archive.c_str(), &archive) != 0) {
    return fail(Code::kUnavailable, std::string(kBaseName) +
                                        " is not there: run tools/base-image "
                                        "to make " +
                                        options_.base_archive.string());
  }
  const std::string stamp =
      std::to_string(archive.st_size) + " " + std::to_string(archive.st_mtim.tv_sec);
  const std::filesystem::path stamp_file = options_.data / "images/base.stamp";
  if (read_file(stamp_file) == stamp) return {};
  const std::filesystem::path folder = options_.data / "runtime/builds/base";
  TRY_VOID(make_directory(folder));
  std::error_code error;
  std::filesystem::copy_file(options_.base_archive, folder / "rootfs.tar",
                             std::filesystem::copy_options::overwrite_existing, error);
  if (error)
    return fail(Code::kUnavailable, options_.base_archive.string() + ": " + error.message());
  TRY_VOID(
      write_scratch(folder / "Dockerfile",
                    "FROM scratch\nADD rootfs.tar /\n"
                    "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
                    "ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt\nCMD [\"/bin/sh\"]\n"));
  reactor::Command command =
      buildah({"bud", "--tag", kBaseName, "--isolation", "oci", "--runtime", runtime_, folder});
  command.on_started = [this, &spec](pid_t pid) { note_pid(spec.build_id, pid); };
  const auto imported = reactor::run_ok(command);
  note_pid(spec.build_id, 0);
  TRY_VOID(imported);
  std::filesystem::remove_all(folder, error);
  return write_file(stamp_file, stamp);
}

Status OciBuilder::bake(const BuildSpec& spec, const Source& source,
                        const std::filesystem::path& folder, Log& log) {
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
  command.on_started = [this, &spec](pid_t pid) { note_pid(spec.build_id, pid); };
  const auto outcome = reactor::run(command);
  note_pid(spec.build_id, 0);
  log.finish();
  if (!outcome) return tl::make_unexpected(outcome.error());
  if (outcome->timed_out) return fail(Code::kInvalidArgument, "the build took longer than an hour");
  if (outcome->exit_code == 0) return {};
  return fail(Code::kInvalidArgument, log.last());
}

Result<events::Image> OciBuilder::describe(const std::string& image_id) const {
  TRY(text, reactor::run_ok(buildah({"inspect", "--type", "image", image_id})));
  const Json report = Json::parse(text, nullptr, false);
  if (!report.is_object() || !report.contains("OCIv1")) {
    return fail(Code::kUnavailable, "buildah cannot describe image " + image_id);
  }
  events::Image image{.id = image_id, .config = report["OCIv1"].dump()};
  if (image.config.size() > kDescriptionBytesMax) {
    return fail(Code::kInvalidArgument, "the image's configuration (ENV, LABEL, CMD) is too large");
  }
  const std::string manifest = report.value("Manifest", "");
  const Json layers = Json::parse(manifest, nullptr, false);
  if (!layers.is_object() || !layers.contains("layers")) return image;
  for (const Json& layer : layers["layers"]) image.bytes += layer.value("size", std::uint64_t{0});
  return image;
}

void OciBuilder::remove_image(const events::Image& image, std::function<void(Status)> done) {
  auto answer = std::make_shared<Status>();
  auto reply = std::make_shared<std::function<void(Status)>>(std::move(done));
  auto work = [this, id = image.id, answer] {
    const auto outcome = reactor::run_ok(buildah({"rmi", id}));
    const bool gone = outcome || outcome.error().detail.find("not known") != std::string::npos;
    if (!gone) *answer = tl::make_unexpected(outcome.error());
  };
  const Status taken = workers_->submit(std::move(work), [answer, reply, open = open_] {
    if (*open) (*reply)(*answer);
  });
  if (!taken) loop_.post([reply, error = taken.error()] { (*reply)(tl::make_unexpected(error)); });
}

}  // namespace actuary::adapters::oci
