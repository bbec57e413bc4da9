#include "adapters/oci/shim.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <nlohmann/json.hpp>

#include "adapters/containers/cgroup.h"
#include "adapters/containers/mounts.h"

namespace actuary::adapters::oci {
namespace {

using Json = nlohmann::json;

constexpr int kCreateMillisMax = 20'000;

/// conmon reports one line on the pipe: the container's pid, or why there is none.
Result<pid_t> read_report(int pipe) {
  std::string text;
  std::array<char, 4096> chunk{};
  while (text.find('\n') == std::string::npos && text.size() < containers::kFileBytesMax) {
    pollfd wait{pipe, POLLIN, 0};
    if (poll(&wait, 1, kCreateMillisMax) <= 0) {
      return fail(Code::kUnavailable, "conmon did not answer in time");
    }
    const ssize_t size = read(pipe, chunk.data(), chunk.size());
    if (size <= 0) break;
    text.append(chunk.data(), static_cast<std::size_t>(size));
  }
  const Json report = Json::parse(text, nullptr, false);
  if (!report.is_object() || !report.contains("data") || !report["data"].is_number_integer()) {
    return fail(Code::kUnavailable, "conmon answered: " + text);
  }
  const auto pid = report["data"].get<pid_t>();
  if (pid > 0) return pid;
  const auto message = report.find("message");
  return fail(Code::kUnavailable, message != report.end() && message->is_string()
                                      ? message->get<std::string>()
                                      : "the container runtime failed without a word");
}

}  // namespace

Shim::Shim(const Options& options) : options_(options) {}

Status Shim::open() {
  conmon_ = reactor::find_program("conmon");
  runtime_ = reactor::find_program("crun");
  if (runtime_.empty()) runtime_ = reactor::find_program("runc");
  if (conmon_.empty()) return fail(Code::kNoRuntime, "conmon is missing: apt-get install conmon");
  if (runtime_.empty()) {
    return fail(Code::kNoRuntime, "neither crun nor runc is here: apt-get install crun");
  }
  if (reactor::find_program("mkfs.ext4").empty()) {
    return fail(Code::kNoRuntime, "mkfs.ext4 is missing: apt-get install e2fsprogs");
  }
  if (geteuid() != 0) return fail(Code::kNoRuntime, "containers need root: run it with sudo");
  TRY_VOID(make_directory(exits()));
  TRY_VOID(make_directory(options_.data / "runtime/oci"));
  if (containers::Cgroup::is_hybrid() && runtime_.ends_with("crun")) {
    TRY(entered, containers::namespace_without_hybrid_cgroup());
    mount_namespace_ = entered;
  }
  if (auto listed = reactor::run_ok(invoke({"list"})); !listed) {
    return fail(Code::kNoRuntime, "the container runtime does not work: " + listed.error().detail);
  }
  return {};
}

reactor::Command Shim::invoke(std::vector<std::string> arguments) const {
  std::vector<std::string> argv = {runtime_, "--root", options_.data / "runtime/oci"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return {.argv = std::move(argv), .mount_namespace = mount_namespace_};
}

Result<pid_t> Shim::create(const Bundle& bundle) const {
  std::array<int, 2> report{};
  if (pipe2(report.data(), O_CLOEXEC) != 0) return fail_errno("pipe");
  const Descriptor reading(report[0]);
  Descriptor writing(report[1]);
  const reactor::Command command{.argv = {conmon_,
                                          "--api-version",
                                          "1",
                                          "-c",
                                          bundle.name,
                                          "-u",
                                          bundle.name,
                                          "-n",
                                          bundle.name,
                                          "-r",
                                          runtime_,
                                          "--runtime-arg",
                                          "--root",
                                          "--runtime-arg",
                                          options_.data / "runtime/oci",
                                          "-b",
                                          bundle.root,
                                          "-p",
                                          bundle.at("pid"),
                                          "-P",
                                          bundle.at("conmon.pid"),
                                          "--exit-dir",
                                          exits(),
                                          "--persist-dir",
                                          bundle.root,
                                          "-l",
                                          "k8s-file:" + bundle.at("conmon.log").string(),
                                          "--no-new-keyring",
                                          "--log-level",
                                          "error",
                                          "--socket-dir-path",
                                          bundle.root},
                                 .extra_env = {"_OCI_SYNCPIPE=3"},
                                 .mount_namespace = mount_namespace_,
                                 .inherit_as_3 = writing.get(),
                                 .death = reactor::Death::kIndependent};
  TRY(forked, reactor::run_ok(command));
  writing.reset();
  return read_report(reading.get());
}

Status Shim::start(const Bundle& bundle) const {
  TRY_VOID(reactor::run_ok(invoke({"start", bundle.name})));
  return {};
}

void Shim::discard(const Bundle& bundle) const {
  (void)reactor::run(invoke({"delete", "--force", bundle.name}));
}

}  // namespace actuary::adapters::oci
