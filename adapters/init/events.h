/// The run's events, served to the SDK over a websocket inside the container's own network.
///
/// A child of init of its own, because what clients send is hostile: it has no capability, a uid
/// that nobody else has, and the system calls of user code. Init opens its files before.
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct events {
  pid_t child;   ///< -1: none
  int port;      ///< of 127.0.0.1
  int listener;  ///< these four are the child's
  int wake;      ///< a FIFO: the engine has appended to `news`
  int news;      ///< lines of JSON, each one message; every client gets all of them
  int usage;     ///< see usage_save
};

/// Opens what the child needs and lets it run. False with errno set; then there are no events.
bool events_start(struct events* events, const char* run);
/// The last sample is taken and the clients are told; false: it takes longer, do not wait for it.
bool events_stop(struct events* events);

/// The child's work, until SIGTERM. For tests: without a child, a control folder and privileges.
int events_serve(const struct events* events, const char* run);
