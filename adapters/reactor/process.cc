#include "adapters/reactor/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

// glibc 2.36 declares these without C linkage.
extern "C" {
#include <sys/pidfd.h>
}

extern char** environ;

namespace actuary::adapters::reactor {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kSystemPath =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/cni:/opt/cni/bin";

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() { reset(); }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  void reset(int fd = -1) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_ = -1;
};

/// All that the child needs, prepared before the fork: between fork and exec nothing may allocate.
struct Prepared {
  std::string program;
  std::vector<char*> argv;
  std::vector<char*> env;
  const char* directory = nullptr;
  int input = -1;
  int output = -1;
  int failure = -1;
  int mount_namespace = -1;
  int inherit_as_3 = -1;
  Death death = Death::kWithUs;
  pid_t parent = 0;
};

[[noreturn]] void give_up(const Prepared& plan) {
  const int error = errno;
  (void)!write(plan.failure, &error, sizeof error);
  _exit(127);
}

/// In the child, sharing our memory: system calls only.
[[noreturn]] void become(const Prepared& plan) {
  struct sigaction by_default {};
  by_default.sa_handler = SIG_DFL;
  for (const int signal : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGCHLD, SIGQUIT}) {
    sigaction(signal, &by_default, nullptr);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  setsid();
  if (plan.death == Death::kWithUs) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != plan.parent) _exit(127);
  }
  if (plan.mount_namespace >= 0 && setns(plan.mount_namespace, CLONE_NEWNS) != 0) give_up(plan);
  if (plan.directory != nullptr && chdir(plan.directory) != 0) give_up(plan);
  const int inherited = plan.inherit_as_3 < 0 ? -1 : fcntl(plan.inherit_as_3, F_DUPFD, 100);
  const int failure = fcntl(plan.failure, F_DUPFD, 100);
  if (dup2(plan.input, 0) < 0 || dup2(plan.output, 1) < 0 || dup2(plan.output, 2) < 0) {
    give_up(plan);
  }
  if (inherited >= 0 && dup2(inherited, 3) < 0) give_up(plan);
  // A host may hold descriptors without close-on-exec; none of them is the child's business.
  close_range(inherited >= 0 ? 4 : 3, ~0U, CLOSE_RANGE_CLOEXEC);
  execve(plan.program.c_str(), plan.argv.data(), plan.env.data());
  const int error = errno;
  (void)!write(failure, &error, sizeof error);
  _exit(127);
}

Result<pid_t> launch(const Command& command, int input, int output) {
  Prepared plan;
  plan.program = find_program(command.argv.at(0));
  if (plan.program.empty()) return fail(Code::kUnavailable, command.argv[0] + " is not installed");
  for (const std::string& word : command.argv) plan.argv.push_back(const_cast<char*>(word.c_str()));
  plan.argv.push_back(nullptr);
  for (const std::string& word : command.extra_env) {
    plan.env.push_back(const_cast<char*>(word.c_str()));
  }
  for (char** word = environ; *word != nullptr; ++word) plan.env.push_back(*word);
  plan.env.push_back(nullptr);
  if (!command.working_directory.empty()) plan.directory = command.working_directory.c_str();
  std::array<int, 2> failure{};
  if (pipe2(failure.data(), O_CLOEXEC) != 0) return fail(Code::kUnavailable, "no pipe is left");
  const Fd failure_read(failure[0]);
  Fd failure_write(failure[1]);
  plan.input = input;
  plan.output = output;
  plan.failure = failure[1];
  plan.mount_namespace = command.mount_namespace;
  plan.inherit_as_3 = command.inherit_as_3;
  plan.death = command.death;
  plan.parent = getpid();
  // vfork: a large process pays no page table copy, and the child may still enter a mount
  // namespace.
  const pid_t pid = vfork();
  if (pid == 0) become(plan);
  if (pid < 0) return fail(Code::kUnavailable, std::string("fork: ") + std::strerror(errno));
  failure_write.reset();
  int error = 0;
  if (read(failure_read.get(), &error, sizeof error) == sizeof error) {
    waitpid(pid, nullptr, 0);
    return fail(Code::kUnavailable, command.argv[0] + ": " + std::strerror(error));
  }
  return pid;
}

