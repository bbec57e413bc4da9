#include "adapters/containers/bundle.h"

#include <fcntl.h>
#include <signal.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <vector>

// glibc 2.36 declares these without C linkage.
extern "C" {
#include <sys/pidfd.h>
}

namespace actuary::adapters::containers {
namespace {

using Json = nlohmann::json;

std::string boot_id() {
  return read_file("/proc/sys/kernel/random/boot_id").value_or(std::string());
}

/// Field 22 of /proc/PID/stat; the second one, a name in parentheses, may hold anything. A zombie
/// is dead.
std::optional<std::uint64_t> start_ticks(pid_t pid) {
  const auto text = read_file("/proc/" + std::to_string(pid) + "/stat");
  if (!text) return std::nullopt;
  std::size_t at = text->rfind(')');
  if (at == std::string::npos || at + 2 >= text->size()) return std::nullopt;
  const char state = (*text)[at + 2];
  if (state == 'Z' || state == 'X') return std::nullopt;
  for (int field = 2; field < 22; ++field) {
    at = text->find(' ', at + 1);
    if (at == std::string::npos) return std::nullopt;
  }
  std::uint64_t ticks = 0;
  std::from_chars(text->data() + at + 1, text->data() + text->size(), ticks);
  return ticks;
}

std::int64_t number_at(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

std::optional<Json> read_json(const std::filesystem::path& path) {
  const auto text = read_file(path);
  if (!text) return std::nullopt;
  Json json = Json::parse(*text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  return json;
}

}  // namespace

std::string container_name(const ContainerKey& key) {
  return key.run_id.str() + "-" + std::to_string(key.epoch);
}

std::optional<ContainerKey> parse_container_name(std::string_view name) {
  if (name.size() < kIdLength + 2 || name[kIdLength] != '-') return std::nullopt;
  const auto run_id = RunId::parse(name.substr(0, kIdLength));
  if (!run_id) return std::nullopt;
  ContainerKey key{*run_id, 0};
  const char* end = name.data() + name.size();
  const auto parsed = std::from_chars(name.data() + kIdLength + 1, end, key.epoch);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
  return key;
}

std::optional<ProcessMark> mark_process(pid_t pid) {
  const auto ticks = start_ticks(pid);
  if (!ticks) return std::nullopt;
  return ProcessMark{pid, *ticks, boot_id()};
}

bool is_alive(const ProcessMark& mark) {
  return mark.boot == boot_id() && start_ticks(mark.pid) == mark.start_ticks;
}

void kill_process(const ProcessMark& mark) {
  // The descriptor pins the process; only then is it certain that the mark still speaks of it.
  const Descriptor process(pidfd_open(mark.pid, 0));
  if (process.get() < 0 || !is_alive(mark)) return;
  pidfd_send_signal(process.get(), SIGKILL, nullptr, 0);
}

bool Bundle::started() const {
  std::error_code error;
  return std::filesystem::exists(at("control/started"), error);
}

std::optional<ExitRecord> Bundle::exit_record() const {
  const auto json = read_json(at("control/exit"));
  if (!json || !json->contains("code")) return std::nullopt;
  return ExitRecord{static_cast<std::int32_t>(number_at(*json, "code")),
                    static_cast<std::int32_t>(number_at(*json, "signal")),
                    static_cast<std::uint64_t>(number_at(*json, "oomKills"))};
}

ContainerExit exit_of(const std::optional<ExitRecord>& record,
                      const std::optional<std::int32_t>& reported, bool runs_as_root) {
  ContainerExit exit;
  if (record) exit = {.exit_code = record->code, .signal = record->signal};
  if (reported && (!record || record->code != *reported)) {
    exit.detail = record ? "the init recorded exit code " + std::to_string(record->code) +
                               ", the runtime saw " + std::to_string(*reported)
                         : "no exit record, the container was killed from outside";
    if (!record || runs_as_root) {
      exit.exit_code = *reported;
      exit.signal = *reported > 128 ? *reported - 128 : 0;
    }
  }
  if (!reported && !record) {
    exit.proven_empty = true;
    exit.detail = "no exit record, and no process is left";
  }
  return exit;
}

/// The record is overwritten in place: when its first and last number differ, it was read while it
/// was being written.
std::optional<engine::ports::ContainerUsage> Bundle::usage() const {
  constexpr int kReads = 3;
  for (int i = 0; i < kReads; ++i) {
    const auto json = read_json(at("control/usage"));
    if (!json || number_at(*json, "samples") != number_at(*json, "whole")) continue;
    const auto count = [&](const char* name) {
      return static_cast<std::uint64_t>(number_at(*json, name));
    };
    const auto percent = [&](const char* name) {
      const auto found = json->find(name);
      return found != json->end() && found->is_number() ? found->get<double>() : 0.0;
    };
    return engine::ports::ContainerUsage{{.samples = count("samples"),
                                          .memory_bytes_avg = count("memAvgBytes"),
                                          .memory_bytes_max = count("memMaxBytes"),
                                          .cpu_percent_avg = percent("cpuAvgUsage"),
                                          .cpu_percent_max = percent("cpuMaxUsage"),
                                          .received_bytes = count("netRxBytes"),
                                          .sent_bytes = count("netTxBytes")},
                                         count("memCurrentBytes"),
                                         percent("cpuCurrentUsage"),
                                         number_at(*json, "webServerReady") != 0};
  }
  return std::nullopt;
}

std::optional<ProcessMark> Bundle::process() const {
  const auto json = read_json(at("process.json"));
  if (!json) return std::nullopt;
  const auto boot = json->find("boot");
  if (boot == json->end() || !boot->is_string()) return std::nullopt;
  return ProcessMark{static_cast<pid_t>(number_at(*json, "pid")),
                     static_cast<std::uint64_t>(number_at(*json, "startTicks")),
                     boot->get<std::string>()};
}

Status Bundle::save_process(const ProcessMark& mark) const {
  const Json json = {{"pid", mark.pid}, {"startTicks", mark.start_ticks}, {"boot", mark.boot}};
  return write_scratch(at("process.json"), json.dump());
}

bool Bundle::shim_alive() const {
  const auto text = read_file(at("conmon.pid"));
  if (!text) return false;
  pid_t pid = 0;
  std::from_chars(text->data(), text->data() + text->size(), pid);
  if (pid <= 0 || !start_ticks(pid)) return false;
  const auto arguments = read_file("/proc/" + std::to_string(pid) + "/cmdline");
  return arguments && arguments->find(name) != std::string::npos;
}

Bundle bundle_of(const std::filesystem::path& data, const ContainerKey& key) {
  const std::string name = container_name(key);
  return {data / "runtime/containers" / name, name};
}

std::vector<ContainerKey> bundles_in(const std::filesystem::path& data) {
  std::vector<ContainerKey> keys;
  std::error_code ignored;
  for (const auto& entry :
       std::filesystem::directory_iterator(data / "runtime/containers", ignored)) {
    if (auto key = parse_container_name(entry.path().filename().string())) keys.push_back(*key);
  }
  return keys;
}

}  // namespace actuary::adapters::containers
