#include "adapters/containers/control.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <sstream>

namespace actuary::adapters::containers {
namespace {

/// Nobody has this uid: user code that runs as uid 0, but without capabilities, is a stranger to
/// the folder. actuary-init refuses an image that asks for it.
constexpr uid_t kControlOwner = 4'294'900'001;

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

}  // namespace

Status install_init(const Options& options) {
  const auto program = read_file(options.init_binary);
  if (!program) {
    return fail(Code::kNoRuntime, "actuary-init is missing at " + options.init_binary.string());
  }
  const std::filesystem::path target = options.data / "runtime/init";
  TRY_VOID(write_scratch(target, *program));
  if (chmod(target.c_str(), 0555) != 0) return fail_errno(target.string());
  return {};
}

std::filesystem::path log_of(const Options& options, const ContainerKey& key) {
  return options.data / "logs" / (key.run_id.str() + ".log");
}

Status prepare_control(const Options& options, const engine::ports::ContainerSpec& spec,
                       const Bundle& bundle) {
  TRY_VOID(touch(log_of(options, spec.key), 0600));
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

/// The file is the truth, the byte in the FIFO only wakes init's server up. A kind that is in the
/// file was announced before.
Status announce(const Bundle& bundle, const engine::ports::Announcement& announcement) {
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

std::string web_server_port(const engine::ports::ContainerSpec& spec) {
  std::string port;
  for (const auto& variable : spec.env) {
    if (variable.name == "ACTOR_WEB_SERVER_PORT") port = variable.value;
  }
  return port;
}

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

std::optional<unsigned> parse_number(const std::optional<std::string>& text) {
  unsigned number = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), number).ec != std::errc{})
    return std::nullopt;
  return number;
}

Status touch(const std::filesystem::path& path, mode_t mode) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, mode));
  if (file.get() < 0) return fail_errno(path.string());
  return {};
}

}  // namespace actuary::adapters::containers
