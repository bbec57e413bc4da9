#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "adapters/client/client.h"
#include "adapters/host/control_plane.h"
#include "bench/support/ratio.h"
#include "journal/base/assert.h"

/// The control plane as a host has it, with many live containers: how soon an abort has killed, and
/// how soon a new engine has found them all again.
namespace actuary::bench {
namespace {

namespace fs = std::filesystem;
namespace run = engine::run;
using adapters::client::Client;
using Json = adapters::client::Json;
using Clock = std::chrono::steady_clock;
using Millis = std::chrono::duration<double, std::milli>;

constexpr std::chrono::seconds kPatience{120};

/// A process of this machine, watched from before it dies.
class Watched {
 public:
  explicit Watched(pid_t pid) : fd_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {
    ACTUARY_ASSERT(fd_ >= 0);
  }
  ~Watched() { ::close(fd_); }
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

  void kill() const { ::syscall(SYS_pidfd_send_signal, fd_, SIGKILL, nullptr, 0); }
  void wait_until_dead() const {
    pollfd ended{.fd = fd_, .events = POLLIN, .revents = 0};
    ACTUARY_ASSERT(::poll(&ended, 1, static_cast<int>(Millis(kPatience).count())) == 1);
  }

 private:
  int fd_;
};

class Host {
 public:
  explicit Host(std::string name) {
    std::string pattern = fs::temp_directory_path() / ("actuary-bench-" + name + "-XXXXXX");
    folder_ = ::mkdtemp(pattern.data());
    open();
  }
  ~Host() {
    for (const std::string& id : live_)
      (void)client().call("POST", "/v2/actor-runs/" + id + "/abort");
    for (const std::string& id : live_) wait_for(id, "ABORTED");
    plane_.reset();
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  void open() {
    ControlPlaneOptions options;
    options.data = folder_ / "data";
    options.runtime = adapters::host::RuntimeKind::kOci;
    options.listen_port = listened_ ? std::nullopt : std::optional<std::uint16_t>{0};
    options.init_binary = ACTUARY_INIT;
    // The containers sleep: what they may use is not what they use.
    options.capacity = {.memory_mbytes = 1 << 20, .disk_mbytes = 1 << 22};
    auto plane = ControlPlane::open(std::move(options));
    if (!plane) {
      std::fprintf(stderr, "%s\n", plane.error().detail.c_str());
      std::abort();
    }
    plane_ = std::move(*plane);
    listened_ = true;
  }
  void close() { plane_.reset(); }

  /// So many runs of an Actor that sleeps are live then, all of them running.
  void fill_up(std::size_t count) {
    if (actor_.empty()) actor_ = make_actor();
    while (live_.size() < count) {
      const auto begun = client().data("POST", "/v2/acts/" + actor_ + "/runs?memory=128", "{}");
      ACTUARY_ASSERT(begun.has_value());
      live_.push_back(begun->at("id").get<std::string>());
    }
    for (const std::string& id : live_) wait_for(id, "RUNNING");
  }

  /// What the last death left to do is done.
  static void settle() { std::this_thread::sleep_for(std::chrono::milliseconds(200)); }

  /// From the call of an abort to the death of the container's first process.
  Millis abort_one() {
    const std::string id = take();
    const Watched container(pid_of(id));
    Principal caller{.kind = PrincipalKind::kUser, .user_id = plane_->local_user()};
    const auto begin = Clock::now();
    plane_->submit({.command = run::Command{run::Abort{RunId::parse(id).value()}},
                    .principal = caller,
                    .command_id = {}});
    container.wait_until_dead();
    return Clock::now() - begin;
  }
  /// The same death by the kernel alone.
  Millis kill_one() {
    const Watched container(pid_of(take()));
    const auto begin = Clock::now();
    container.kill();
    container.wait_until_dead();
    return Clock::now() - begin;
  }

  [[nodiscard]] std::size_t live() const { return live_.size(); }

 private:
  [[nodiscard]] Client client() const { return Client(plane_->socket_path()); }

  std::string make_actor() {
    const Json version = {
        {"versionNumber", "0.1"},
        {"sourceType", "SOURCE_FILES"},
        {"buildTag", "latest"},
        {"sourceFiles",
         {{{"name", "Dockerfile"},
           {"format", "TEXT"},
           {"content", "FROM localhost/actuary/base\nCMD [\"sleep\", \"3600\"]\n"}}}}};
    const Json wanted = {{"name", "sleeper"}, {"versions", Json::array({version})}};
    const auto actor = client().data("POST", "/v2/actors", wanted.dump());
    ACTUARY_ASSERT(actor.has_value());
    const std::string id = actor->at("id");
    const auto build =
        client().data("POST", "/v2/actors/" + id + "/builds?version=0.1&waitForFinish=60");
    ACTUARY_ASSERT(build.has_value() && build->at("status") == "SUCCEEDED");
    return id;
  }

  void wait_for(const std::string& id, std::string_view status) const {
    const auto deadline = Clock::now() + kPatience;
    for (;;) {
      const auto found = client().data("GET", "/v2/actor-runs/" + id);
      ACTUARY_ASSERT(found.has_value() && Clock::now() < deadline);
      if (found->at("status") == status) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }

  std::string take() {
    ACTUARY_ASSERT(!live_.empty());
    std::string id = live_.front();
    live_.pop_front();
    return id;
  }

  [[nodiscard]] pid_t pid_of(const std::string& id) const {
    for (const auto& entry : fs::directory_iterator(folder_ / "data/runtime/containers")) {
      if (!entry.path().filename().string().starts_with(id)) continue;
      pid_t pid = 0;
      std::ifstream(entry.path() / "pid") >> pid;
      if (pid > 0) return pid;
    }
    ACTUARY_ASSERT(false);
  }

  fs::path folder_;
  bool listened_ = false;
  std::string actor_;
  std::unique_ptr<ControlPlane> plane_;
  std::deque<std::string> live_;
};

/// The slowest of some, as a rate.
template <class Action>
double slowest(int count, std::vector<double>& all, Action action) {
  double most = 0;
  for (int i = 0; i < count; ++i) {
    Host::settle();
    const double millis = Millis(action()).count();
    all.push_back(millis);
    most = std::max(most, millis);
  }
  return 1000 / most;
}

void tell(const char* what, const std::vector<double>& millis) {
  if (millis.empty()) return;
  std::fprintf(stderr, "%s: p50 %.2f ms, p99 %.2f ms of %zu\n", what, quantile(millis, 0.5),
               quantile(millis, 0.99), millis.size());
}

}  // namespace
}  // namespace actuary::bench

int main(int argc, char** argv) {
  using namespace actuary::bench;
  const Settings settings = settings_from(argc, argv);
  const int each = settings.quick ? 1 : 5;
  const std::size_t running = settings.quick ? 20 : 200;
  std::vector<double> aborts;
  std::vector<double> kills;
  std::vector<double> opens;
  Host host("live");
  Host empty("empty");
  const auto reopen = [](Host& what) {
    what.close();
    const auto begin = std::chrono::steady_clock::now();
    what.open();
    return begin;
  };
  const int failed = report(
      {{.name = "abort to death, " + std::to_string(running) + " running, slowest of five",
        .unit = "1/s",
        .ours =
            [&] {
              host.fill_up(running);
              return slowest(each, aborts, [&] { return host.abort_one(); });
            },
        .reference =
            [&] {
              host.fill_up(running);
              return slowest(each, kills, [&] { return host.kill_one(); });
            },
        .bar = 0.2},
       {.name = "open beside " + std::to_string(running) + " live containers, abort one",
        .unit = "1/s",
        .ours =
            [&] {
              host.fill_up(running);
              return slowest(1, opens, [&]() -> std::chrono::duration<double, std::milli> {
                const auto begin = reopen(host);
                host.abort_one();
                return std::chrono::steady_clock::now() - begin;
              });
            },
        .reference =
            [&] {
              const auto begin = reopen(empty);
              return 1 / std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
                             .count();
            },
        .bar = 0.2}},
      settings);
  tell("abort to death", aborts);
  tell("killed by the kernel", kills);
  tell("open, find them again, abort one", opens);
  return failed;
}
