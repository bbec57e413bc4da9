// The runtime contract on a real Docker Engine, and what only a daemon can do wrong.
#include "adapters/docker/docker_containers.h"
#include "adapters/docker/docker_runtime.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include "adapters/docker/api.h"
#include "adapters/docker/json.h"
#include "tests/oci/oci_world.h"

#ifndef DOCKERD
#define DOCKERD "tests/docker/dockerd"
#endif

namespace actuary::tests {
namespace oci {

Installation& installation() {
  static Installation* one = new Installation;
  return *one;
}

}  // namespace oci

namespace docker {

using oci::installation;
namespace fs = std::filesystem;

/// One Docker Engine for the whole program, of its own.
class Daemon {
 public:
  Daemon() : folder_(installation().root / "docker") { start(); }

  void start() { tell("start"); }
  void kill() { tell("kill"); }
  void stop() { tell("stop"); }
  void signal(int sign) {
    ::kill(std::stoi(adapters::containers::read_file(folder_ / "dockerd.pid").value()), sign);
  }
  [[nodiscard]] const fs::path& folder() const { return folder_; }
  [[nodiscard]] std::string socket() const { return folder_ / "docker.sock"; }

 private:
  void tell(const char* what) {
    const auto done = adapters::reactor::run_ok(
        {.argv = {program(), what, folder_}, .timeout = std::chrono::minutes(2)});
    ACTUARY_ASSERT(done || (std::fprintf(stderr, "%s\n", done.error().detail.c_str()), false));
  }

  /// `dockerd` beside this file, or one that takes the same words and starts something else.
  static std::string program() {
    const char* other = std::getenv("ACTUARY_TEST_DOCKERD");
    return other != nullptr ? other : DOCKERD;
  }

  fs::path folder_;
};

Daemon& daemon() {
  static Daemon* one = new Daemon;
  return *one;
}

class DockerWorld final : public oci::ContainerWorld {
 public:
  DockerWorld() { replace_runtime(); }
  ~DockerWorld() override { runtime_.reset(); }

  static adapters::docker::Options options() {
    return {.containers = installation().options,
            .socket = daemon().socket(),
            .export_image = &export_image};
  }

 private:
  static Status export_image(const events::Image& image, const std::string& name,
                             const fs::path& file) {
    const auto loop = adapters::reactor::UvLoop::own().value();
    const auto builder = adapters::oci::OciBuilder::open(
        *loop, installation().blobs, installation().clock, installation().options);
    return (*builder)->export_image(image, name, file);
  }

