#define _GNU_SOURCE
#include "adapters/init/sample.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "adapters/init/listening.h"

#define CGROUP "/sys/fs/cgroup"

enum { kFileBytesMax = 16 * 1024 };

static bool read_text(const char* path, char* text, size_t room) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  ssize_t size = read(fd, text, room - 1);
  close(fd);
  text[size > 0 ? size : 0] = '\0';
  return size > 0;
}

static bool read_number(const char* path, uint64_t* number) {
  char text[64];
  if (!read_text(path, text, sizeof text)) return false;
  *number = strtoull(text, NULL, 10);
  return true;
}

// The value of the row `name value`.
static uint64_t read_row(const char* path, const char* name) {
  char text[kFileBytesMax];
  if (!read_text(path, text, sizeof text)) return 0;
  size_t length = strlen(name);
  for (char* row = text; row != NULL && *row != '\0';) {
    if (strncmp(row, name, length) == 0 && row[length] == ' ') {
      return strtoull(row + length + 1, NULL, 10);
    }
    row = strchr(row, '\n');
    if (row != NULL) ++row;
  }
  return 0;
}

static uint64_t memory_bytes(void) {
  uint64_t charged = 0;
  uint64_t droppable = 0;
  if (read_number(CGROUP "/memory.current", &charged)) {
    droppable = read_row(CGROUP "/memory.stat", "inactive_file");
  } else if (read_number(CGROUP "/memory/memory.usage_in_bytes", &charged)) {
    droppable = read_row(CGROUP "/memory/memory.stat", "total_inactive_file");
  }
  return charged > droppable ? charged - droppable : 0;
}

uint64_t oom_kills(void) {
  uint64_t kills = read_row(CGROUP "/memory.events", "oom_kill");
  return kills > 0 ? kills : read_row(CGROUP "/memory/memory.oom_control", "oom_kill");
}

static uint64_t cpu_nanos(void) {
  uint64_t nanos = 0;
  if (read_number(CGROUP "/cpuacct/cpuacct.usage", &nanos) ||
      read_number(CGROUP "/cpu,cpuacct/cpuacct.usage", &nanos)) {
    return nanos;
  }
  return read_row(CGROUP "/cpu.stat", "usage_usec") * 1000;
}

static double quota_cores(void) {
  char text[64];
  if (read_text(CGROUP "/cpu.max", text, sizeof text)) {
    char* period = strchr(text, ' ');
    double quota = strtod(text, NULL);  // `max` is 0: no quota
    return period != NULL && quota > 0 ? quota / strtod(period, NULL) : 0;
  }
  uint64_t quota = 0;
  uint64_t period = 0;
  bool known = (read_number(CGROUP "/cpu/cpu.cfs_quota_us", &quota) &&
                read_number(CGROUP "/cpu/cpu.cfs_period_us", &period)) ||
               (read_number(CGROUP "/cpu,cpuacct/cpu.cfs_quota_us", &quota) &&
                read_number(CGROUP "/cpu,cpuacct/cpu.cfs_period_us", &period));
  bool limited = known && period > 0 && quota < UINT64_MAX / 2;  // -1: no quota
  return limited ? (double)quota / (double)period : 0;
}

// All interfaces but the loopback: `eth0: received packets … (8 fields) sent …`.
static void network_bytes(uint64_t* received, uint64_t* sent) {
  *received = 0;
  *sent = 0;
  char text[kFileBytesMax];
  if (!read_text("/proc/net/dev", text, sizeof text)) return;
  char* rest = text;
  for (char* row; (row = strsep(&rest, "\n")) != NULL;) {
    char* colon = strchr(row, ':');
    if (colon == NULL) continue;
    *colon = '\0';
    if (strcmp(row + strspn(row, " "), "lo") == 0) continue;
    char* field = colon + 1;
    for (int i = 0; i < 9; ++i) {
      uint64_t value = strtoull(field, &field, 10);
      if (i == 0) *received += value;
      if (i == 8) *sent += value;
    }
  }
}

