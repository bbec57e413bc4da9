/* recovery_step MODE WHEN UNDER COUNTS PROGRAM ARGUMENT...
 *
 * Runs the program and counts its system calls, those of all its threads together, from the first
 * one on that names a path which contains UNDER. MODE says which are counted and what happens to
 * number WHEN (from 1; 0: nothing, only count):
 *
 *   kill     those that can change what is on the disk; the process is killed with SIGKILL before
 *            it is made
 *   kill-any the same for every system call
 *   ERRNO    only writes and syncs of files whose path contains UNDER; it is not made and answers
 *            ERRNO, a number, once
 *
 * Writes "CALLS NAME" to the file COUNTS: how many were counted, and the file of number WHEN. Ends
 * as the program did, 128 + the signal if one ended it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

struct plan {
  int fails_with; /* 0: kill */
  long when;
  const char* under;
  long calls;
  int begun;
  char name[4096 + 32];
};

/* What can change a file, or what is on the disk of it. */
static const unsigned kChanging[] = {
    SYS_write,    SYS_writev,    SYS_pwrite64,        SYS_pwritev,   SYS_pwritev2,
    SYS_fsync,    SYS_fdatasync, SYS_sync_file_range, SYS_fallocate, SYS_ftruncate,
    SYS_truncate, SYS_open,      SYS_openat,          SYS_creat,     SYS_rename,
    SYS_renameat, SYS_renameat2, SYS_unlink,          SYS_unlinkat,  SYS_link,
    SYS_linkat,   SYS_mkdir,     SYS_mkdirat,         SYS_rmdir,     SYS_close};
enum { kChangings = sizeof(kChanging) / sizeof(kChanging[0]) };

/* Which of them count is decided by the tracer. */
static void stop_at_calls(int every) {
  struct sock_filter filter[2 * kChangings + 3];
  unsigned short size = 0;
  if (!every) {
    filter[size++] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (int i = 0; i < kChangings; ++i) {
      filter[size++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kChanging[i], 0, 1);
      filter[size++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
    }
  }
  filter[size++] =
      (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, every ? SECCOMP_RET_TRACE : SECCOMP_RET_ALLOW);
  struct sock_fprog program = {size, filter};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) {
    perror("recovery_step: seccomp");
    _exit(127);
  }
}

static const char* path_argument(pid_t pid, const struct user_regs_struct* regs, char* text,
                                 size_t size) {
  unsigned long at = 0;
  switch (regs->orig_rax) {
    case SYS_open:
    case SYS_mkdir:
    case SYS_stat:
    case SYS_access:
      at = regs->rdi;
      break;
    case SYS_openat:
    case SYS_mkdirat:
    case SYS_newfstatat:
    case SYS_faccessat:
      at = regs->rsi;
      break;
    default:
      return NULL;
  }
  /* Page by page: a string may end where the mapped memory does. */
  size_t got = 0;
  while (got + 1 < size) {
    size_t part = 4096 - (at + got) % 4096;
    if (part > size - 1 - got) part = size - 1 - got;
    struct iovec mine = {text + got, part};
    struct iovec theirs = {(void*)(at + got), part};
    if (process_vm_readv(pid, &mine, 1, &theirs, 1, 0) != (ssize_t)part) break;
    if (memchr(text + got, 0, part) != NULL) return text;
    got += part;
  }
  return NULL;
}

static int writes_or_syncs(unsigned long long call) {
  switch (call) {
    case SYS_write:
    case SYS_writev:
    case SYS_pwrite64:
    case SYS_pwritev:
    case SYS_pwritev2:
    case SYS_fsync:
    case SYS_fdatasync:
    case SYS_fallocate:
    case SYS_ftruncate:
      return 1;
    default:
      return 0;
  }
}

static int counts(struct plan* plan, pid_t pid, const struct user_regs_struct* regs) {
  char text[4096];
  if (!plan->begun) {
    const char* path = path_argument(pid, regs, text, sizeof(text));
    plan->begun = path != NULL && strstr(path, plan->under) != NULL;
  }
  if (!plan->begun) return 0;
  if (plan->fails_with == 0) return 1;
  if (!writes_or_syncs(regs->orig_rax)) return 0;
  char link[64];
  snprintf(link, sizeof(link), "/proc/%d/fd/%d", pid, (int)regs->rdi);
  const ssize_t length = readlink(link, text, sizeof(text) - 1);
  if (length < 0) return 0;
  text[length] = 0;
  if (strstr(text, plan->under) == NULL) return 0;
  if (plan->calls + 1 == plan->when) {
    snprintf(plan->name, sizeof(plan->name), "%llu:%s", regs->orig_rax, text);
  }
  return 1;
}

/* Returns 1 when the process is to be killed. */
static int at_call(struct plan* plan, pid_t pid) {
  struct user_regs_struct regs;
  if (ptrace(PTRACE_GETREGS, pid, 0, &regs) != 0 || !counts(plan, pid, &regs)) return 0;
  if (++plan->calls != plan->when) return 0;
  if (plan->fails_with == 0) return 1;
  regs.orig_rax = (unsigned long long)-1;
  regs.rax = (unsigned long long)-(long long)plan->fails_with;
  ptrace(PTRACE_SETREGS, pid, 0, &regs);
  return 0;
}

static int follow(struct plan* plan, pid_t first) {
  int ended = 0;
  for (;;) {
    int status = 0;
    const pid_t pid = waitpid(-1, &status, __WALL);
    if (pid < 0) return ended;
    if (WIFEXITED(status) || WIFSIGNALED(status)) {
      if (pid == first) ended = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      continue;
    }
    long pass_on = 0;
    if (status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8)) {
      if (at_call(plan, pid)) kill(first, SIGKILL);
    } else if (status >> 16 == 0 && WSTOPSIG(status) != SIGSTOP) {
      pass_on = WSTOPSIG(status);
    }
    ptrace(PTRACE_CONT, pid, 0, pass_on);
  }
}

int main(int count, char** words) {
  if (count < 6) {
    fputs("usage: recovery_step kill|kill-any|ERRNO WHEN UNDER COUNTS PROGRAM ARGUMENT...\n",
          stderr);
    return 64;
  }
  struct plan plan = {.fails_with = atoi(words[1]), .when = atol(words[2]), .under = words[3]};
  const pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    stop_at_calls(strcmp(words[1], "kill-any") == 0);
    execvp(words[5], words + 5);
    perror(words[5]);
    _exit(127);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, __WALL) != child || !WIFSTOPPED(status)) return 127;
  ptrace(PTRACE_SETOPTIONS, child, 0,
         PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL);
  ptrace(PTRACE_CONT, child, 0, 0);
  const int ended = follow(&plan, child);
  FILE* counts = fopen(words[4], "w");
  if (counts == NULL || fprintf(counts, "%ld %s\n", plan.calls, plan.name) < 0 ||
      fclose(counts) != 0) {
    perror(words[4]);
    return 127;
  }
  return ended;
}