  std::unique_ptr<adapters::containers::Runtime> open_runtime() override {
    auto opened = adapters::docker::DockerRuntime::open(*loop_, options());
    if (!opened) std::fprintf(stderr, "%s\n", opened.error().detail.c_str());
    return opened ? std::move(*opened) : nullptr;
  }
};

/// Network, daemon and folder are gone at the program's end.
class CleanUp final : public ::testing::Environment {
 public:
  void TearDown() override {
    { const DockerWorld last; }  // closing without containers takes the network away
    daemon().stop();
    std::error_code ignored;
    fs::remove_all(installation().root, ignored);
  }
};
const auto* const kCleanUp = ::testing::AddGlobalTestEnvironment(new CleanUp);

}  // namespace docker

namespace contract {
INSTANTIATE_TYPED_TEST_SUITE_P(Docker, RuntimeContract, docker::DockerWorld);
}

namespace docker {
namespace {

using contract::ContainerState;

class DockerTest : public contract::RuntimeContract<DockerWorld> {
 protected:
  static std::string name_of(const contract::ContainerKey& key) {
    return "actuary-" + installation().options.installation + "-" +
           adapters::containers::container_name(key);
  }
  static adapters::docker::Answer call(const std::string& method, const std::string& path,
                                       const std::string& body = {}) {
    // Not through the engine's own client: it refuses most of what is asked for here.
    const auto told = adapters::reactor::run(
        {.argv = {"curl", "-s", "-g", "-w", "%{http_code}", "-X", method, "-H",
                  "Content-Type: application/json", "-d", body, "--unix-socket", daemon().socket(),
                  "http://docker/v1.41" + path}});
    EXPECT_TRUE(told);
    const std::size_t end = told->output.size() - 3;
    return {std::stol(told->output.substr(end)), told->output.substr(0, end)};
  }
  static std::string state_in_docker(const contract::ContainerKey& key) {
    return adapters::docker::text_in(call("GET", "/containers/" + name_of(key) + "/json").json(),
                                     {"State", "Status"});
  }
};

TEST_F(DockerTest, UserCodeHasTheImagesUserAndNoPrivileges) {
  const contract::ContainerSpec spec = world_.shell(
      "id -u; echo $HOME $SECRET; grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status;"
      "unshare -m true || echo no namespaces; exit 0");
  EXPECT_EQ(run(spec).exit_code, 0);
  const std::string log = world_.log(spec.key);
  for (const char* text :
       {"Z 1000\n", "/home/actor from the spec\n", "CapEff:\t0000000000000000\n",
        "CapBnd:\t0000000000000000\n", "NoNewPrivs:\t1\n", "Seccomp:\t2\n", "no namespaces\n"}) {
    EXPECT_NE(log.find(text), std::string::npos) << text << log;
  }
}

TEST_F(DockerTest, RootInsideCannotForgeTheExitRecordOrTheLog) {
  const contract::ContainerSpec spec = world_.shell_as(
      "root",
      "id -u; echo '{\"code\":0}' > /.actuary/exit; cat /.actuary/log; ls /.actuary;"
      "touch /.actuary/go; mv /.actuary /x; kill -9 1; exit 9");
  const contract::ContainerExit exit = run(spec);
  EXPECT_EQ(exit.exit_code, 9);
  EXPECT_EQ(exit.detail, "");
  EXPECT_NE(world_.log(spec.key).find("Permission denied"), std::string::npos);
}

TEST_F(DockerTest, ReachesTheApiOnTheGatewayAndNoOtherPortAndNoOtherContainer) {
  const auto listen_on = [](std::uint16_t port) {
    adapters::containers::Descriptor server(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int yes = 1;
    setsockopt(server.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    EXPECT_EQ(bind(server.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(server.get(), 4), 0);
    return server;
  };
  const auto api = listen_on(installation().options.api_port);
  const auto other = listen_on(18011);
  contract::ContainerSpec server = world_.shell("while true; do nc -l -p 4321 -e true; done");
  server.env.push_back({"ACTOR_WEB_SERVER_PORT", "4321", false});
  ASSERT_TRUE(start(server));
  const auto address = world_.containers().web_server(server.key);
  ASSERT_TRUE(address);
  EXPECT_EQ(address->port, 4321);
  const std::string gateway = world_.containers().gateway();
  const contract::ContainerSpec spec =
      world_.shell("nc -w 2 " + gateway + " 18010 -e true && echo api open; nc -w 2 " + gateway +
                   " 18011 -e true || echo other closed; nc -w 2 " + address->host +
                   " 4321 -e true || echo neighbour closed; exit 0");
  EXPECT_EQ(run(spec).exit_code, 0);
  for (const char* text : {"api open", "other closed", "neighbour closed"}) {
    EXPECT_NE(world_.log(spec.key).find(text), std::string::npos) << world_.log(spec.key);
  }
  sockaddr_in there{};
  there.sin_family = AF_INET;
  there.sin_port = htons(address->port);
  inet_pton(AF_INET, address->host.c_str(), &there.sin_addr);
  const adapters::containers::Descriptor client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(connect(client.get(), reinterpret_cast<sockaddr*>(&there), sizeof there), 0)
      << "the host reaches the web server";
}

TEST_F(DockerTest, ASecondStartByHandRunsNothingOfTheUsers) {
  const contract::ContainerSpec spec = world_.shell("echo begun; exit 4");
  EXPECT_EQ(run(spec).exit_code, 4);
  ASSERT_TRUE(world_.turn_until([&] { return state_in_docker(spec.key) == "exited"; }));
  EXPECT_EQ(call("POST", "/containers/" + name_of(spec.key) + "/start").status, 204);
  ASSERT_TRUE(world_.turn_until([&] { return state_in_docker(spec.key) == "exited"; }));
  const std::string log = world_.log(spec.key);
  EXPECT_EQ(log.find("begun"), log.rfind("begun")) << log;
  EXPECT_EQ(inspect(spec.key).exit->exit_code, 4);
}

TEST(DockerExit, AnEndThatDockerLostIsTheOneThatInitRecorded) {
  using adapters::docker::believed;
  const adapters::containers::ExitRecord zero{.code = 0};
  EXPECT_EQ(believed(255, zero), std::nullopt);
  EXPECT_EQ(believed(255, std::nullopt), 255) << "nobody knows better";
  EXPECT_EQ(believed(137, zero), 137) << "killed from outside after the record";
}

TEST_F(DockerTest, WhatDockersOwnStopSendsEndsNobody) {
  const contract::ContainerSpec spec = world_.shell("echo up; sleep 1; exit 6");
  ASSERT_TRUE(start(spec));
  const auto config = call("GET", "/containers/" + name_of(spec.key) + "/json").json()["Config"];
  EXPECT_GE(config["StopTimeout"].get<int>(), 3600);
  const std::string signal = config["StopSignal"];
  EXPECT_EQ(call("POST", "/containers/" + name_of(spec.key) + "/kill?signal=" + signal).status,
            204);
  EXPECT_EQ(wait_exit(spec.key).exit_code, 6);
}

TEST_F(DockerTest, WhatAKilledDaemonLeftInContainerdIsNotInTheWayOfAStart) {
  const contract::ContainerSpec first = world_.shell("exit 0");
  run(first);  // Docker has the image now
  const contract::ContainerSpec spec = world_.shell("echo ran; exit 5");
  const std::string body = R"({"Image":"localhost/actuary/image:)" + spec.image.id +
                           R"(","Labels":{"actuary.installation":")" +
                           installation().options.installation + R"("}})";
  const auto made = call("POST", "/containers/create?name=" + name_of(spec.key), body);
  ASSERT_EQ(made.status, 201);
  const std::string id = made.json()["Id"];
  const fs::path left = daemon().folder() / "run/io.containerd.runtime.v2.task/moby" / id;
  fs::create_directories(left);
  EXPECT_EQ(run(spec).exit_code, 5);
  fs::remove_all(left);
}

TEST_F(DockerTest, APausedContainerIsKilled) {
  const contract::ContainerSpec spec = world_.shell("echo up; sleep 100");
  ASSERT_TRUE(start(spec));
  EXPECT_EQ(call("POST", "/containers/" + name_of(spec.key) + "/pause").status, 204);
  EXPECT_TRUE(kill(spec.key));
  EXPECT_EQ(wait_exit(spec.key).exit_code, 137);
}

TEST_F(DockerTest, WhatSomebodyRemovedHasEndedForCertainAndWithoutACode) {
  const contract::ContainerSpec spec = world_.shell("echo up; sleep 100");
  ASSERT_TRUE(start(spec));
  EXPECT_EQ(call("DELETE", "/containers/" + name_of(spec.key) + "?force=1").status, 204);
  const contract::ContainerExit exit = wait_exit(spec.key);
  EXPECT_FALSE(exit.exit_code);
  EXPECT_TRUE(exit.proven_empty);
  EXPECT_NE(exit.detail.find("somebody removed it from Docker"), std::string::npos) << exit.detail;
}

TEST_F(DockerTest, AStrangersContainerOfOurNameIsLeftAlone) {
  const contract::ContainerSpec first = world_.shell("exit 0");
  run(first);  // Docker has the image now
  const contract::ContainerSpec spec = world_.shell("echo ran");
  const std::string body =
      R"({"Image":"localhost/actuary/image:)" + spec.image.id + R"(","Cmd":["sleep","1"]})";
  ASSERT_EQ(call("POST", "/containers/create?name=" + name_of(spec.key), body).status, 201);
  const Status begun = start(spec);
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().code, Code::kUnavailable);
  EXPECT_NE(begun.error().detail.find("somebody else's"), std::string::npos)
      << begun.error().detail;
  EXPECT_FALSE(remove(spec.key));
  EXPECT_EQ(state_in_docker(spec.key), "created");
  EXPECT_EQ(call("DELETE", "/containers/" + name_of(spec.key)).status, 204);
}

TEST_F(DockerTest, AnImageThatIsNotHereIsUnavailable) {
  contract::ContainerSpec spec = world_.shell("true");
  spec.image.id = std::string(64, '0');
  const Status begun = start(spec);
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().code, Code::kUnavailable);
  EXPECT_EQ(inspect(spec.key).state, ContainerState::kMissing);
}

TEST_F(DockerTest, ADaemonThatHangsIsUnknownAndNobodyIsDead) {
  const contract::ContainerSpec spec = world_.shell("echo up; sleep 100");
  ASSERT_TRUE(start(spec));
  daemon().signal(SIGSTOP);
  EXPECT_EQ(inspect(spec.key).state, ContainerState::kRunning);
  std::optional<Result<std::vector<contract::ContainerView>>> views;
  world_.runtime().list([&](auto listed) { views = std::move(listed); });
  EXPECT_TRUE(world_.turn_until([&] { return views.has_value(); })) << "no call waits for ever";
  EXPECT_TRUE(views && !*views);
  daemon().signal(SIGCONT);
  EXPECT_EQ(exits_.count(spec.key), 0U);
  EXPECT_TRUE(kill(spec.key));
  EXPECT_EQ(wait_exit(spec.key).exit_code, 137);
}

/// Every answer that a start gives.
struct Answers {
  std::vector<Status> all;