static int64_t nanos_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static uint64_t since(uint64_t begin, uint64_t now) { return now > begin ? now - begin : 0; }

void sampler_begin(struct sampler* sampler, unsigned web_server_port) {
  memset(sampler, 0, sizeof *sampler);
  sampler->web_server_port = web_server_port;
  sampler->usage.quota_cores = quota_cores();
  sampler->cpu_begin = sampler->cpu_last = cpu_nanos();
  sampler->begin_nanos = sampler->last_nanos = nanos_now();
  // The namespace comes from a pool: an earlier container's traffic is in its counters.
  network_bytes(&sampler->received_begin, &sampler->sent_begin);
}

static double percent(uint64_t cpu, int64_t span) {
  return span > 0 ? 100.0 * (double)cpu / (double)span : 0;
}

void sampler_take(struct sampler* sampler) {
  // Over a shorter time the counters say more about their own steps than about the container.
  enum { kRateNanosMin = 100000000 };
  struct usage* usage = &sampler->usage;
  int64_t now = nanos_now();
  uint64_t cpu = cpu_nanos();
  usage->cpu_average = percent(since(sampler->cpu_begin, cpu), now - sampler->begin_nanos);
  if (now - sampler->last_nanos >= kRateNanosMin) {
    usage->cpu_now = percent(since(sampler->cpu_last, cpu), now - sampler->last_nanos);
    if (usage->cpu_now > usage->cpu_max) usage->cpu_max = usage->cpu_now;
    sampler->cpu_last = cpu;
    sampler->last_nanos = now;
  }
  usage->memory_now = memory_bytes();
  usage->memory_sum += usage->memory_now;
  usage->samples += 1;
  if (usage->memory_now > usage->memory_max) usage->memory_max = usage->memory_now;
  uint64_t received;
  uint64_t sent;
  network_bytes(&received, &sent);
  usage->received_bytes = since(sampler->received_begin, received);
  usage->sent_bytes = since(sampler->sent_begin, sent);
  usage->web_server_ready = is_listening(sampler->web_server_port);
}

size_t usage_members(const struct usage* usage, char* out, size_t room) {
  uint64_t average = usage->samples > 0 ? usage->memory_sum / usage->samples : 0;
  int size = snprintf(
      out, room,
      "\"memAvgBytes\":%llu,\"memCurrentBytes\":%llu,\"memMaxBytes\":%llu,\"cpuAvgUsage\":%.3f,"
      "\"cpuMaxUsage\":%.3f,\"cpuCurrentUsage\":%.3f,\"netRxBytes\":%llu,\"netTxBytes\":%llu",
      (unsigned long long)average, (unsigned long long)usage->memory_now,
      (unsigned long long)usage->memory_max, usage->cpu_average, usage->cpu_max, usage->cpu_now,
      (unsigned long long)usage->received_bytes, (unsigned long long)usage->sent_bytes);
  return size > 0 && (size_t)size < room ? (size_t)size : 0;
}

bool usage_is_overloaded(const struct usage* usage) {
  return usage->quota_cores > 0 && usage->cpu_now > 95 * usage->quota_cores;
}

void usage_save(int fd, const struct usage* usage) {
  char members[kUsageBytesMax - 96];
  if (fd < 0 || usage_members(usage, members, sizeof members) == 0) return;
  char record[kUsageBytesMax + 1];
  unsigned long long number = usage->samples;
  int size =
      snprintf(record, sizeof record, "{\"samples\":%llu,%s,\"webServerReady\":%d,\"whole\":%llu}",
               number, members, usage->web_server_ready ? 1 : 0, number);
  memset(record + size, ' ', sizeof record - (size_t)size);
  record[kUsageBytesMax - 1] = '\n';
  // On a full disk it fails, and the engine keeps what it read last.
  if (pwrite(fd, record, kUsageBytesMax, 0) < 0) return;
}
