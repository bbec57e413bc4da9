#include "adapters/oci/oci_containers.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapters/containers/control.h"
#include "adapters/containers/isolation.h"
#include "adapters/containers/mounts.h"
#include "adapters/containers/process.h"
#include "adapters/oci/config.h"

namespace actuary::adapters::oci {

OciContainers::OciContainers(const Options& options)
    : options_(options),
      shim_(options),
      network_(options),
      layers_(options.data / "images/storage") {}

Status OciContainers::open() {
  for (const char* folder : {"runtime/containers", "runtime/templates", "logs"}) {
    TRY_VOID(containers::make_directory(options_.data / folder));
  }
  // Before the shim's mount namespace is made: only what is shared by then reaches it.
  TRY_VOID(containers::share_mounts(options_.data / "runtime"));
  TRY_VOID(shim_.open());
  TRY_VOID(containers::install_init(options_));
  std::set<unsigned> in_use;
  TRY(keys, this->keys());
  for (const ContainerKey& key : keys) {
    if (const auto number = containers::parse_number(read_file(bundle(key).at("slot"))))
      in_use.insert(*number);
  }
  return network_.open(in_use);
}

Bundle OciContainers::bundle(const ContainerKey& key) const {
  return containers::bundle_of(options_.data, key);
}

std::string OciContainers::cgroup_parent() const { return "/actuary-" + options_.installation; }

std::string OciContainers::cgroup_path(const Bundle& bundle) const {
  return cgroup_parent() + "/" + bundle.name;
}

Result<std::vector<ContainerKey>> OciContainers::keys() const {
  return containers::bundles_in(options_.data);
}

Status OciContainers::start(const ContainerSpec& spec) {
  const Bundle bundle = this->bundle(spec.key);
  if (mkdir(bundle.root.c_str(), 0700) != 0) {
    if (errno != EEXIST) return fail_errno(bundle.root.string());
    if (await_started(bundle) || has_ended(bundle)) return {};
    // An engine died half-way. The control folder stays: whatever of the old start still comes to
    // life meets the same `started` file as the new one.
    tear_down(bundle);
    if (bundle.started()) return {};
    // The dead predecessor's exit code is not the new one's.
    std::error_code ignored;
    std::filesystem::remove(shim_.exits() / bundle.name, ignored);
  }
  const Status prepared = prepare(spec, bundle);
  const Status launched = prepared ? launch(spec, bundle) : prepared;
  if (launched) return {};
  tear_down(bundle);
  if (bundle.started()) return {};
  std::error_code ignored;
  std::filesystem::remove_all(bundle.root, ignored);
  return fail(Code::kUnavailable, launched.error().detail);
}

Status OciContainers::prepare(const ContainerSpec& spec, const Bundle& bundle) {
  TRY(layers, layers_.of(spec.image.id));
  TRY_VOID(containers::prepare_control(options_, spec, bundle));
  for (const char* folder : {"disk", "rootfs"}) TRY_VOID(make_directory(bundle.at(folder)));
  TRY_VOID(containers::mount_disk(options_.data / "runtime/templates", spec.disk_mbytes,
                                  bundle.at("disk.img"), bundle.at("disk")));
  for (const char* folder : {"disk/upper", "disk/work"})
    TRY_VOID(make_directory(bundle.at(folder)));
  // The upper folder's mode is the container's root folder's.
  chmod(bundle.at("disk/upper").c_str(), 0755);
  TRY_VOID(containers::mount_overlay(layers, bundle.at("disk/upper"), bundle.at("disk/work"),
                                     bundle.at("rootfs")));
  TRY(slot, network_.take());
  if (Status noted = write_scratch(bundle.at("slot"), std::to_string(slot.number)); !noted) {
    network_.give_back(slot.number);
    return noted;
  }
  TRY_VOID(prepare_files(bundle, slot));
  TRY(config, runtime_config({.spec = spec,
                              .options = options_,
                              .bundle = bundle,
                              .cgroup_path = cgroup_path(bundle),
                              .network_namespace = slot.path,
                              .log_file = containers::log_of(options_, spec.key)}));
  TRY_VOID(write_scratch(bundle.at("web-port"), containers::web_server_port(spec)));
  TRY_VOID(
      write_scratch(bundle.at("as-root"), containers::runs_as_root(spec.image.config) ? "1" : "0"));
  return write_scratch(bundle.at("config.json"), config);
}

Status OciContainers::prepare_files(const Bundle& bundle, const NetworkSlot& slot) const {
  const std::string host = bundle.name.substr(0, kIdLength);
  const std::vector<std::pair<const char*, std::string>> files = {
      {"resolv.conf", containers::resolver_file()},
      {"hostname", host + "\n"},
      {"hosts", "127.0.0.1 localhost\n" + slot.address + " " + host + "\n" + network_.gateway() +
                    " host.docker.internal\n"}};
  for (const auto& [name, text] : files) {
    TRY_VOID(write_scratch(bundle.at(name), text));
    chmod(bundle.at(name).c_str(), 0644);
  }
  return {};
}

Status OciContainers::launch(const ContainerSpec& spec, const Bundle& bundle) {
  TRY(pid, shim_.create(bundle));
  const auto mark = containers::mark_process(pid);
  if (!mark) return fail(Code::kUnavailable, "the container's process is gone before its start");
  TRY_VOID(bundle.save_process(*mark));
  const auto slot = containers::parse_number(read_file(bundle.at("slot")));
  if (!slot) return fail(Code::kUnavailable, "the container's network is gone before its start");
  TRY_VOID(containers::check_limits(containers::limits_of(spec),
                                    containers::Cgroup(cgroup_path(bundle))));
  TRY_VOID(containers::check_namespaces(*mark, network_.slot(*slot).path));
  TRY_VOID(containers::touch(bundle.at("launching"), 0600));
  TRY_VOID(shim_.start(bundle));
  if (await_started(bundle)) return stop_privileged(bundle, *mark);
  return fail(Code::kUnavailable, "the container's init did not start: " +
                                      read_file(bundle.at("conmon.log")).value_or(std::string()));
}

/// A container that got more than it was to have is killed, and ends as one that was.
Status OciContainers::stop_privileged(const Bundle& bundle,
                                      const containers::ProcessMark& process) const {
  const Status checked = containers::check_privileges(process);
  if (checked) return {};
  containers::kill_process(process);
  containers::Cgroup(cgroup_path(bundle)).kill_all();
  return write_scratch(bundle.at("drift"), checked.error().detail);
}

/// Once the init may be running, what counts is its `started` file: it appears within milliseconds,
/// or the process ends.
bool OciContainers::await_started(const Bundle& bundle) const {
  constexpr int kPolls = 10'000;
  if (bundle.started()) return true;
  std::error_code ignored;
  if (!std::filesystem::exists(bundle.at("launching"), ignored)) return false;
  const auto process = bundle.process();
  for (int i = 0; i < kPolls && process && containers::is_alive(*process) && !bundle.started();
       ++i) {
    usleep(1000);
  }
  return bundle.started();
}

/// Whether the shim reported the end of an init that was let go: without its `started` file too,
/// nothing of it may run a second time.
bool OciContainers::has_ended(const Bundle& bundle) const {
  std::error_code ignored;
  return std::filesystem::exists(bundle.at("launching"), ignored) &&
         std::filesystem::exists(shim_.exits() / bundle.name, ignored);
}

/// All but the control folder.
void OciContainers::tear_down(const Bundle& bundle) {
  if (const auto process = bundle.process()) containers::kill_process(*process);
  const containers::Cgroup cgroup(cgroup_path(bundle));
  cgroup.kill_all();
  shim_.discard(bundle);
  await_shim(bundle);
  cgroup.remove();
  containers::unmount(bundle.at("rootfs"));
  containers::unmount(bundle.at("disk"));
  for (const char* file : {"disk.img", "launching", "process.json"})
    unlink(bundle.at(file).c_str());
  if (const auto number = containers::parse_number(read_file(bundle.at("slot")))) {
    unlink(bundle.at("slot").c_str());
    network_.give_back(*number);
  }
}

/// The shim ends by itself once its container is dead; it holds the bundle until then.
void OciContainers::await_shim(const Bundle& bundle) const {
  constexpr int kPolls = 200;
  for (int i = 0; i < kPolls && bundle.shim_alive(); ++i) usleep(5000);
}

std::optional<engine::ports::WebServer> OciContainers::web_server(const ContainerKey& key) const {
  const Bundle bundle = this->bundle(key);
  const auto slot = containers::parse_number(read_file(bundle.at("slot")));
  const auto port = containers::parse_number(read_file(bundle.at("web-port")));
  if (!slot || !port || *port == 0 || *port > 65535) return std::nullopt;
  return engine::ports::WebServer{network_.slot(*slot).address, static_cast<std::uint16_t>(*port)};
}

Status OciContainers::kill(const ContainerKey& key) {
  const Bundle bundle = this->bundle(key);
  // The init is PID 1 of its namespace: when it dies, the kernel kills the rest.
  if (const auto process = bundle.process()) containers::kill_process(*process);
  containers::Cgroup(cgroup_path(bundle)).kill_all();
  return {};
}

Status OciContainers::remove(const ContainerKey& key) {
  const Bundle bundle = this->bundle(key);
  std::error_code error;
  if (!std::filesystem::exists(bundle.root, error)) return {};
  tear_down(bundle);
  if (!containers::Cgroup(cgroup_path(bundle)).empty()) {
    return fail(Code::kUnavailable, bundle.name + ": processes are left");
  }
  std::filesystem::remove(shim_.exits() / bundle.name, error);
  std::filesystem::remove_all(bundle.root, error);
  if (error) return fail(Code::kUnavailable, bundle.root.string() + ": " + error.message());
  return {};
}

Result<ContainerView> OciContainers::look(const ContainerKey& key) const {
  const Bundle bundle = this->bundle(key);
  ContainerView view{key, engine::ports::ContainerState::kMissing, std::nullopt};
  std::error_code ignored;
  if (!std::filesystem::exists(bundle.root, ignored)) return view;
  if (!bundle.started() && !has_ended(bundle)) {
    view.state = engine::ports::ContainerState::kCreated;
    return view;
  }
  view.exit = exit_of(bundle);
  view.state =
      view.exit ? engine::ports::ContainerState::kExited : engine::ports::ContainerState::kRunning;
  return view;
}

std::optional<ContainerExit> OciContainers::exit_of(const Bundle& bundle) const {
  const containers::Cgroup cgroup(cgroup_path(bundle));
  auto reported = containers::parse_number(read_file(shim_.exits() / bundle.name));
  if (!reported) {
    // No word from the shim: either the container lives, or the shim died before it.
    const auto process = bundle.process();
    const bool lives =
        (process && containers::is_alive(*process)) || bundle.shim_alive() || !cgroup.empty();
    if (lives) return std::nullopt;
    // The shim's last act is that file: it may have come while we looked.
    reported = containers::parse_number(read_file(shim_.exits() / bundle.name));
  }
  const auto record = bundle.exit_record();
  const bool as_root = read_file(bundle.at("as-root")).value_or("1") != "0";
  const auto code = reported ? std::optional(static_cast<std::int32_t>(*reported)) : std::nullopt;
  ContainerExit exit = containers::exit_of(record, code, as_root);
  if (const auto drift = read_file(bundle.at("drift"))) exit.detail = *drift;
  // The kernel's choice is the user's process, whose end init records. Without a record init itself
  // was killed, and that was somebody's decision, whatever happened in there before.
  exit.out_of_memory = record && exit.exit_code == 137 && cgroup.oom_kills() > 0;
  if (const auto usage = bundle.usage()) exit.usage = usage->totals;
  return exit;
}

void OciContainers::tear_down() {
  network_.tear_down();
  containers::unmount(options_.data / "runtime");
  containers::Cgroup(cgroup_parent()).remove();
}

std::string OciContainers::isolation() const {
  const auto ask = [](const std::string& path) {
    const auto version = reactor::run({.argv = {path, "--version"}});
    return containers::Program{std::filesystem::path(path).filename(),
                               version ? version->output : std::string()};
  };
  return containers::describe_isolation(
      {ask(shim_.runtime()), ask(reactor::find_program("buildah"))}, options_.data);
}

}  // namespace actuary::adapters::oci