  [[nodiscard]] engine::ports::ContainerRuntime::Done<void> take() {
    return [this](Status status) { all.push_back(std::move(status)); };
  }
  [[nodiscard]] bool is_put_off() const {
    return !all.empty() && !all.back() && all.back().error().code == Code::kNoRuntime;
  }
  [[nodiscard]] bool is_settled() const { return !all.empty() && !is_put_off(); }
};

TEST_F(DockerTest, AStartThatMeetsNoDaemonWaitsAndHappensOnceItIsBack) {
  (void)run(world_.shell("exit 0"));
  const contract::ContainerSpec spec = world_.shell("echo begun; exit 4");
  const contract::ContainerSpec unwanted = world_.shell("echo begun; sleep 100");
  Answers begun;
  Answers stopped;
  daemon().kill();
  started_.insert(started_.end(), {spec.key, unwanted.key});
  world_.runtime().start(spec, begun.take());
  world_.runtime().start(unwanted, stopped.take());
  ASSERT_TRUE(world_.turn_until([&] { return begun.is_put_off() && stopped.is_put_off(); }));
  const std::string why = begun.all.back().error().detail;
  EXPECT_NE(why.find("Docker does not answer"), std::string::npos) << why;
  world_.runtime().kill(unwanted.key, [](const Status&) {});
  ASSERT_TRUE(world_.turn_until([&] { return stopped.is_settled(); }));
  EXPECT_EQ(stopped.all.back().error().code, Code::kUnavailable) << "certainly not started";
  EXPECT_FALSE(begun.is_settled()) << "out of reach is not dead";
  daemon().start();
  ASSERT_TRUE(world_.turn_until([&] { return begun.is_settled(); }));
  EXPECT_TRUE(begun.all.back()) << begun.all.back().error().detail;
  EXPECT_EQ(wait_exit(spec.key).exit_code, 4);
  const std::string log = world_.log(spec.key);
  EXPECT_NE(log.find("begun"), std::string::npos) << log;
  EXPECT_EQ(log.find("begun"), log.rfind("begun")) << log;
  EXPECT_EQ(world_.log(unwanted.key).find("begun"), std::string::npos);
}

TEST_F(DockerTest, AStartThatMeetsAHungDaemonHappensOnceItGoesOn) {
  (void)run(world_.shell("exit 0"));
  const contract::ContainerSpec spec = world_.shell("echo begun; exit 4");
  Answers begun;
  daemon().signal(SIGSTOP);
  started_.push_back(spec.key);
  world_.runtime().start(spec, begun.take());
  EXPECT_TRUE(world_.turn_until([&] { return begun.is_put_off(); }));
  daemon().signal(SIGCONT);
  ASSERT_TRUE(world_.turn_until([&] { return begun.is_settled(); }));
  EXPECT_TRUE(begun.all.back()) << begun.all.back().error().detail;
  EXPECT_EQ(wait_exit(spec.key).exit_code, 4);
  const std::string log = world_.log(spec.key);
  EXPECT_EQ(log.find("begun"), log.rfind("begun")) << log;
}

TEST_F(DockerTest, AKilledDaemonLosesNeitherLogNorExitCodeNorMemoryExhaustion) {
  const contract::ContainerSpec spec = world_.shell("echo up; sleep 1; echo late; exit 6");
  contract::ContainerSpec eater = world_.shell("sleep 1; exec tail /dev/zero");
  eater.memory_mbytes = 128;
  ASSERT_TRUE(start(spec));
  ASSERT_TRUE(start(eater));
  daemon().kill();
  EXPECT_EQ(wait_exit(spec.key).exit_code, 6);
  EXPECT_NE(world_.log(spec.key).find("Z late\n"), std::string::npos);
  const contract::ContainerExit exit = wait_exit(eater.key);
  EXPECT_EQ(exit.exit_code, 137);
  EXPECT_TRUE(exit.out_of_memory);
  daemon().start();
}

TEST_F(DockerTest, WhatAPruneTookIsMadeAgain) {
  run(world_.shell("exit 0"));
  ASSERT_TRUE(remove(started_.back()));
  const contract::ContainerSpec spec = world_.shell("exit 3");
  const std::string network = "/networks/actuary-" + installation().options.installation;
  ASSERT_EQ(call("DELETE", network).status, 204);
  ASSERT_EQ(call("DELETE", "/images/localhost/actuary/image:" + spec.image.id).status, 200);
  EXPECT_EQ(run(spec).exit_code, 3);
}

TEST_F(DockerTest, AReadOnlyRootLeavesTmpInMemoryToWriteTo) {
  installation().options.read_only_root = true;
  world_.replace_runtime();
  installation().options.read_only_root = false;
  listen();
  const contract::ContainerSpec spec = world_.shell(
      "touch /home/actor/x || echo root closed; touch /tmp/x && echo tmp open; df -m /tmp; exit 3");
  const contract::ContainerExit exit = run(spec);
  const std::string log = world_.log(spec.key);
  EXPECT_EQ(exit.exit_code, 3) << log;
  for (const char* text : {"Z root closed", "Z tmp open", "tmpfs", " 128 "}) {
    EXPECT_NE(log.find(text), std::string::npos) << text << log;
  }
  EXPECT_TRUE(remove(spec.key));
  world_.replace_runtime();
}

TEST_F(DockerTest, StartLatencyIsReported) {
  (void)run(world_.shell("true"));
  std::vector<double> millis;
  for (int i = 0; i < 7; ++i) {
    const contract::ContainerSpec spec = world_.shell("true");
    const auto begin = std::chrono::steady_clock::now();
    ASSERT_TRUE(start(spec));
    millis.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
            .count());
    (void)wait_exit(spec.key);
    (void)remove(spec.key);
  }
  std::sort(millis.begin(), millis.end());
  RecordProperty("start_millis_p50", std::to_string(millis[3]));
  std::printf("start: p50 %.1f ms, worst %.1f ms\n", millis[3], millis[6]);
}

}  // namespace
}  // namespace docker
}  // namespace actuary::tests
