#include "adapters/oci/containers.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <sstream>

#include "adapters/oci/config.h"
#include "adapters/oci/isolation.h"
#include "adapters/oci/mounts.h"

namespace actuary::adapters::oci {
namespace {

/// Nobody has this uid: user code that runs as uid 0, but without capabilities, is a stranger to
/// the folder. actuary-init refuses an image that asks for it.
constexpr uid_t kControlOwner = 4'294'900'001;

std::optional<unsigned> parse_number(const std::optional<std::string>& text) {
  unsigned number = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), number).ec != std::errc{})
    return std::nullopt;
  return number;
}

/// The host's resolvers; one that listens on the host's own loopback is of no use inside.
std::string resolver_file() {
  const auto systemd = read_file("/run/systemd/resolve/resolv.conf");
  std::istringstream rows(systemd ? *systemd
                                  : read_file("/etc/resolv.conf").value_or(std::string()));
  std::string text;
  for (std::string row; std::getline(rows, row);) {
    if (row.rfind("nameserver 127.", 0) == 0 || row.rfind("nameserver ::1", 0) == 0) continue;
    text += row + "\n";
  }
  return text;
}

/// Lines of JSON, a message each, with the name first.
std::string announcement_messages(const engine::ports::Announcement& announcement) {
  const std::string created = "\"createdAt\":\"" + to_iso(announcement.at) + "\"";
  if (announcement.kind == engine::ports::Announcement::Kind::kMigrating) {
    const double seconds = std::chrono::duration<double>(announcement.remaining).count();
    return "{\"name\":\"migrating\"," + created +
           ",\"data\":{\"timeRemainingSecs\":" + std::to_string(seconds) + "}}\n";
  }
  return "{\"name\":\"aborting\"," + created + "}\n{\"name\":\"persistState\"," + created +
         ",\"data\":{\"isMigrating\":false}}\n";
}

/// The Actor's own variables come last and win.
std::string web_server_port(const engine::ports::ContainerSpec& spec) {
  std::string port;
  for (const auto& variable : spec.env) {
    if (variable.name == "ACTOR_WEB_SERVER_PORT") port = variable.value;
  }
  return port;
}

Status touch(const std::filesystem::path& path, mode_t mode) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, mode));
  if (file.get() < 0) return fail_errno(path.string());
  return {};
}

}  // namespace

Containers::Containers(const Options& options)
    : options_(options),
      shim_(options),
      network_(options),
      layers_(options.data / "images/storage") {}

Status Containers::open() {
  TRY_VOID(make_directory(options_.data / "runtime/containers"));
  TRY_VOID(make_directory(options_.data / "runtime/templates"));
  TRY_VOID(make_directory(options_.data / "logs"));
  // Before the shim's mount namespace is made: only what is shared by then reaches it.
  TRY_VOID(share_mounts(options_.data / "runtime"));
  TRY_VOID(shim_.open());
  TRY_VOID(install_init());
  std::set<unsigned> in_use;
  for (const ContainerKey& key : keys()) {
    if (const auto number = parse_number(read_file(bundle(key).at("slot")))) in_use.insert(*number);
  }
  return network_.open(in_use);
}

/// A copy of our own, replaced by rename: containers of an older program keep theirs.
Status Containers::install_init() const {
  const auto program = read_file(options_.init_binary);
  if (!program) {
    return fail(Code::kNoRuntime, "actuary-init is missing at " + options_.init_binary.string());
  }
  const std::filesystem::path target = options_.data / "runtime/init";
  TRY_VOID(write_scratch(target, *program));
  if (chmod(target.c_str(), 0555) != 0) return fail_errno(target.string());
  return {};
}

Bundle Containers::bundle(const ContainerKey& key) const {
  const std::string name = container_name(key);
  return {options_.data / "runtime/containers" / name, name};
}

