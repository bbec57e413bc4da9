#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "adapters/init/events.h"
#include "adapters/init/sample.h"
#include "adapters/init/websocket.h"

enum {
  kClientsMax = 10,  ///< of one run; the next one is told 1008
  kSlots = 16,       ///< with those that are still shaking hands or going away
  kOutBytesMax = 16 * 1024,
  kHandshakeMillisMax = 10000,
  kCloseMillisMax = 5000,
  kTickMillis = 1000,
  kPingTicks = 20,
  kNewsBytesMax = 4096,  ///< the whole file of a run's news
};

enum stage { kFree, kShaking, kOpen, kClosing };

struct client {
  enum stage stage;
  int fd;
  int64_t deadline;  ///< of shaking and closing
  char head[kHeadBytesMax];
  size_t head_size;
  struct frames frames;
  unsigned char out[kOutBytesMax];
  size_t out_size;
  size_t told;  ///< bytes of the news it has got
};

struct server {
  const struct events* events;
  const char* run;
  struct client clients[kSlots];
  struct sampler sampler;
  char news[kNewsBytesMax];
  size_t news_size;
  uint64_t ticks;
  bool ending;
};

// Of the child alone; PID 1 never touches it.
static struct server server;

static int64_t millis_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void drop(struct client* client) {
  close(client->fd);
  client->stage = kFree;
  client->fd = -1;
}

static void flush(struct client* client) {
  while (client->out_size > 0) {
    ssize_t sent = send(client->fd, client->out, client->out_size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) return;
    if (sent <= 0) return drop(client);
    client->out_size -= (size_t)sent;
    memmove(client->out, client->out + sent, client->out_size);
  }
  if (client->stage == kClosing) shutdown(client->fd, SHUT_WR);
}

static bool queue_frame(struct client* client, enum opcode opcode, const void* payload,
                        size_t size) {
  size_t added = write_frame(opcode, payload, size, client->out + client->out_size,
                             kOutBytesMax - client->out_size);
  client->out_size += added;
  return added > 0;
}

static void begin_closing(struct client* client) {
  client->stage = kClosing;
  client->deadline = millis_now() + kCloseMillisMax;
  flush(client);
}

static void close_client(struct client* client, enum close_code code) {
  client->out_size +=
      write_close(code, client->out + client->out_size, kOutBytesMax - client->out_size);
  begin_closing(client);
}

// What the engine has said so far. Lines are whole or not there: it writes each in one go.
static void read_news(void) {
  if (server.news_size == kNewsBytesMax) return;
  ssize_t size = pread(server.events->news, server.news + server.news_size,
                       kNewsBytesMax - server.news_size, (off_t)server.news_size);
  if (size > 0) server.news_size += (size_t)size;
}

static void tell_news(struct client* client) {
  while (client->stage == kOpen && client->told < server.news_size) {
    const char* line = server.news + client->told;
    const char* end = memchr(line, '\n', server.news_size - client->told);
    if (end == NULL || !queue_frame(client, kText, line, (size_t)(end - line))) break;
    client->told += (size_t)(end - line) + 1;
  }
  flush(client);
}

static void format_now(char out[32]) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  struct tm utc;
  gmtime_r(&now.tv_sec, &utc);
  size_t size = strftime(out, 32, "%Y-%m-%dT%H:%M:%S", &utc);
  snprintf(out + size, 32 - size, ".%03ldZ", now.tv_nsec / 1000000);
}

// A client that has not read the last ones gets no new ones: they are worth nothing when late, and
// what matters must find room.
static void tell_usage(void) {
  char at[32];
  char members[kUsageBytesMax];
  char system[kFrameBytesMax];
  char cpu[256];
  format_now(at);
  if (usage_members(&server.sampler.usage, members, sizeof members) == 0) return;
  const char* overloaded = usage_is_overloaded(&server.sampler.usage) ? "true" : "false";
  int system_size = snprintf(system, sizeof system,
                             "{\"name\":\"systemInfo\",\"createdAt\":\"%s\",\"data\":{%s,"
                             "\"isCpuOverloaded\":%s,\"createdAt\":\"%s\"}}",
                             at, members, overloaded, at);
  int cpu_size = snprintf(cpu, sizeof cpu,
                          "{\"name\":\"cpuInfo\",\"createdAt\":\"%s\",\"data\":{"
                          "\"isCpuOverloaded\":%s}}",
                          at, overloaded);
  for (int i = 0; i < kSlots; ++i) {
    struct client* client = &server.clients[i];
    if (client->stage != kOpen || client->out_size > 0) continue;
    queue_frame(client, kText, system, (size_t)system_size);
    queue_frame(client, kText, cpu, (size_t)cpu_size);
    if (server.ticks % kPingTicks == 0) queue_frame(client, kPing, NULL, 0);
    flush(client);
  }
}

static int open_clients(void) {
  int count = 0;
  for (int i = 0; i < kSlots; ++i) count += server.clients[i].stage == kOpen;
  return count;
}

// One frame's payload goes back as it came.
static void answer(struct client* client, enum frame_event event) {
  struct frames* frames = &client->frames;
  if (event == kFramePing) {
    queue_frame(client, kPong, frames->control, frames->control_size);
    flush(client);
  } else if (event == kFrameClose || event == kFrameBroken) {
    close_client(client, frames->code);
  }
}

static void take_frames(struct client* client, const unsigned char* bytes, size_t size) {
  while (size > 0 && client->stage == kOpen) {
    size_t used;
    enum frame_event event = frames_take(&client->frames, bytes, size, &used);
    bytes += used;
    size -= used;
    answer(client, event);
  }
}

