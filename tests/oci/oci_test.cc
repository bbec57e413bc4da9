#include <arpa/inet.h>
#include <sys/socket.h>

#include "tests/oci/oci_world.h"

namespace actuary::tests {
namespace oci {

Installation& installation() {
  static Installation* one = new Installation;
  return *one;
}

/// Removes bridge, mounts and folder at the program's end.
class CleanUp final : public ::testing::Environment {
 public:
  void TearDown() override {
    const fs::path root = installation().root;
    { const OciWorld last; }  // closing without containers takes bridge and mounts away
    std::error_code ignored;
    fs::remove_all(root, ignored);
  }
};
const auto* const kCleanUp = ::testing::AddGlobalTestEnvironment(new CleanUp);

}  // namespace oci

namespace contract {
INSTANTIATE_TYPED_TEST_SUITE_P(Oci, RuntimeContract, oci::OciWorld);
}

namespace oci {
namespace {

class OciRuntimeTest : public contract::RuntimeContract<OciWorld> {};

TEST_F(OciRuntimeTest, NamesAnExecutableThatIsNotThere) {
  contract::ContainerSpec spec = world_.shell("");
  auto config = nlohmann::json::parse(spec.image.config);
  config["config"]["Cmd"] = {"no-such-program"};
  spec.image.config = config.dump();
  EXPECT_EQ(run(spec).exit_code, 127);
  EXPECT_NE(world_.log(spec.key).find("ACTOR: Cannot start the process: run no-such-program"),
            std::string::npos);
}

TEST_F(OciRuntimeTest, UserCodeHasTheImagesUserAndNoPrivileges) {
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

TEST_F(OciRuntimeTest, RootInsideCannotForgeTheExitRecordOrTheLog) {
  const contract::ContainerSpec spec = world_.shell_as(
      "root",
      "id -u; echo '{\"code\":0}' > /.actuary/exit; cat /.actuary/log; ls /.actuary;"
      "chown 0 /.actuary; mv /.actuary /x; echo x > /proc/1/root/forged; kill -9 1; exit 9");
  const contract::ContainerExit exit = run(spec);
  EXPECT_EQ(exit.exit_code, 9);
  EXPECT_EQ(exit.detail, "");
  EXPECT_NE(world_.log(spec.key).find("Permission denied"), std::string::npos);
}

TEST_F(OciRuntimeTest, NoImageRunsAsTheOwnerOfTheControlFolder) {
  for (const char* user : {"4294900001", "4294900001:0", "0:4294900001"}) {
    const contract::ContainerSpec spec = world_.shell_as(user, "ls /.actuary; exit 0");
    EXPECT_EQ(run(spec).exit_code, 126);
    EXPECT_NE(world_.log(spec.key).find("the platform keeps this user"), std::string::npos);
  }
}

TEST_F(OciRuntimeTest, AnEndIsReportedWithoutTheMarkOfTheStart) {
  const contract::ContainerSpec spec = world_.shell("exit 3");
  EXPECT_EQ(run(spec).exit_code, 3);
  fs::remove(installation().options.data / "runtime/containers" /
             adapters::containers::container_name(spec.key) / "control/started");
  EXPECT_EQ(inspect(spec.key).state, contract::ContainerState::kExited);
  ASSERT_TRUE(start(spec));
  EXPECT_EQ(wait_exit(spec.key).exit_code, 3);
  const std::string log = world_.log(spec.key);
  EXPECT_EQ(log.find("Container started."), log.rfind("Container started."));
}

TEST_F(OciRuntimeTest, AKilledInitLeavesTheRuntimesCode) {
  const contract::ContainerSpec spec = world_.shell("echo up; sleep 100");
  ASSERT_TRUE(start(spec));
  ASSERT_TRUE(wait_log(spec.key, "up"));
  ASSERT_TRUE(kill(spec.key));
  EXPECT_EQ(wait_exit(spec.key).detail, "no exit record, the container was killed from outside");
}

TEST_F(OciRuntimeTest, AKilledShimLosesNothing) {
  const contract::ContainerSpec spec = world_.shell("echo up; sleep 1; echo after; exit 6");
  ASSERT_TRUE(start(spec));
  ASSERT_TRUE(wait_log(spec.key, "up"));
  const fs::path bundle = installation().options.data / "runtime/containers" /
                          adapters::containers::container_name(spec.key);
  ::kill(std::stoi(adapters::containers::read_file(bundle / "conmon.pid").value()), SIGKILL);
  EXPECT_EQ(wait_exit(spec.key).exit_code, 6);
  EXPECT_NE(world_.log(spec.key).find("after"), std::string::npos);
}

TEST_F(OciRuntimeTest, ReachesTheApiOnTheGatewayAndNoOtherPort) {
  const auto listen_on = [](std::uint16_t port) {
    adapters::containers::Descriptor server(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
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
  const std::string gateway = world_.oci().gateway();
  const contract::ContainerSpec spec =
      world_.shell("nc -w 2 " + gateway + " 18010 -e true && echo api open; nc -w 2 " + gateway +
                   " 18011 -e true || echo other closed");
  EXPECT_EQ(run(spec).exit_code, 0);
  EXPECT_NE(world_.log(spec.key).find("api open"), std::string::npos) << world_.log(spec.key);
  EXPECT_NE(world_.log(spec.key).find("other closed"), std::string::npos);
}

TEST_F(OciRuntimeTest, AnImageThatIsNotHereIsUnavailable) {
  contract::ContainerSpec spec = world_.shell("true");
  spec.image.id = std::string(64, '0');
  const Status begun = start(spec);
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().code, Code::kUnavailable);
  EXPECT_EQ(inspect(spec.key).state, contract::ContainerState::kMissing);
}

TEST_F(OciRuntimeTest, ClosedWithoutContainersItLeavesNoControlGroup) {
  const auto groups = [] {
    std::string found;
    const std::string name = "actuary-" + installation().options.installation;
    for (const auto& each : fs::directory_iterator("/sys/fs/cgroup"))
      if (fs::exists(each.path() / name)) found += (each.path() / name).string() + " ";
    return found + (fs::exists("/sys/fs/cgroup/" + name) ? name : std::string());
  };
  const contract::ContainerSpec spec = world_.shell("sleep 100");
  ASSERT_TRUE(start(spec));
  EXPECT_NE(groups(), "");
  ASSERT_TRUE(remove(spec.key));
  world_.replace_runtime();
  EXPECT_EQ(groups(), "");
}

TEST_F(OciRuntimeTest, StartLatencyIsReported) {
  (void)run(world_.shell("true"));
  std::vector<double> millis;
  for (int i = 0; i < 11; ++i) {
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
  RecordProperty("start_millis_p50", std::to_string(millis[5]));
  std::printf("start: p50 %.1f ms, worst %.1f ms\n", millis[5], millis[10]);
}

class OciBuilderTest : public ::testing::Test {
 protected:
  static nlohmann::json file(const std::string& name, const std::string& content) {
    return {{"name", name}, {"format", "TEXT"}, {"content", content}};
  }
  static nlohmann::json array(nlohmann::json::initializer_list_t files) {
    return nlohmann::json::array(files);
  }
  OciWorld world_;
  BuildId id_ = installation().ids.next<BuildId>();
};

TEST_F(OciBuilderTest, BuildsAndReadsTheDefinition) {
  const auto product = world_.build(
      {file(".actor/actor.json", R"({"name":"x","input":"./schema.json","dockerfile":"./D"})"),
       file(".actor/schema.json", R"({"title":"in"})"), file("README.md", "read me"),
       file(".actor/D", "FROM localhost/actuary/base\nRUN echo from the step\nCMD [\"true\"]\n")},
      id_);
  ASSERT_TRUE(product) << product.error().detail;
  EXPECT_EQ(product->image.id.size(), 64u);
  EXPECT_GT(product->image.bytes, 1000u);
  EXPECT_NE(product->image.config.find("\"Cmd\":[\"true\"]"), std::string::npos);
  EXPECT_EQ(product->input_schema, R"({"title":"in"})");
  EXPECT_EQ(product->readme, "read me");
  EXPECT_NE(OciWorld::log_of(id_.str()).find("Z from the step\n"), std::string::npos);
}

TEST_F(OciBuilderTest, NoDockerfileIsPreprocessed) {
  const auto product = world_.build({file(".actor/actor.json", R"({"dockerfile":"Dockerfile.in"})"),
                                     file(".actor/Dockerfile.in",
                                          "#include \"/etc/no-such-file\"\nFROM "
                                          "localhost/actuary/base\nCMD [\"true\"]\n")},
                                    id_);
  EXPECT_TRUE(product) << product.error().detail;
}

TEST_F(OciBuilderTest, AFailingStepIsTheSourcesFault) {
  const auto product = world_.build(
      array({file("Dockerfile", "FROM localhost/actuary/base\nRUN echo oh; exit 3\n")}), id_);
  ASSERT_FALSE(product);
  EXPECT_EQ(product.error().code, Code::kInvalidArgument);
  EXPECT_NE(product.error().detail.find("exit status 3"), std::string::npos);
  EXPECT_NE(OciWorld::log_of(id_.str()).find("ACTOR: Build failed"), std::string::npos);
}

TEST_F(OciBuilderTest, RefusesBadSourcesWithTheReason) {
  const std::vector<std::pair<nlohmann::json, std::string>> cases = {
      {array({file("main.sh", "")}), "No Dockerfile found"},
      {array({file("../Dockerfile", "FROM scratch")}), "leaves its folder"},
      {array({file("/etc/Dockerfile", "FROM scratch")}), "leaves its folder"},
      {array({file("Dockerfile", "FROM actuary/base\n")}), "localhost/actuary/base"},
      {array({{{"name", "Dockerfile"}, {"format", "BASE64"}, {"content", "?"}}}), "not base64"}};
  for (const auto& [files, reason] : cases) {
    const auto product = world_.build(files, installation().ids.next<BuildId>());
    ASSERT_FALSE(product) << files;
    EXPECT_EQ(product.error().code, Code::kInvalidArgument);
    EXPECT_NE(product.error().detail.find(reason), std::string::npos) << product.error().detail;
  }
}

TEST_F(OciBuilderTest, ACancelledBuildEndsAtOnce) {
  auto builder = world_.open_builder();
  std::optional<Result<engine::ports::BuildProduct>> product;
  const nlohmann::json files =
      array({file("Dockerfile", "FROM localhost/actuary/base\nRUN echo begun; sleep 100\n")});
  builder->build(OciWorld::spec(files, id_), [&](auto answer) { product = std::move(answer); });
  ASSERT_TRUE(world_.turn_until(
      [&] { return OciWorld::log_of(id_.str()).find("Z begun") != std::string::npos; }));
  const auto begin = std::chrono::steady_clock::now();
  builder->cancel(id_, [](Status) {});
  ASSERT_TRUE(world_.turn_until([&] { return product.has_value(); }));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(1));
  ASSERT_FALSE(*product);
  EXPECT_EQ(product->error().code, Code::kUnavailable);
}

}  // namespace
}  // namespace oci
}  // namespace actuary::tests
