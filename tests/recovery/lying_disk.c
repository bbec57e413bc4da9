#define _GNU_SOURCE
#include "tests/recovery/lying_disk.h"

#include <fcntl.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A program's own definitions come before the C library's, for RocksDB's calls as well. */

static int lies = 0;

void make_the_disk_lie(void) { lies = 1; }

static int open_file(int directory, const char* path, int flags, va_list rest) {
  const int mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, int) : 0;
  if (lies) flags &= ~(O_SYNC | O_DSYNC);
  return (int)syscall(SYS_openat, directory, path, flags, mode);
}

int fsync(int file) { return lies ? 0 : (int)syscall(SYS_fsync, file); }
int fdatasync(int file) { return lies ? 0 : (int)syscall(SYS_fdatasync, file); }

#define OPENS_LIKE(name, directory, ...)                      \
  int name(__VA_ARGS__, int flags, ...) {                     \
    va_list rest;                                             \
    va_start(rest, flags);                                    \
    const int file = open_file(directory, path, flags, rest); \
    va_end(rest);                                             \
    return file;                                              \
  }
OPENS_LIKE(open, AT_FDCWD, const char* path)
OPENS_LIKE(open64, AT_FDCWD, const char* path)
OPENS_LIKE(openat, at, int at, const char* path)
OPENS_LIKE(openat64, at, int at, const char* path)
