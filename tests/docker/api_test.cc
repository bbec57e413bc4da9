#include "adapters/docker/api.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

namespace actuary::tests {
namespace {

namespace fs = std::filesystem;

/// Somebody who listens where a daemon should, and says one thing to each caller.
class Impostor {
 public:
  explicit Impostor(const std::string& body)
      : path_(fs::temp_directory_path() / ("actuary-impostor-" + std::to_string(getpid()))),
        answer_("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n\r\n" + body) {
    fs::remove(path_);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.string().copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(listen(listener_, 4), 0);
    serving_ = std::thread([this] { serve(); });
  }
  ~Impostor() {
    shutdown(listener_, SHUT_RDWR);
    serving_.join();
    close(listener_);
    fs::remove(path_);
  }
  Impostor(const Impostor&) = delete;
  Impostor& operator=(const Impostor&) = delete;

  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  void serve() {
    for (int caller = 0; (caller = accept(listener_, nullptr, nullptr)) >= 0; close(caller)) {
      char request[4096];
      (void)!read(caller, request, sizeof request);
      (void)!write(caller, answer_.data(), answer_.size());
    }
  }

  fs::path path_;
  std::string answer_;
  int listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::thread serving_;
};

TEST(DockerApi, WhatIsNoDaemonIsRefusedAndNothingIsGuessed) {
  for (const char* body : {"", "[]", "{\"ApiVersion\":7}", "{\"ApiVersion\":[\"1.41\"]}", "{\"Api",
                           "{\"ApiVersion\":\"1.40\",\"Version\":{}}"}) {
    const Impostor impostor(body);
    const Status opened = adapters::docker::Api(impostor.path(), "/data").open();
    ASSERT_FALSE(opened) << body;
    EXPECT_EQ(opened.error().code, Code::kNoRuntime) << body;
  }
}

TEST(DockerApi, NobodyAtTheSocketIsNamedWithTheCure) {
  const Status opened = adapters::docker::Api("/nonexistent/docker.sock", "/data").open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::kNoRuntime);
  EXPECT_NE(opened.error().detail.find("DOCKER_HOST"), std::string::npos);
}

}  // namespace
}  // namespace actuary::tests