void collect(const Command& command, std::string_view text, Outcome& outcome) {
  if (command.on_output) return command.on_output(text);
  const std::size_t room = kOutputMax - std::min(kOutputMax, outcome.output.size());
  outcome.output.append(text.substr(0, room));
}

/// Takes what is in the pipe now; false at its end.
bool drain(const Command& command, int output, Outcome& outcome) {
  std::array<char, 16384> chunk{};
  pollfd wait{output, POLLIN, 0};
  while (poll(&wait, 1, 0) > 0) {
    const ssize_t size = read(output, chunk.data(), chunk.size());
    if (size <= 0) return false;
    collect(command, {chunk.data(), static_cast<std::size_t>(size)}, outcome);
  }
  return true;
}

/// Reads until the process has ended; what a grandchild keeps open is not waited for.
int pump(const Command& command, pid_t pid, int output, Outcome& outcome) {
  const Clock::time_point deadline = Clock::now() + command.timeout;
  const Fd process(pidfd_open(pid, 0));
  bool open = true;
  while (true) {
    std::array<pollfd, 2> wait{pollfd{process.get(), POLLIN, 0},
                               pollfd{open ? output : -1, POLLIN, 0}};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    poll(wait.data(), wait.size(), static_cast<int>(std::max<std::int64_t>(left, 0)));
    if (open && wait[1].revents != 0) open = drain(command, output, outcome);
    if (wait[0].revents != 0) {
      int status = 0;
      waitpid(pid, &status, 0);
      if (open) drain(command, output, outcome);
      return status;
    }
    if (left <= 0 && !outcome.timed_out) {
      outcome.timed_out = true;
      kill(pid, SIGKILL);
    }
  }
}

std::string last_lines(std::string_view text) {
  constexpr std::size_t kShown = 2000;
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  return std::string(text.size() > kShown ? text.substr(text.size() - kShown) : text);
}

}  // namespace

Result<Outcome> run(const Command& command) {
  if (command.input.size() > kInputMax) return fail(Code::kInvalidArgument, "too much input");
  std::array<int, 2> input{};
  std::array<int, 2> output{};
  if (pipe2(input.data(), O_CLOEXEC) != 0) return fail(Code::kUnavailable, "no pipe is left");
  Fd input_read(input[0]);
  Fd input_write(input[1]);
  if (pipe2(output.data(), O_CLOEXEC) != 0) return fail(Code::kUnavailable, "no pipe is left");
  const Fd output_read(output[0]);
  Fd output_write(output[1]);
  (void)!write(input_write.get(), command.input.data(), command.input.size());
  input_write.reset();
  TRY(pid, launch(command, input_read.get(), output_write.get()));
  output_write.reset();
  input_read.reset();
  if (command.on_started) command.on_started(pid);
  Outcome outcome;
  const int status = pump(command, pid, output_read.get(), outcome);
  outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return outcome;
}

Result<std::string> run_ok(const Command& command) {
  TRY(outcome, run(command));
  if (outcome.exit_code == 0) return std::move(outcome.output);
  const std::string why =
      outcome.timed_out ? "took too long" : "exit code " + std::to_string(outcome.exit_code);
  return fail(Code::kUnavailable, command.argv[0] + ": " + why + ": " + last_lines(outcome.output));
}

std::string find_program(std::string_view name) {
  if (name.find('/') != std::string_view::npos) return std::string(name);
  const char* path = std::getenv("PATH");
  std::string folders = std::string(path == nullptr ? "" : path) + ":" + std::string(kSystemPath);
  for (std::size_t at = 0; at < folders.size();) {
    const std::size_t end = std::min(folders.find(':', at), folders.size());
    if (end > at) {
      std::string candidate = folders.substr(at, end - at) + "/" + std::string(name);
      if (access(candidate.c_str(), X_OK) == 0) return candidate;
    }
    at = end + 1;
  }
  return {};
}

}  // namespace actuary::adapters::reactor
