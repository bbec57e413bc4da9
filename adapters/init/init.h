/// PID 1 of every container. It starts the user's process at most once, stamps its output into the
/// run's log and records how it ended; all of that outlives every daemon and engine.
///
/// The control directory belongs to a uid that nobody has, mode 0700: only a process with
/// CAP_DAC_OVERRIDE enters it, and user code has no capability. `ACTUARY_CONTROL` in it:
///   go        made by the engine once it has checked what the runtime made; waited for with --gate
///   started   made with O_EXCL by the one init that starts the user's process
///   log       the run's log, shared with the engine; both only append whole lines
///   exit      code, signal and times, made by rename, so it is whole or absent
///   events    what the engine tells the Actor: appended lines of JSON, one per websocket message
///   wake      a FIFO: a byte in it says that there is more in `events`
///   secrets   values that are masked in the log, each ended by a NUL
///   usage     what the container uses, overwritten once a second; see sample.h
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "adapters/init/redact.h"

#define ACTUARY_CONTROL "/.actuary"
/// The owner of that directory: no image's user, nor a group of one, may be it.
#define ACTUARY_CONTROL_OWNER 4294900001u

enum {
  kExitLost = 125,  ///< another init started this run, it was never let go, or the control
                    ///< directory is unusable
  kExitNotExecutable = 126,
  kExitNotFound = 127,
  kGateSecondsMax = 120,
  kGroupsMax = 64,
  kLineBytesMax = 64 * 1024,
};

struct user {
  uid_t uid;
  gid_t gid;
  gid_t groups[kGroupsMax];
  size_t group_count;
  char home[1024];
};

/// `name`, `uid`, `name:group` or `uid:gid`, looked up in the image's own files; empty is root.
bool find_user(const char* spec, struct user* user);
/// Whether it would own the control directory.
bool is_control_owner(const struct user* user);

/// The user's process: no capabilities, no new privileges, default system calls. False with errno
/// set.
bool drop_privileges(const struct user* user);
bool confine_system_calls(void);

/// One stream of output on its way into the log.
struct lines {
  char bytes[kLineBytesMax];
  size_t size;
};

struct log {
  int fd;
  uint64_t written;
  uint64_t bytes_max;
  uint64_t disk_free_min;  ///< below this many free bytes output is dropped; 0: never
  uint64_t dropped;        ///< bytes of output that were not stored
  bool full;
  bool disk_full;
  struct secrets secrets;  ///< masked in the Actor's output
};

void log_bytes(struct log* log, struct lines* lines, const char* bytes, size_t size);
void log_rest(struct log* log, struct lines* lines);
/// At the end: how much is not there, if anything.
void log_dropped(struct log* log);
/// A line of the platform's own; never cut by the cap.
void log_platform(struct log* log, const char* text);

/// Waits until the engine lets this container go. False: it did not within `kGateSecondsMax`.
bool await_gate(void);

/// 1: this init starts the process; 0: another one did; -1: the directory is unusable.
int claim_start(void);
void record_exit(int code, int signal, const struct timespec* started,
                 const struct timespec* ended);
