#define _GNU_SOURCE
#include "adapters/init/events.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "adapters/init/init.h"

enum { kBacklog = 32, kStopMillisMax = 200, kDescriptorsMax = 64 };

static bool listen_on_loopback(struct events* events) {
  events->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {.sin_family = AF_INET};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (events->listener < 0 ||
      bind(events->listener, (struct sockaddr*)&address, sizeof address) != 0 ||
      listen(events->listener, kBacklog) != 0 ||
      getsockname(events->listener, (struct sockaddr*)&address, &size) != 0) {
    return false;
  }
  events->port = ntohs(address.sin_port);
  return true;
}

static bool open_files(struct events* events) {
  events->news = open(ACTUARY_CONTROL "/events", O_RDONLY | O_CLOEXEC);
  // With a writer of our own it never reports its end.
  events->wake = open(ACTUARY_CONTROL "/wake", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  events->usage = open(ACTUARY_CONTROL "/usage", O_WRONLY | O_CLOEXEC);
  return events->news >= 0 && events->wake >= 0 && events->usage >= 0;
}

static void close_files(struct events* events) {
  int* files[] = {&events->listener, &events->news, &events->wake, &events->usage};
  for (size_t i = 0; i < sizeof files / sizeof files[0]; ++i) {
    if (*files[i] >= 0) close(*files[i]);
    *files[i] = -1;
  }
}

// The run's log and whatever else is init's own is none of the child's business.
static void close_all_but(const struct events* events) {
  for (int fd = 3; fd < kDescriptorsMax; ++fd) {
    if (fd != events->listener && fd != events->news && fd != events->wake && fd != events->usage) {
      close(fd);
    }
  }
}

static _Noreturn void become_server(const struct events* events, const char* run) {
  struct user nobody_else = {.uid = ACTUARY_CONTROL_OWNER, .gid = ACTUARY_CONTROL_OWNER};
  prctl(PR_SET_NAME, "actuary-events");
  close_all_but(events);
  if (!drop_privileges(&nobody_else) || !confine_system_calls()) _exit(kExitNotExecutable);
  _exit(events_serve(events, run));
}

bool events_start(struct events* events, const char* run) {
  *events = (struct events){.child = -1, .listener = -1, .wake = -1, .news = -1, .usage = -1};
  bool ready = open_files(events) && listen_on_loopback(events);
  if (ready) events->child = fork();
  if (events->child == 0) become_server(events, run);
  int error = errno;
  close_files(events);
  errno = error;
  if (events->child < 0) return false;
  char url[128];
  snprintf(url, sizeof url, "ws://127.0.0.1:%d/%.64s", events->port, run);
  // An address that the Actor's own variables name stays.
  setenv("ACTOR_EVENTS_WEBSOCKET_URL", url, 0);
  setenv("APIFY_ACTOR_EVENTS_WS_URL", url, 0);
  return true;
}

bool events_stop(struct events* events) {
  if (events->child <= 0) return true;
  kill(events->child, SIGTERM);
  for (int i = 0; i < kStopMillisMax; ++i) {
    if (waitpid(events->child, NULL, WNOHANG) != 0) {
      events->child = -1;
      return true;
    }
    usleep(1000);
  }
  return false;
}
