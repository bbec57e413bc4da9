#define _GNU_SOURCE
#include "adapters/init/init.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "adapters/init/events.h"

enum { kDrainMillisMax = 1000 };

struct arguments {
  const char* user;
  const char* directory;
  const char* run;
  uint64_t log_bytes_max;
  uint64_t disk_free_min;
  bool gated;       // the engine says when
  bool keeps_home;  // the environment names HOME; else it is the user's, not the one the runtime
                    // put there
  char** command;
};

struct run {
  pid_t child;
  bool ended;
  int status;
  int signals;
  int outputs[2];
  struct log log;
  struct events events;
};

// Each stream has a line under construction; static, because PID 1 keeps its stack small.
static struct lines pending[2];

static bool parse_arguments(int argc, char** argv, struct arguments* arguments) {
  *arguments = (struct arguments){"", "/", "", 10485760, 0, false, false, NULL};
  for (int i = 1; i + 1 < argc; i += 2) {
    if (strcmp(argv[i], "--") == 0) {
      arguments->command = argv + i + 1;
      return true;
    }
    if (strcmp(argv[i], "--user") == 0) arguments->user = argv[i + 1];
    if (strcmp(argv[i], "--directory") == 0) arguments->directory = argv[i + 1];
    if (strcmp(argv[i], "--run") == 0) arguments->run = argv[i + 1];
    if (strcmp(argv[i], "--gate") == 0) arguments->gated = strcmp(argv[i + 1], "wait") == 0;
    if (strcmp(argv[i], "--home") == 0) arguments->keeps_home = strcmp(argv[i + 1], "keep") == 0;
    if (strcmp(argv[i], "--log-bytes-max") == 0) {
      arguments->log_bytes_max = strtoull(argv[i + 1], NULL, 10);
    }
    if (strcmp(argv[i], "--disk-free-min") == 0) {
      arguments->disk_free_min = strtoull(argv[i + 1], NULL, 10);
    }
  }
  return false;
}

// In the child: what went wrong is told through the pipe, which the log stamps like any other
// output.
static _Noreturn void refuse(int code, const char* what, const char* subject) {
  dprintf(2, "ACTOR: Cannot start the process: %s %s: %s\n", what, subject, strerror(errno));
  _exit(code);
}

static _Noreturn void become_user(const struct arguments* arguments, const struct user* user,
                                  int output, int errors) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  setsid();
  dup2(output, 1);
  dup2(errors, 2);
  if (!drop_privileges(user)) refuse(kExitNotExecutable, "drop privileges as", arguments->user);
  setenv("HOME", user->home, arguments->keeps_home ? 0 : 1);
  if (chdir(arguments->directory) != 0) {
    refuse(kExitNotExecutable, "working directory", arguments->directory);
  }
  if (!confine_system_calls()) refuse(kExitNotExecutable, "system call filter of", "seccomp");
  execvp(arguments->command[0], arguments->command);
  refuse(errno == ENOENT ? kExitNotFound : kExitNotExecutable, "run", arguments->command[0]);
}

static void reap(struct run* run) {
  int status;
  pid_t pid;
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
    if (pid == run->child) {
      run->ended = true;
      run->status = status;
    } else if (pid == run->events.child) {
      run->events.child = -1;  // the number may be somebody else's from now on
      log_platform(&run->log, "The events websocket has ended.");
    }
  }
}

static void take_signal(struct run* run) {
  struct signalfd_siginfo info;
  while (read(run->signals, &info, sizeof info) == sizeof info) {
    if (info.ssi_signo == SIGCHLD || run->ended) continue;
    kill(-run->child, (int)info.ssi_signo);
  }
  reap(run);
}

// Takes what is there; at its end the stream is closed.
static bool take_output(struct run* run, int stream) {
  char bytes[65536];
  ssize_t size = read(run->outputs[stream], bytes, sizeof bytes);
  if (size > 0) {
    log_bytes(&run->log, &pending[stream], bytes, (size_t)size);
    return true;
  }
  if (size < 0 && (errno == EINTR || errno == EAGAIN)) return false;
  close(run->outputs[stream]);
  run->outputs[stream] = -1;
  return false;
}

static void serve(struct run* run) {
  while (!run->ended) {
    struct pollfd waits[3] = {
        {run->signals, POLLIN, 0}, {run->outputs[0], POLLIN, 0}, {run->outputs[1], POLLIN, 0}};
    if (poll(waits, 3, -1) < 0) continue;
    for (int stream = 0; stream < 2; ++stream) {
      if (waits[1 + stream].revents != 0) take_output(run, stream);
    }
    if (waits[0].revents != 0) take_signal(run);
  }
}

