#include "adapters/docker/docker_containers.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <set>

#include "adapters/containers/control.h"
#include "adapters/containers/isolation.h"
#include "adapters/containers/mounts.h"
#include "adapters/containers/process.h"
#include "adapters/docker/create_request.h"
#include "adapters/docker/disk.h"
#include "adapters/docker/images.h"
#include "adapters/docker/json.h"
#include "adapters/reactor/process.h"

namespace actuary::adapters::docker {
namespace {

using Json = nlohmann::json;

constexpr std::chrono::milliseconds kStartMillisMax{30'000};
/// A daemon that only restarts is waited for; for one that stays away the start is put off.
constexpr std::chrono::milliseconds kPatience{2'000};

bool is_out_of_reach(const Error& error) {
  return error.code == Code::kNoRuntime || error.code == Code::kUnknown;
}

tl::unexpected<Error> refused(const std::string& what, const Answer& answer) {
  return fail(Code::kUnavailable, "Docker " + what + ": " + answer.message());
}

/// Init starts the user's process as soon as it sees the file.
bool was_let_go(const Bundle& bundle) {
  std::error_code ignored;
  return std::filesystem::exists(bundle.at("control/go"), ignored);
}

/// Of the memory controller, or of the one hierarchy of version 2.
std::string cgroup_path_of(pid_t pid) {
  const std::string rows =
      read_file("/proc/" + std::to_string(pid) + "/cgroup").value_or(std::string());
  std::size_t at = rows.find(":memory:");
  if (at != std::string::npos) at += 8;
  if (at == std::string::npos && (at = rows.find("0::")) != std::string::npos) at += 3;
  if (at == std::string::npos) return {};
  return rows.substr(at, rows.find('\n', at) - at);
}

}  // namespace

DockerContainers::DockerContainers(Options options)
    : options_(std::move(options)),
      api_(options_.socket, options_.containers.data),
      network_(api_, options_) {}

Status DockerContainers::open() {
  if (geteuid() != 0) return fail(Code::kNoRuntime, "containers need root: run it with sudo");
  if (reactor::find_program("mkfs.ext4").empty()) {
    return fail(Code::kNoRuntime, "mkfs.ext4 is missing: apt-get install e2fsprogs");
  }
  TRY_VOID(api_.open());
  for (const char* folder : {"runtime/containers", "runtime/templates", "logs"}) {
    TRY_VOID(make_directory(options_.containers.data / folder));
  }
  TRY_VOID(containers::install_init(options_.containers));
  return network_.open();
}

Status DockerContainers::keep_image(const events::Image& image,
                                    const std::filesystem::path& folder) const {
  return load_image(api_, options_, image, folder);
}

Status DockerContainers::forget_image(const events::Image& image) const {
  return unload_image(api_, image);
}

std::string DockerContainers::isolation() const {
  std::string text = containers::describe_isolation(api_.programs(), options_.containers.data);
  if (!has_cgroup_namespaces()) {
    text += "; Podman gives no cgroup namespace under control groups of version 1";
  }
  const auto info = api_.call({.path = "/info"});
  const Json shown = info ? info->json() : Json();
  if (shown.is_object() && shown.contains("LiveRestoreEnabled") &&
      shown["LiveRestoreEnabled"] == false) {
    text +=
        "; a dockerd that stops ends every run (put \"live-restore\": true into "
        "/etc/docker/daemon.json)";
  }
  return text;
}

/// Podman refuses a request for one under version 1.
bool DockerContainers::has_cgroup_namespaces() const {
  return !api_.is_podman() || containers::Cgroup::is_unified();
}

void DockerContainers::tear_down() { network_.tear_down(); }

Bundle DockerContainers::bundle(const ContainerKey& key) const {
  return containers::bundle_of(options_.containers.data, key);
}

std::string DockerContainers::name_of(const Bundle& bundle) const {
  return "actuary-" + options_.containers.installation + "-" + bundle.name;
}

std::optional<containers::Cgroup> DockerContainers::cgroup_of(const Bundle& bundle) const {
  const std::string path = read_file(bundle.at("cgroup")).value_or(std::string());
  if (path.empty()) return std::nullopt;
  return containers::Cgroup(path);
}

/// A daemon that was killed in the midst of a start leaves in containerd what is in the way of that
/// container's next one. What is made anew has another id.
Status DockerContainers::start(const ContainerSpec& spec) {
  const Bundle bundle = this->bundle(spec.key);
  Status begun = start_once(spec, bundle);
  std::error_code ignored;
  const bool gone = !begun && !std::filesystem::exists(bundle.root, ignored);
  if (gone && begun.error().code == Code::kUnavailable) return start_once(spec, bundle);
  return begun;
}

/// Whatever fails before `let_go` has certainly not started anything of the user's.
Status DockerContainers::start_once(const ContainerSpec& spec, const Bundle& bundle) {
  if (mkdir(bundle.root.c_str(), 0700) != 0 && errno != EEXIST) {
    return fail_errno(bundle.root.string());
  }
  if (bundle.started()) return {};
  Status begun = begin(spec, bundle);
  if (begun || bundle.started()) return {};
  if (is_out_of_reach(begun.error())) return begun;
  Status gone = forget(bundle);
  // One that refuses and is gone then was being stopped.
  if (!gone && is_out_of_reach(gone.error())) return gone;
  if (!gone && was_let_go(bundle)) return fail(Code::kUnknown, begun.error().detail);
  // When this failed too, the next comparison finds it as nobody's.
  return fail(Code::kUnavailable, begun.error().detail);
}

Status DockerContainers::begin(const ContainerSpec& spec, const Bundle& bundle) {
  // First of all, since it costs the least where nobody answers.
  TRY_VOID(inspect(bundle, kPatience));
  TRY_VOID(prepare(spec, bundle));
  TRY_VOID(create(spec, bundle));
  TRY_VOID(let_docker_start(bundle));
  TRY_VOID(check(spec, bundle));
  TRY_VOID(network_.isolate());
  return let_go(bundle);
}

Status DockerContainers::prepare(const ContainerSpec& spec, const Bundle& bundle) const {
  TRY_VOID(containers::prepare_control(options_.containers, spec, bundle));
  TRY_VOID(write_scratch(bundle.at("resolv.conf"), containers::resolver_file()));
  chmod(bundle.at("resolv.conf").c_str(), 0644);
  TRY_VOID(write_scratch(bundle.at("web-port"), containers::web_server_port(spec)));
  const bool as_root = containers::runs_as_root(spec.image.config);
  TRY_VOID(write_scratch(bundle.at("as-root"), as_root ? "1" : "0"));
  return make_disk(options_.containers.data / "runtime/templates", spec, bundle);
}

/// The name makes it unique: of all who ask for it one gets 201, the others 409.
Status DockerContainers::create(const ContainerSpec& spec, const Bundle& bundle) {
  TRY(known, inspect(bundle));
  if (known) return {};
  TRY(wanted, create_request({.spec = spec,
                              .options = options_,
                              .bundle = bundle,
                              .network = network_.name(),
                              .gateway = network_.gateway(),
                              .for_podman = api_.is_podman(),
                              .own_cgroup_namespace = has_cgroup_namespaces()}));
  const Request request{.method = "POST",
                        .path = "/containers/create?name=" + name_of(bundle),
                        .body = wanted.dump(-1, ' ', false, Json::error_handler_t::replace),
                        .timeout = kStartMillisMax};
  TRY(made, api_.call(request));
  if (made.status == 404 && made.message().find("image") != std::string::npos) {
    TRY_VOID(keep_image(spec.image, bundle.root));
    TRY(again, api_.call(request));
    made = again;
  }
  if (made.status == 201) return {};
  // 409 of Docker, 500 of Podman: somebody was faster.
  TRY(there, inspect(bundle));
  if (there) return {};
  return refused("makes no container", made);
}

/// Ours, or nothing: what bears our name and another's label is left alone.
Result<DockerContainers::Inspected> DockerContainers::inspect(
    const Bundle& bundle, std::chrono::milliseconds patience) const {
  const std::string name = name_of(bundle);
  TRY(answer, api_.call({.path = "/containers/" + name + "/json", .patience = patience}));
  if (answer.status == 404) return Inspected{};
  if (answer.status != 200) return refused("does not show " + name, answer);
  Json shown = answer.json();
  if (text_in(shown, {"Config", "Labels", kOwnerLabel}) != options_.containers.installation) {
    return fail(Code::kUnavailable,
                "the Docker container " + name + " is somebody else's: `docker rm " + name + "`");
  }
  return Inspected{std::move(shown)};
}

Status DockerContainers::let_docker_start(const Bundle& bundle) {
  TRY(shown, inspect(bundle, kPatience));
  if (!shown) return fail(Code::kUnavailable, "somebody removed the container before its start");
  if (text_in(*shown, {"State", "Status"}) == "running") return {};
  unlink(bundle.at("control/go").c_str());
  TRY_VOID(limit_layer(*shown, bundle));
  const Request request{.method = "POST",
                        .path = "/containers/" + name_of(bundle) + "/start",
                        .timeout = kStartMillisMax};
  TRY(begun, api_.call(request));
  if (begun.status == 404 && begun.message().find("network") != std::string::npos) {
    // `docker system prune` takes a network that nobody uses just now.
    TRY_VOID(network_.open());
    TRY(again, api_.call(request));
    begun = again;
  }
  if (begun.status == 204 || begun.status == 304) return {};
  return refused("does not start the container", begun);
}

/// Docker has been told what to make; this is what the kernel has.
Status DockerContainers::check(const ContainerSpec& spec, const Bundle& bundle) {
  TRY(shown, inspect(bundle, kPatience));
  const auto pid = shown ? number_in(*shown, {"State", "Pid"}) : 0;
  const auto mark = containers::mark_process(static_cast<pid_t>(pid));
  if (pid <= 0 || !mark) {
    return fail(Code::kUnavailable,
                "the container's process is not on this machine, or gone at once: " +
                    (shown ? text_in(*shown, {"State", "Error"}) : std::string()));
  }
  const std::string id = text_in(*shown, {"Id"});
  const std::string cgroup = cgroup_path_of(mark->pid);
  if (id.empty() || cgroup.find(id) == std::string::npos) {
    return fail(Code::kUnavailable, "process " + std::to_string(pid) +
                                        " is not the container's: does " + api_.socket() +
                                        " lead to a Docker on another machine?");
  }
  TRY_VOID(write_scratch(bundle.at("cgroup"), cgroup));
  TRY_VOID(write_scratch(
      bundle.at("address"),
      text_in(*shown, {"NetworkSettings", "Networks", network_.name().c_str(), "IPAddress"})));
  TRY_VOID(bundle.save_process(*mark));
  TRY_VOID(containers::check_limits(containers::limits_of(spec), containers::Cgroup(cgroup)));
  TRY_VOID(containers::check_namespaces(*mark, {},
                                        has_cgroup_namespaces()
                                            ? containers::CgroupNamespace::kOwn
                                            : containers::CgroupNamespace::kAny));
  TRY_VOID(containers::check_privileges(*mark));
  return check_layer(spec, *mark);
}

/// The init's `started` file appears within milliseconds, or the process ends.
Status DockerContainers::let_go(const Bundle& bundle) const {
  constexpr int kPolls = 10'000;
  TRY_VOID(containers::touch(bundle.at("control/go"), 0600));
  const auto process = bundle.process();
  for (int i = 0; i < kPolls && process && containers::is_alive(*process) && !bundle.started();
       ++i) {
    usleep(1000);
  }
  if (bundle.started()) return {};
  return fail(Code::kUnavailable,
              "the container's init did not start; `docker logs " + name_of(bundle) + "` says why");
}

Result<ContainerView> DockerContainers::look(const ContainerKey& key) const {
  const Bundle bundle = this->bundle(key);
  ContainerView view{key, engine::ports::ContainerState::kMissing, std::nullopt};
  std::error_code ignored;
  if (!std::filesystem::exists(bundle.root, ignored)) return view;
  view.state = engine::ports::ContainerState::kCreated;
  const auto process = bundle.process();
  const bool may_start = was_let_go(bundle) && process && containers::is_alive(*process);
  if (!bundle.started() && !may_start) return view;
  view.state = engine::ports::ContainerState::kRunning;
  if (process && containers::is_alive(*process)) return view;
  TRY(exit, exit_of(bundle));
  view.exit = std::move(exit);
  view.state = engine::ports::ContainerState::kExited;
  return view;
}

/// What Docker saw, once it has seen it. errors: kUnknown; kNotFound: the container was removed
Result<std::int32_t> DockerContainers::exit_code_in_docker(const Bundle& bundle) const {
  constexpr int kPolls = 50;
  constexpr useconds_t kPollMicros = 20'000;
  for (int i = 0; i < kPolls; ++i) {
    const std::string path = "/containers/" + name_of(bundle) + "/json";
    const auto answer = api_.call({.path = path});
    if (!answer) return fail(Code::kUnknown, answer.error().detail);
    if (answer->status == 404) return fail(Code::kNotFound, "somebody removed it from Docker");
    const Json shown = answer->json();
    if (text_in(shown, {"State", "Status"}) == "exited") {
      return static_cast<std::int32_t>(number_in(shown, {"State", "ExitCode"}));
    }
    usleep(kPollMicros);
  }
  return fail(Code::kUnknown, "Docker still says that it runs, and its process is gone");
}

std::optional<std::int32_t> believed(std::int32_t in_docker,
                                     const std::optional<containers::ExitRecord>& record) {
  constexpr std::int32_t kLost = 255;
  if (in_docker == kLost && record) return std::nullopt;
  return in_docker;
}

Result<ContainerExit> DockerContainers::exit_of(const Bundle& bundle) const {
  // For so long a daemon that is being restarted is waited for, since it may know the exit code.
  constexpr std::chrono::seconds kWaitMax{30};
  const auto record = bundle.exit_record();
  const bool as_root = read_file(bundle.at("as-root")).value_or("1") != "0";
  std::optional<std::int32_t> reported;
  std::string doubt;
  if (!record || as_root) {
    const auto seen = exit_code_in_docker(bundle);
    if (seen) reported = believed(*seen, record);
    if (!seen) doubt = seen.error().detail;
    if (!seen && !record && seen.error().code == Code::kUnknown) {
      TRY_VOID(containers::touch(bundle.at("ended"), 0600));
      std::error_code ignored;
      const auto since = std::filesystem::last_write_time(bundle.at("ended"), ignored);
      const auto cgroup = cgroup_of(bundle);
      const bool empty = !cgroup || cgroup->empty();
      if (!empty || std::filesystem::file_time_type::clock::now() - since < kWaitMax) {
        return fail(Code::kUnknown, doubt);
      }
    }
  }
  ContainerExit exit = containers::exit_of(record, reported, as_root);
  if (exit.proven_empty) exit.detail += "; " + doubt;
  // The kernel's choice is the user's process, whose end init records.
  exit.out_of_memory = record && exit.exit_code == 137 && record->oom_kills > 0;
  if (const auto usage = bundle.usage()) exit.usage = usage->totals;
  return exit;
}

Status DockerContainers::kill(const ContainerKey& key) {
  const Bundle bundle = this->bundle(key);
  std::error_code ignored;
  if (!std::filesystem::exists(bundle.root, ignored)) return {};
  const auto process = bundle.process();
  if (process) {
    // The init is PID 1 of its namespace: when it dies, the kernel kills the rest. No daemon is
    // needed for that.
    containers::kill_process(*process);
    if (const auto cgroup = cgroup_of(bundle)) cgroup->kill_all();
    if (!containers::is_alive(*process)) return {};
  }
  return stop_paused(bundle);
}

/// Of a container that never got so far as to have a process that we know, or that somebody paused:
/// what is frozen dies when it thaws.
Status DockerContainers::stop_paused(const Bundle& bundle) const {
  TRY(shown, inspect(bundle));
  const std::string state = shown ? text_in(*shown, {"State", "Status"}) : std::string();
  const std::string path = "/containers/" + name_of(bundle);
  if (state == "paused") {
    (void)api_.call({.method = "POST", .path = path + "/unpause"});
  }
  if (state != "paused" && state != "running") return {};
  TRY(killed, api_.call({.method = "POST", .path = path + "/kill", .timeout = kStartMillisMax}));
  if (killed.status == 204) return {};
  TRY(after, inspect(bundle));
  if (!after || text_in(*after, {"State", "Status"}) != "running") return {};
  return refused("does not kill the container", killed);
}

Status DockerContainers::remove(const ContainerKey& key) {
  const Bundle bundle = this->bundle(key);
  TRY_VOID(kill(key));
  TRY_VOID(forget(bundle));
  return {};
}

/// The container in Docker, then the folder, so that nothing is there of which there is no folder.
Status DockerContainers::forget(const Bundle& bundle) const {
  TRY(shown, inspect(bundle));
  if (shown) {
    TRY(gone, api_.call({.method = "DELETE",
                         .path = "/containers/" + name_of(bundle) + "?force=1&v=1",
                         .timeout = kStartMillisMax}));
    if (gone.status != 200 && gone.status != 204 && gone.status != 404) {
      return refused("does not remove the container", gone);
    }
  }
  drop_disk(bundle);
  std::error_code error;
  std::filesystem::remove_all(bundle.root, error);
  if (error) return fail(Code::kUnavailable, bundle.root.string() + ": " + error.message());
  return {};
}

Result<std::vector<ContainerKey>> DockerContainers::keys() const {
  const Json filters = {
      {"label", {std::string(kOwnerLabel) + "=" + options_.containers.installation}}};
  TRY(answer, api_.call({.path = "/containers/json?all=1&filters=" + url_encoded(filters.dump())}));
  const Json shown = answer.json();
  if (answer.status != 200 || !shown.is_array()) return refused("lists no containers", answer);
  const std::vector<ContainerKey> folders = containers::bundles_in(options_.containers.data);
  std::set<ContainerKey> keys(folders.begin(), folders.end());
  for (const Json& each : shown) {
    const std::string run = text_in(each, {"Labels", "actuary.run"});
    const std::string name = run + "-" + text_in(each, {"Labels", "actuary.epoch"});
    if (const auto key = containers::parse_container_name(name)) keys.insert(*key);
  }
  return std::vector<ContainerKey>(keys.begin(), keys.end());
}

std::optional<engine::ports::WebServer> DockerContainers::web_server(
    const ContainerKey& key) const {
  const Bundle bundle = this->bundle(key);
  const auto port = containers::parse_number(read_file(bundle.at("web-port")));
  const std::string address = read_file(bundle.at("address")).value_or(std::string());
  if (address.empty() || !port || *port == 0 || *port > 65535) return std::nullopt;
  return engine::ports::WebServer{address, static_cast<std::uint16_t>(*port)};
}

}  // namespace actuary::adapters::docker
