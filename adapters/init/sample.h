/// What the container uses, read once a second from inside: its control group and its network.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { kUsageBytesMax = 512 };

/// Memory is what is charged without the page cache that the kernel may drop; CPU is per cent of
/// one core, so two busy cores are 200.
struct usage {
  uint64_t samples;
  uint64_t memory_now;
  uint64_t memory_max;
  uint64_t memory_sum;
  double cpu_now;
  double cpu_max;
  double cpu_average;
  double quota_cores;  ///< 0: no quota
  uint64_t received_bytes;
  uint64_t sent_bytes;
  bool web_server_ready;
};

struct sampler {
  struct usage usage;
  uint64_t cpu_begin;  ///< nanoseconds, as the counters were when sampling began
  uint64_t cpu_last;
  int64_t begin_nanos;
  int64_t last_nanos;
  uint64_t received_begin;
  uint64_t sent_begin;
  unsigned web_server_port;  ///< 0: none
};

void sampler_begin(struct sampler* sampler, unsigned web_server_port);
void sampler_take(struct sampler* sampler);

/// How often the kernel killed for memory in the container.
uint64_t oom_kills(void);

/// The members of a JSON object, without its braces, as clients spell them.
size_t usage_members(const struct usage* usage, char* out, size_t room);
bool usage_is_overloaded(const struct usage* usage);

/// Overwrites the record that the engine reads. Its first member is repeated as the last one: a
/// reader that finds them different has seen half a write, and reads again.
void usage_save(int fd, const struct usage* usage);