static void shake_hands(struct client* client) {
  struct upgrade_answer upgrade;
  enum upgrade result = read_upgrade(client->head, client->head_size, &upgrade);
  if (result == kUpgradeIncomplete) return;
  client->out_size = strlen(upgrade.text);
  memcpy(client->out, upgrade.text, client->out_size);
  if (result == kUpgradeRefused) return begin_closing(client);
  bool is_ours = upgrade.path[0] == '/' && strcmp(upgrade.path + 1, server.run) == 0;
  if (!is_ours || open_clients() >= kClientsMax) return close_client(client, kClosePolicy);
  client->stage = kOpen;
  read_news();
  tell_news(client);
  take_frames(client, (const unsigned char*)client->head + upgrade.head_bytes,
              client->head_size - upgrade.head_bytes);
}

static void take_input(struct client* client) {
  unsigned char bytes[4096];
  bool shaking = client->stage == kShaking;
  void* into = shaking ? (void*)(client->head + client->head_size) : (void*)bytes;
  size_t room = shaking ? kHeadBytesMax - client->head_size : sizeof bytes;
  ssize_t size = recv(client->fd, into, room, MSG_DONTWAIT);
  if (size < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (size <= 0) return drop(client);
  if (shaking) {
    client->head_size += (size_t)size;
    shake_hands(client);
  } else {
    take_frames(client, bytes, (size_t)size);  // of one that is closing they are dropped
  }
}

static struct client* free_slot(void) {
  for (int i = 0; i < kSlots; ++i) {
    if (server.clients[i].stage == kFree) return &server.clients[i];
  }
  return NULL;
}

static void accept_clients(void) {
  for (struct client* client; (client = free_slot()) != NULL;) {
    int fd = accept4(server.events->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    client->stage = kShaking;
    client->fd = fd;
    client->deadline = millis_now() + kHandshakeMillisMax;
    client->head_size = 0;
    client->out_size = 0;
    client->told = 0;
    memset(&client->frames, 0, sizeof client->frames);
  }
}

static void tick(void) {
  ++server.ticks;
  sampler_take(&server.sampler);
  usage_save(server.events->usage, &server.sampler.usage);
  read_news();
  for (int i = 0; i < kSlots; ++i) {
    struct client* client = &server.clients[i];
    if (client->stage == kOpen) tell_news(client);
    bool is_timed = client->stage == kShaking || client->stage == kClosing;
    if (is_timed && millis_now() > client->deadline) drop(client);
  }
  tell_usage();
}

static void take_wake(void) {
  char pokes[256];
  while (read(server.events->wake, pokes, sizeof pokes) > 0) continue;
  read_news();
  for (int i = 0; i < kSlots; ++i) {
    if (server.clients[i].stage == kOpen) tell_news(&server.clients[i]);
  }
}

// A client that does not take its pongs is not read from.
static short wanted(const struct client* client) {
  short wants = client->out_size > 0 ? POLLOUT : 0;
  bool has_room = client->out_size < kOutBytesMax - 2 * kFrameBytesMax;
  return (short)(wants | (client->stage == kClosing || has_room ? POLLIN : 0));
}

static void wait_once(int signals, int64_t until) {
  struct pollfd waits[3 + kSlots];
  waits[0] = (struct pollfd){signals, POLLIN, 0};
  waits[1] = (struct pollfd){server.events->wake, POLLIN, 0};
  waits[2] = (struct pollfd){free_slot() != NULL ? server.events->listener : -1, POLLIN, 0};
  for (int i = 0; i < kSlots; ++i) {
    struct client* client = &server.clients[i];
    bool used = client->stage != kFree;
    waits[3 + i] = (struct pollfd){used ? client->fd : -1, used ? wanted(client) : 0, 0};
  }
  int64_t left = until - millis_now();
  if (poll(waits, 3 + kSlots, (int)(left > 0 ? left : 0)) <= 0) return;
  if (waits[0].revents != 0) server.ending = true;
  if (waits[1].revents != 0) take_wake();
  for (int i = 0; i < kSlots; ++i) {
    struct client* client = &server.clients[i];
    short seen = waits[3 + i].revents;
    if (seen & (POLLIN | POLLHUP | POLLERR)) take_input(client);
    if ((seen & POLLOUT) && client->stage != kFree) flush(client);
  }
  if (waits[2].revents != 0) accept_clients();
}

int events_serve(const struct events* events, const char* run) {
  memset(&server, 0, sizeof server);
  server.events = events;
  server.run = run;
  sigset_t end;
  sigemptyset(&end);
  sigaddset(&end, SIGTERM);
  sigprocmask(SIG_SETMASK, &end, NULL);
  int signals = signalfd(-1, &end, SFD_CLOEXEC | SFD_NONBLOCK);
  if (signals < 0) return 1;
  const char* port = getenv("ACTOR_WEB_SERVER_PORT");
  sampler_begin(&server.sampler, port != NULL ? (unsigned)strtoul(port, NULL, 10) : 0);
  sampler_take(&server.sampler);
  usage_save(events->usage, &server.sampler.usage);
  int64_t next = millis_now() + kTickMillis;
  while (!server.ending) {
    wait_once(signals, next);
    if (millis_now() < next) continue;
    tick();
    next += kTickMillis;
    if (next < millis_now()) next = millis_now() + kTickMillis;  // it was paused: no burst
  }
  sampler_take(&server.sampler);
  usage_save(events->usage, &server.sampler.usage);
  for (int i = 0; i < kSlots; ++i) {
    if (server.clients[i].stage == kOpen) close_client(&server.clients[i], kCloseGoingAway);
  }
  return 0;
}