std::string Containers::cgroup_path(const Bundle& bundle) const {
  return "/actuary-" + options_.installation + "/" + bundle.name;
}

std::vector<ContainerKey> Containers::keys() const {
  std::vector<ContainerKey> keys;
  std::error_code ignored;
  for (const auto& entry :
       std::filesystem::directory_iterator(options_.data / "runtime/containers", ignored)) {
    if (auto key = parse_container_name(entry.path().filename().string())) keys.push_back(*key);
  }
  return keys;
}

Status Containers::start(const ContainerSpec& spec) {
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

Status Containers::prepare(const ContainerSpec& spec, const Bundle& bundle) {
  TRY(layers, layers_.of(spec.image.id));
  TRY_VOID(prepare_control(spec, bundle));
  for (const char* folder : {"disk", "rootfs"}) TRY_VOID(make_directory(bundle.at(folder)));
  TRY_VOID(mount_disk(options_.data / "runtime/templates", spec.disk_mbytes, bundle.at("disk.img"),
                      bundle.at("disk")));
  for (const char* folder : {"disk/upper", "disk/work"})
    TRY_VOID(make_directory(bundle.at(folder)));
  // The upper folder's mode is the container's root folder's.
  chmod(bundle.at("disk/upper").c_str(), 0755);
  TRY_VOID(
      mount_overlay(layers, bundle.at("disk/upper"), bundle.at("disk/work"), bundle.at("rootfs")));
  TRY(slot, network_.take());
  if (const Status noted = write_scratch(bundle.at("slot"), std::to_string(slot.number)); !noted) {
    network_.give_back(slot.number);
    return noted;
  }
  TRY_VOID(prepare_files(bundle, slot));
  TRY(config,
      runtime_config({.spec = spec,
                      .options = options_,
                      .bundle = bundle,
                      .cgroup_path = cgroup_path(bundle),
                      .network_namespace = slot.path,
                      .log_file = options_.data / "logs" / (spec.key.run_id.str() + ".log")}));
  TRY_VOID(write_scratch(bundle.at("web-port"), web_server_port(spec)));
  TRY_VOID(write_scratch(bundle.at("as-root"), runs_as_root(spec.image.config) ? "1" : "0"));
  return write_scratch(bundle.at("config.json"), config);
}

Status Containers::prepare_control(const ContainerSpec& spec, const Bundle& bundle) const {
  TRY_VOID(touch(options_.data / "logs" / (spec.key.run_id.str() + ".log"), 0600));
  const std::filesystem::path control = bundle.at("control");
  TRY_VOID(make_directory(control));
  for (const char* file : {"init", "log", "events", "usage"}) {
    TRY_VOID(touch(control / file, 0600));
  }
  std::string secrets;
  for (const events::EnvVar& variable : spec.env) {
    if (variable.is_secret) secrets += variable.value + '\0';
  }
  TRY_VOID(write_scratch(control / "secrets", secrets));
  if (mkfifo((control / "wake").c_str(), 0600) != 0 && errno != EEXIST) {
    return fail_errno((control / "wake").string());
  }
  if (chmod(control.c_str(), 0700) != 0 ||
      chown(control.c_str(), kControlOwner, kControlOwner) != 0) {
    return fail_errno(control.string());
  }
  return {};
}

Status Containers::prepare_files(const Bundle& bundle, const NetworkSlot& slot) const {
  const std::string host = bundle.name.substr(0, kIdLength);
  const std::vector<std::pair<const char*, std::string>> files = {
      {"resolv.conf", resolver_file()},
      {"hostname", host + "\n"},
      {"hosts", "127.0.0.1 localhost\n" + slot.address + " " + host + "\n" + network_.gateway() +
                    " host.docker.internal\n"}};
  for (const auto& [name, text] : files) {
    TRY_VOID(write_scratch(bundle.at(name), text));
    chmod(bundle.at(name).c_str(), 0644);
  }
  return {};
}

Status Containers::launch(const ContainerSpec& spec, const Bundle& bundle) {
  TRY(pid, shim_.create(bundle));
  const auto mark = mark_process(pid);
  if (!mark) return fail(Code::kUnavailable, "the container's process is gone before its start");
  TRY_VOID(bundle.save_process(*mark));
  const auto slot = parse_number(read_file(bundle.at("slot")));
  if (!slot) return fail(Code::kUnavailable, "the container's network is gone before its start");
  TRY_VOID(check_limits(limits_of(spec), Cgroup(cgroup_path(bundle))));
  TRY_VOID(check_namespaces(*mark, network_.slot(*slot).path));
  TRY_VOID(touch(bundle.at("launching"), 0600));
  TRY_VOID(shim_.start(bundle));
  if (await_started(bundle)) return stop_privileged(bundle, *mark);
  return fail(Code::kUnavailable, "the container's init did not start: " +
                                      read_file(bundle.at("conmon.log")).value_or(std::string()));
}

/// A container that got more than it was to have is killed, and ends as one that was.
Status Containers::stop_privileged(const Bundle& bundle, const ProcessMark& process) const {
  const Status checked = check_privileges(process);
  if (checked) return {};
  kill_process(process);
  Cgroup(cgroup_path(bundle)).kill_all();
  return write_scratch(bundle.at("drift"), checked.error().detail);
}

/// Once the init may be running, what counts is its `started` file: it appears within milliseconds,
/// or the process ends.
bool Containers::await_started(const Bundle& bundle) const {
  constexpr int kPolls = 10'000;
  if (bundle.started()) return true;
  std::error_code ignored;
  if (!std::filesystem::exists(bundle.at("launching"), ignored)) return false;
  const auto process = bundle.process();
  for (int i = 0; i < kPolls && process && is_alive(*process) && !bundle.started(); ++i) {
    usleep(1000);
  }
  return bundle.started();
}

/// Whether the shim reported the end of an init that was let go: without its `started` file too,
/// nothing of it may run a second time.
bool Containers::has_ended(const Bundle& bundle) const {
  std::error_code ignored;
  return std::filesystem::exists(bundle.at("launching"), ignored) &&
         std::filesystem::exists(shim_.exits() / bundle.name, ignored);
}

/// All but the control folder.
void Containers::tear_down(const Bundle& bundle) {
  if (const auto process = bundle.process()) kill_process(*process);
  const Cgroup cgroup(cgroup_path(bundle));
  cgroup.kill_all();
  shim_.discard(bundle);
  await_shim(bundle);
  cgroup.remove();
  unmount(bundle.at("rootfs"));
  unmount(bundle.at("disk"));
  for (const char* file : {"disk.img", "launching", "process.json"})
    unlink(bundle.at(file).c_str());
  if (const auto number = parse_number(read_file(bundle.at("slot")))) {
    unlink(bundle.at("slot").c_str());
    network_.give_back(*number);
  }
}

/// The shim ends by itself once its container is dead; it holds the bundle until then.
void Containers::await_shim(const Bundle& bundle) const {
  constexpr int kPolls = 200;
  for (int i = 0; i < kPolls && bundle.shim_alive(); ++i) usleep(5000);
}

/// The file is the truth, the byte in the FIFO only wakes init's server up. A kind that is in the
/// file was announced before.
Status Containers::announce(const ContainerKey& key,
                            const engine::ports::Announcement& announcement) {
  const Bundle bundle = this->bundle(key);
  const auto told = read_file(bundle.at("control/events"));
  if (!told) return {};  // no container, or one of a program that had no events
  const std::string messages = announcement_messages(announcement);
  if (told->find(messages.substr(0, messages.find(','))) == std::string::npos) {
    const Descriptor file(
        ::open(bundle.at("control/events").c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
    if (file.get() < 0 || write(file.get(), messages.data(), messages.size()) !=
                              static_cast<ssize_t>(messages.size())) {
      return fail_errno(bundle.at("control/events").string());
    }
  }
  const Descriptor wake(
      ::open(bundle.at("control/wake").c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
  // Nobody reads it: the container has ended. Full: it will be read.
  if (wake.get() >= 0 && write(wake.get(), "!", 1) < 0) return {};
  return {};
}

std::optional<engine::ports::ContainerUsage> Containers::usage(const ContainerKey& key) const {
  return bundle(key).usage();
}

std::optional<engine::ports::WebServer> Containers::web_server(const ContainerKey& key) const {
  const Bundle bundle = this->bundle(key);
  const auto slot = parse_number(read_file(bundle.at("slot")));
  const auto port = parse_number(read_file(bundle.at("web-port")));
  if (!slot || !port || *port == 0 || *port > 65535) return std::nullopt;
  return engine::ports::WebServer{network_.slot(*slot).address, static_cast<std::uint16_t>(*port)};
}

Status Containers::kill(const ContainerKey& key) {
  const Bundle bundle = this->bundle(key);
  // The init is PID 1 of its namespace: when it dies, the kernel kills the rest.
  if (const auto process = bundle.process()) kill_process(*process);
  Cgroup(cgroup_path(bundle)).kill_all();
  return {};
}

Status Containers::remove(const ContainerKey& key) {
  const Bundle bundle = this->bundle(key);
  std::error_code error;
  if (!std::filesystem::exists(bundle.root, error)) return {};
  tear_down(bundle);
  if (!Cgroup(cgroup_path(bundle)).empty()) {
    return fail(Code::kUnavailable, bundle.name + ": processes are left");
  }
  std::filesystem::remove(shim_.exits() / bundle.name, error);
  std::filesystem::remove_all(bundle.root, error);
  if (error) return fail(Code::kUnavailable, bundle.root.string() + ": " + error.message());
  return {};
}

ContainerView Containers::look(const ContainerKey& key) const {
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

std::optional<ContainerExit> Containers::exit_of(const Bundle& bundle) const {
  const Cgroup cgroup(cgroup_path(bundle));
  auto reported = parse_number(read_file(shim_.exits() / bundle.name));
  if (!reported) {
    // No word from the shim: either the container lives, or the shim died before it.
    const auto process = bundle.process();
    const bool lives = (process && is_alive(*process)) || bundle.shim_alive() || !cgroup.empty();
    if (lives) return std::nullopt;
    // The shim's last act is that file: it may have come while we looked.
    reported = parse_number(read_file(shim_.exits() / bundle.name));
  }
  ContainerExit exit;
  const auto record = bundle.exit_record();
  if (record) exit = {.exit_code = record->code, .signal = record->signal};
  if (reported && (!record || record->code != static_cast<std::int32_t>(*reported))) {
    const auto code = static_cast<std::int32_t>(*reported);
    const bool as_root = read_file(bundle.at("as-root")).value_or("1") != "0";
    exit.detail = record ? "the init recorded exit code " + std::to_string(record->code) +
                               ", the runtime saw " + std::to_string(code)
                         : "no exit record, the container was killed from outside";
    if (!record || as_root) {
      exit.exit_code = code;
      exit.signal = code > 128 ? code - 128 : 0;
    }
  }
  if (!reported && !record) {
    exit.proven_empty = true;
    exit.detail = "no exit record, and no process is left";
  }
  if (const auto drift = read_file(bundle.at("drift"))) exit.detail = *drift;
  // The kernel's choice is the user's process, whose end init records. Without a record init itself
  // was killed, and that was somebody's decision, whatever happened in there before.
  exit.out_of_memory = record && exit.exit_code == 137 && cgroup.oom_kills() > 0;
  if (const auto usage = bundle.usage()) exit.usage = usage->totals;
  return exit;
}

}  // namespace actuary::adapters::oci
