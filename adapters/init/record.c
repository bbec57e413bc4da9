#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "adapters/init/init.h"

static void sync_directory(void) {
  int fd = open(ACTUARY_CONTROL, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  fsync(fd);
  close(fd);
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
                      "{\"code\":%d,\"signal\":%d,\"startedMicros\":%lld,\"endedMicros\":%lld}\n",
                      code, signal, (long long)started->tv_sec * 1000000 + started->tv_nsec / 1000,
                      (long long)ended->tv_sec * 1000000 + ended->tv_nsec / 1000);
  int fd = open(ACTUARY_CONTROL "/exit.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return;
  bool whole = write(fd, text, (size_t)size) == size && fsync(fd) == 0;
  close(fd);
  if (whole && rename(ACTUARY_CONTROL "/exit.new", ACTUARY_CONTROL "/exit") == 0) sync_directory();
}
