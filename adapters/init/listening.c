#define _GNU_SOURCE
#include "adapters/init/listening.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { kAnswerBytesMax = 16 * 1024, kAnswersMax = 64, kPatienceSeconds = 1 };
enum found { kNo, kYes, kUnknown };

static bool is_loopback(const struct inet_diag_msg* socket) {
  return socket->idiag_family == AF_INET && socket->id.idiag_src[0] == htonl(INADDR_LOOPBACK);
}

// One message of the kernel's answer; true if it ends the search.
static bool read_message(const struct nlmsghdr* message, unsigned port, enum found* found) {
  if (message->nlmsg_type == NLMSG_DONE) {
    *found = kNo;
    return true;
  }
  if (message->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
      message->nlmsg_len < NLMSG_LENGTH(sizeof(struct inet_diag_msg))) {
    return true;  // an error: unknown
  }
  const struct inet_diag_msg* socket = NLMSG_DATA(message);
  if (ntohs(socket->id.idiag_sport) != port || is_loopback(socket)) return false;
  *found = kYes;
  return true;
}

static bool ask(int netlink, int family) {
  struct {
    struct nlmsghdr header;
    struct inet_diag_req_v2 wanted;
  } question = {
      .header = {.nlmsg_len = sizeof question,
                 .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                 .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
      .wanted = {.sdiag_family = (uint8_t)family,
                 .sdiag_protocol = IPPROTO_TCP,
                 .idiag_states = 1u << TCP_LISTEN},
  };
  return send(netlink, &question, sizeof question, 0) == (ssize_t)sizeof question;
}

static enum found find(int netlink, int family, unsigned port) {
  if (!ask(netlink, family)) return kUnknown;
  enum found found = kUnknown;
  // Whoever listens a thousand times over waits for the next look.
  for (int i = 0; i < kAnswersMax; ++i) {
    _Alignas(struct nlmsghdr) char answer[kAnswerBytesMax];
    ssize_t size = recv(netlink, answer, sizeof answer, 0);
    if (size <= 0) return kUnknown;
    unsigned left = (unsigned)size;
    for (const struct nlmsghdr* message = (const struct nlmsghdr*)answer; NLMSG_OK(message, left);
         message = NLMSG_NEXT(message, left)) {
      if (read_message(message, port, &found)) return found;
    }
  }
  return found;
}

// A socket for each family: what is left of an answer cannot be taken for the next one's.
static enum found find_by_netlink(int family, unsigned port) {
  int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  if (netlink < 0) return kUnknown;
  struct timeval patience = {.tv_sec = kPatienceSeconds};
  (void)setsockopt(netlink, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  enum found found = find(netlink, family, port);
  close(netlink);
  return found;
}

// Rows of `sl local_address:PORT rem_address:PORT state …`. Those that listen come first, so the
// beginning of a long file is enough.
static bool find_by_file(const char* path, unsigned wanted) {
  char text[kAnswerBytesMax];
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  ssize_t size = read(fd, text, sizeof text - 1);
  close(fd);
  text[size > 0 ? size : 0] = '\0';
  char* rest = text;
  for (char* row; (row = strsep(&rest, "\n")) != NULL;) {
    char address[33];
    unsigned port;
    unsigned state;
    if (sscanf(row, " %*u: %32[0-9A-F]:%x %*[0-9A-F]:%*x %x", address, &port, &state) != 3)
      continue;
    if (strcmp(address, "0100007F") == 0) continue;
    if (state == TCP_LISTEN && port == wanted) return true;
  }
  return false;
}

static bool find_in(int family, const char* path, unsigned port) {
  enum found found = find_by_netlink(family, port);
  return found == kUnknown ? find_by_file(path, port) : found == kYes;
}

bool is_listening(unsigned port) {
  if (port == 0) return false;
  return find_in(AF_INET, "/proc/net/tcp", port) || find_in(AF_INET6, "/proc/net/tcp6", port);
}
