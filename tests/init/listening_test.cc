#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

extern "C" {
#include "adapters/init/listening.h"
}

namespace actuary::tests::init {
namespace {

/// A TCP socket bound to a free port.
class Bound {
 public:
  Bound(int family, const char* address) : fd_(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_storage at{};
    at.ss_family = static_cast<sa_family_t>(family);
    void* raw = family == AF_INET ? static_cast<void*>(&as<sockaddr_in>(at).sin_addr)
                                  : static_cast<void*>(&as<sockaddr_in6>(at).sin6_addr);
    EXPECT_EQ(inet_pton(family, address, raw), 1);
    EXPECT_EQ(bind(fd_, &as<sockaddr>(at), sizeof at), 0);
    socklen_t size = sizeof at;
    EXPECT_EQ(getsockname(fd_, &as<sockaddr>(at), &size), 0);
    port_ = ntohs(as<sockaddr_in>(at).sin_port);
  }
  ~Bound() { close(fd_); }
  Bound(const Bound&) = delete;
  Bound& operator=(const Bound&) = delete;

  void listen() const { EXPECT_EQ(::listen(fd_, 1), 0); }
  [[nodiscard]] unsigned port() const { return port_; }

 private:
  template <class T>
  static T& as(sockaddr_storage& storage) {
    return reinterpret_cast<T&>(storage);
  }
  int fd_;
  unsigned port_ = 0;
};

TEST(Listening, APortIsReadyFromItsListenToItsClose) {
  for (const auto& [family, address] : {std::pair(AF_INET, "0.0.0.0"), std::pair(AF_INET6, "::")}) {
    unsigned port = 0;
    {
      const Bound bound(family, address);
      port = bound.port();
      EXPECT_FALSE(is_listening(port)) << "only bound to " << address;
      bound.listen();
      EXPECT_TRUE(is_listening(port)) << address;
    }
    EXPECT_FALSE(is_listening(port)) << "closed " << address;
  }
}

TEST(Listening, WhatOnlyTheContainerItselfReachesIsNotReady) {
  const Bound bound(AF_INET, "127.0.0.1");
  bound.listen();
  EXPECT_FALSE(is_listening(bound.port()));
  EXPECT_FALSE(is_listening(0));
}

}  // namespace
}  // namespace actuary::tests::init
