// That what a container was to be is what it is, and that a hostile one hurts nobody else.
#include <sys/wait.h>

#include <thread>

#include "adapters/containers/isolation.h"
#include "tests/oci/oci_world.h"

namespace actuary::tests::oci {
namespace {

class IsolationTest : public contract::RuntimeContract<OciWorld> {
 protected:
  /// A runtime program that changes what it was told, as a broken or a conquered one would.
  class Tampering {
   public:
    explicit Tampering(const std::string& sed) : path_(getenv("PATH")) {
      const fs::path folder = installation().root / "tampering";
      fs::create_directories(folder);
      std::ofstream(folder / "crun")
          << "#!/bin/sh\ncase \" $* \" in *' create '*) sed -i '" << sed << "' "
          << (installation().options.data / "runtime/containers").string()
          << "/*/config.json;; esac\nexec " << adapters::reactor::find_program("crun")
          << " \"$@\"\n";
      fs::permissions(folder / "crun", fs::perms::owner_all);
      setenv("PATH", (folder.string() + ":" + path_).c_str(), 1);
    }
    ~Tampering() { setenv("PATH", path_.c_str(), 1); }

   private:
    std::string path_;
  };

  static std::string cgroup_path(const contract::ContainerKey& key) {
    return "/actuary-" + installation().options.installation + "/" +
           adapters::containers::container_name(key);
  }
};

TEST_F(IsolationTest, LimitsThatTheRuntimeDidNotSetStartNothing) {
  for (const char* sed :
       {R"(s/"pids":{"limit":128}/"pids":{"limit":9999}/)", R"(s/"quota":[0-9]*/"quota":90000/)",
        R"(s/"limit":268435456,"swap":268435456/"limit":536870912,"swap":536870912/)"}) {
    const Tampering tampering(sed);
    world_.replace_runtime();
    const contract::ContainerSpec spec = world_.shell("echo ran");
    const Status begun = start(spec);
    ASSERT_FALSE(begun) << sed;
    EXPECT_EQ(begun.error().code, Code::kUnavailable);
    EXPECT_NE(begun.error().detail.find("limits are not what was asked for"), std::string::npos)
        << begun.error().detail;
    EXPECT_EQ(world_.log(spec.key).find("ran"), std::string::npos);
    EXPECT_EQ(inspect(spec.key).state, contract::ContainerState::kMissing);
  }
  world_.replace_runtime();
}

TEST_F(IsolationTest, PrivilegesThatNobodyAskedForEndTheContainer) {
  for (const char* sed : {R"(s/"noNewPrivileges":true/"noNewPrivileges":false/)",
                          R"(s/"CAP_KILL"/"CAP_KILL","CAP_SYS_ADMIN"/g)"}) {
    const Tampering tampering(sed);
    world_.replace_runtime();
    listen();
    const contract::ContainerExit exit = run(world_.shell("sleep 100"));
    EXPECT_EQ(exit.exit_code, 137) << sed;
    EXPECT_TRUE(exit.detail.find("privileges") != std::string::npos ||
                exit.detail.find("capabilities") != std::string::npos)
        << exit.detail;
  }
  world_.replace_runtime();
}

TEST_F(IsolationTest, ALimitThatIsChangedByHandIsSeen) {
  const contract::ContainerSpec spec = world_.shell("sleep 100");
  ASSERT_TRUE(start(spec));
  const adapters::containers::Cgroup cgroup(cgroup_path(spec.key));
  const adapters::containers::Limits recorded = cgroup.limits();
  EXPECT_EQ(recorded.memory_bytes, 256U << 20U);
  EXPECT_EQ(recorded.memory_and_swap_bytes, recorded.memory_bytes);
  EXPECT_EQ(recorded.processes, 128U);
  EXPECT_TRUE(adapters::containers::check_limits(recorded, cgroup));
  adapters::containers::Limits other = recorded;
  other.processes = 127;
  EXPECT_FALSE(adapters::containers::check_limits(other, cgroup));
}

TEST_F(IsolationTest, NoOtherContainerNorTheHostsMetadataIsReached) {
  const contract::ContainerSpec server =
      world_.shell("echo up; nc -l -p 4321 -e true; echo visited");
  ASSERT_TRUE(start(server));
  ASSERT_TRUE(wait_log(server.key, "up"));
  const auto address = world_.oci().web_server(server.key);
  const std::string host = address ? address->host : std::string();
  const contract::ContainerSpec visitor =
      world_.shell("for there in " + host +
                   " 169.254.169.254; do nc -w 1 $there 4321 -e true && echo in;"
                   "nc -w 1 $there 80 -e true && echo in; done; exit 0");
  EXPECT_EQ(run(visitor).exit_code, 0);
  EXPECT_EQ(world_.log(visitor.key).find("Z in"), std::string::npos) << world_.log(visitor.key);
  EXPECT_EQ(world_.log(server.key).find("visited"), std::string::npos);
}

/// What a script that wants everything gets, while another container is started beside it.
TEST_F(IsolationTest, HostileContainersLeaveTheHostAndTheOthersWell) {
  struct Attack {
    const char* what;
    const char* script;
  };
  const std::vector<Attack> attacks = {
      {"fork bomb", "bomb() { bomb | bomb & }; echo up; bomb; sleep 100"},
      {"full disk and no inode left",
       "echo up; dd if=/dev/zero of=/tmp/big bs=1M 2>/dev/null; i=0; while true; do : > /tmp/$i;"
       " i=$((i+1)); done 2>/dev/null"},
      {"log flood", R"sh(echo up; exec yes "$(head -c 4000 /dev/zero | tr '\0' x)")sh"},
      {"endless line", "echo up; exec cat /dev/zero"},
      {"memory", "echo up; while true; do tail /dev/zero; done 2>/dev/null"},
      {"sockets and descriptors",
       "echo up; port=${ACTOR_EVENTS_WEBSOCKET_URL##*:}; port=${port%%/*};"
       "while true; do sleep 100 | nc 127.0.0.1 $port & done 2>/dev/null; sleep 100"},
  };
  std::vector<contract::ContainerSpec> running;
  for (const Attack& attack : attacks) {
    contract::ContainerSpec spec = world_.shell(attack.script);
    spec.disk_mbytes = 128;
    ASSERT_TRUE(start(spec)) << attack.what;
    ASSERT_TRUE(wait_log(spec.key, "Z up")) << attack.what;
    running.push_back(std::move(spec));
  }
  EXPECT_TRUE(wait_log(running[2].key, "The log has reached its size limit"));
  const contract::ContainerSpec victim = world_.shell(
      "i=0; while [ $i -lt 20 ]; do echo tick; sleep 0.1; i=$((i+1)); done; df /; exit 7");
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(run(victim).exit_code, 7) << world_.log(victim.key);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
  // The host still forks, and its disk is where it was.
  const pid_t child = fork();
  if (child == 0) _exit(3);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 3);
  const std::uint64_t cap = installation().options.log_bytes_max;
  for (std::size_t i = 0; i < attacks.size(); ++i) {
    const contract::ContainerKey& key = running[i].key;
    EXPECT_LE(adapters::containers::Cgroup(cgroup_path(key)).processes().size(), 128U)
        << attacks[i].what;
    EXPECT_LE(world_.log(key).size(), cap + 70'000) << attacks[i].what;
    EXPECT_TRUE(kill(key)) << attacks[i].what;
    const contract::ContainerExit exit = wait_exit(key);
    EXPECT_NE(exit.exit_code, 0) << attacks[i].what;
    EXPECT_TRUE(remove(key)) << attacks[i].what;
  }
}

/// As fast as it can for three seconds, with a processor of its own.
TEST_F(IsolationTest, AFloodOfLogIsDroppedAndCountedAndNobodyWaitsForIt) {
  contract::ContainerSpec spec = world_.shell(
      R"sh(line="$(head -c 4000 /dev/zero | tr '\0' x)"; timeout 3 yes "$line"; exit 3)sh");
  spec.memory_mbytes = 4096;
  ASSERT_TRUE(start(spec));
  ASSERT_TRUE(wait_log(spec.key, "The log has reached its size limit"));
  const contract::ContainerSpec quiet = world_.shell("echo once; exit 7");
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(run(quiet).exit_code, 7);
  const std::chrono::duration<double> beside = std::chrono::steady_clock::now() - begin;
  EXPECT_EQ(wait_exit(spec.key).exit_code, 3) << "nobody holds its writes back";
  const std::string log = world_.log(spec.key);
  EXPECT_LE(log.size(), installation().options.log_bytes_max + 1'000);
  const std::string said = " bytes of output were not stored.";
  const std::size_t end = log.rfind(said);
  ASSERT_NE(end, std::string::npos) << log.substr(log.size() - 300);
  const double dropped = std::stod(log.substr(log.rfind(' ', end - 1) + 1));
  EXPECT_GT(dropped, 100e6);
  RecordProperty("megabytes_per_second", std::to_string(dropped / 3e6));
  std::printf("flood: %.0f MB/s dropped; another run from start to end beside it: %.0f ms\n",
              dropped / 3e6, beside.count() * 1e3);
}

TEST_F(IsolationTest, AProcessIdThatSomebodyElseHasNowIsNotKilled) {
  const pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  const auto mark = adapters::containers::mark_process(child);
  ASSERT_TRUE(mark);
  adapters::containers::ProcessMark earlier = *mark;
  --earlier.start_ticks;
  adapters::containers::ProcessMark of_another_boot = *mark;
  of_another_boot.boot = "another";
  for (const auto& other : {earlier, of_another_boot}) {
    EXPECT_FALSE(adapters::containers::is_alive(other));
    adapters::containers::kill_process(other);
  }
  EXPECT_TRUE(adapters::containers::is_alive(*mark));
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, WNOHANG), 0) << "it lives on";
  adapters::containers::kill_process(*mark);
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
  EXPECT_FALSE(adapters::containers::is_alive(*mark));
}

TEST_F(IsolationTest, AReadOnlyRootLeavesTmpInMemoryToWriteTo) {
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

TEST_F(IsolationTest, AKillIsNotTakenForMemoryExhaustionEvenWhereSomeOfItHappened) {
  // A child runs out of memory, its parent lives on and is killed by us.
  contract::ContainerSpec spec = world_.shell("tail /dev/zero; echo survived; sleep 100");
  spec.memory_mbytes = 128;
  ASSERT_TRUE(start(spec));
  ASSERT_TRUE(wait_log(spec.key, "survived"));
  ASSERT_TRUE(kill(spec.key));
  const contract::ContainerExit exit = wait_exit(spec.key);
  EXPECT_EQ(exit.exit_code, 137);
  EXPECT_FALSE(exit.out_of_memory) << "it was our kill";
}

}  // namespace
}  // namespace actuary::tests::oci