static int64_t millis_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// The process is gone, its last words are in the pipes. Whoever it left behind may write for ever:
// they are killed first, and the time is bounded.
static void drain(struct run* run) {
  kill(-1, SIGKILL);
  int64_t deadline = millis_now() + kDrainMillisMax;
  while ((run->outputs[0] >= 0 || run->outputs[1] >= 0) && millis_now() < deadline) {
    struct pollfd waits[2] = {{run->outputs[0], POLLIN, 0}, {run->outputs[1], POLLIN, 0}};
    if (poll(waits, 2, (int)(deadline - millis_now())) <= 0) continue;
    for (int stream = 0; stream < 2; ++stream) {
      if (waits[stream].revents != 0) take_output(run, stream);
    }
  }
  log_rest(&run->log, &pending[0]);
  log_rest(&run->log, &pending[1]);
  log_dropped(&run->log);
}

static bool open_log(struct log* log, const struct arguments* arguments) {
  log->fd = open(ACTUARY_CONTROL "/log", O_WRONLY | O_APPEND | O_CLOEXEC);
  if (log->fd < 0) return false;
  // An earlier attempt's lines count: the cap is the log's, not the attempt's.
  off_t size = lseek(log->fd, 0, SEEK_END);
  log->written = size < 0 ? 0 : (uint64_t)size;
  log->bytes_max = arguments->log_bytes_max;
  log->disk_free_min = arguments->disk_free_min;
  log->disk_full = false;
  log->dropped = 0;
  log->full = false;
  return true;
}

// Without all of them masked nothing is started: a log is read by more people than a secret.
static bool load_secrets(struct log* log) {
  if (secrets_load(&log->secrets, ACTUARY_CONTROL "/secrets")) return true;
  log_platform(log, "Cannot start the process: its secrets are more than the log can mask.");
  return false;
}

static bool choose_user(struct run* run, const char* spec, struct user* user) {
  const char* why = NULL;
  if (!find_user(spec, user)) {
    why = "the image has no user";
  } else if (is_control_owner(user)) {
    why = "the platform keeps this user or a group of it for itself:";
  }
  if (why == NULL) return true;
  char text[700];
  snprintf(text, sizeof text, "Cannot start the process: %s %.500s", why, spec);
  log_platform(&run->log, text);
  return false;
}

static bool launch(struct run* run, const struct arguments* arguments) {
  struct user user;
  if (!load_secrets(&run->log) || !choose_user(run, arguments->user, &user)) return false;
  int output[2];
  int errors[2];
  if (pipe2(output, O_CLOEXEC) != 0 || pipe2(errors, O_CLOEXEC) != 0) return false;
  run->child = fork();
  if (run->child < 0) return false;
  if (run->child == 0) become_user(arguments, &user, output[1], errors[1]);
  close(output[1]);
  close(errors[1]);
  run->outputs[0] = output[0];
  run->outputs[1] = errors[0];
  return true;
}

static void block_signals(struct run* run) {
  sigset_t taken;
  sigemptyset(&taken);
  sigaddset(&taken, SIGCHLD);
  sigaddset(&taken, SIGTERM);
  sigaddset(&taken, SIGINT);
  sigprocmask(SIG_BLOCK, &taken, NULL);
  run->signals = signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK);
}

int main(int argc, char** argv) {
  struct arguments arguments;
  // Static: the table of secrets is large.
  static struct run run = {.child = -1, .outputs = {-1, -1}, .events = {.child = -1}};
  if (!parse_arguments(argc, argv, &arguments)) {
    fprintf(stderr,
            "actuary-init: usage: --run ID --user U --directory D --log-bytes-max N -- COMMAND\n");
    return kExitLost;
  }
  block_signals(&run);
  if (run.signals < 0 || !open_log(&run.log, &arguments) || (arguments.gated && !await_gate()) ||
      claim_start() != 1) {
    fprintf(stderr, "actuary-init: not started: %s\n", strerror(errno));
    return kExitLost;
  }
  // Our own record of the start, in a file that outlives the container: audits count these lines.
  log_platform(&run.log, "Container started.");
  struct timespec started;
  struct timespec ended;
  clock_gettime(CLOCK_REALTIME, &started);
  int code = kExitNotExecutable;
  int signal = 0;
  if (!events_start(&run.events, arguments.run)) {
    log_platform(&run.log, "There is no events websocket for this run.");
  }
  if (launch(&run, &arguments)) {
    serve(&run);
    events_stop(&run.events);
    drain(&run);
    signal = WIFSIGNALED(run.status) ? WTERMSIG(run.status) : 0;
    code = signal != 0 ? 128 + signal : WEXITSTATUS(run.status);
  }
  clock_gettime(CLOCK_REALTIME, &ended);
  fsync(run.log.fd);
  record_exit(code, signal, &started, &ended);
  return code;
}
