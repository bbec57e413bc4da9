#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "adapters/init/init.h"
#include "adapters/init/sample.h"

static void sync_directory(void) {
  int fd = open(ACTUARY_CONTROL, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  fsync(fd);
  close(fd);
}

bool await_gate(void) {
  int changes = inotify_init1(IN_CLOEXEC);
  bool watched = changes >= 0 && inotify_add_watch(changes, ACTUARY_CONTROL, IN_CREATE) >= 0;
  struct timespec begin;
  clock_gettime(CLOCK_MONOTONIC, &begin);
  bool open = false;
  while (!(open = access(ACTUARY_CONTROL "/go", F_OK) == 0)) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (now.tv_sec - begin.tv_sec >= kGateSecondsMax) break;
    struct pollfd wait = {watched ? changes : -1, POLLIN, 0};
    char events[4096];
    if (poll(&wait, 1, watched ? 1000 : 5) > 0 && read(changes, events, sizeof events) < 0) break;
  }
  if (changes >= 0) close(changes);
  return open;
}

int claim_start(void) {
  int fd = open(ACTUARY_CONTROL "/started", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return errno == EEXIST ? 0 : -1;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  char text[64];
  int size = snprintf(text, sizeof text, "%lld.%09ld\n", (long long)now.tv_sec, now.tv_nsec);
  bool whole = write(fd, text, (size_t)size) == size && fsync(fd) == 0;
  close(fd);
  sync_directory();
  return whole ? 1 : -1;
}

void record_exit(int code, int signal, const struct timespec* started,
                 const struct timespec* ended) {
  char text[256];
  int size = snprintf(text, sizeof text,
                      "{\"code\":%d,\"signal\":%d,\"oomKills\":%llu,\"startedMicros\":%lld,"
                      "\"endedMicros\":%lld}\n",
                      code, signal, (unsigned long long)oom_kills(),
                      (long long)started->tv_sec * 1000000 + started->tv_nsec / 1000,
                      (long long)ended->tv_sec * 1000000 + ended->tv_nsec / 1000);
  int fd = open(ACTUARY_CONTROL "/exit.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return;
  bool whole = write(fd, text, (size_t)size) == size && fsync(fd) == 0;
  close(fd);
  if (whole && rename(ACTUARY_CONTROL "/exit.new", ACTUARY_CONTROL "/exit") == 0) sync_directory();
}
