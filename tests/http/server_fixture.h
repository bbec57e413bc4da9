#pragma once

#include <gtest/gtest.h>
#include <uv.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "adapters/http/router.h"
#include "adapters/http/server.h"

namespace actuary::adapters::http {

/// An answer as it came over the wire.
struct Answer {
  int status = 0;
  std::string head;
  std::string body;
};

/// A blocking client on a raw socket. Every wait has a limit, so a test that fails does so soon.
class Client {
 public:
  static Client tcp(std::uint16_t port);
  static Client unix_socket(const std::string& path);
  explicit Client(int fd) : fd_(fd) {}
  Client(Client&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ~Client() { close(); }

  /// False when the server has closed.
  bool send(std::string_view bytes) const;
  /// The next answer; status 0 when the connection ended before its head was there.
  Answer receive(bool head_only = false);
  /// Everything until the server closes.
  std::string receive_all();
  /// One read; empty at the end, or after `limit`.
  std::string receive_some(std::chrono::milliseconds limit = std::chrono::seconds{10});
  void close();
  [[nodiscard]] int fd() const { return fd_; }
  Answer ask(std::string_view bytes) {
    send(bytes);
    return receive(bytes.substr(0, 5) == "HEAD ");
  }

 private:
  bool read_more();

  int fd_;
  std::string input_;
};

/// A server on a loop and a thread of its own, with the routes of the test.
class RunningServer {
 public:
  explicit RunningServer(std::vector<Route> routes, Options options = {}, Router::Guard guard = {},
                         Router::Elsewhere elsewhere = {});
  ~RunningServer();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] Client connect() const { return Client::tcp(port_); }
  /// Runs on the loop's thread; waits for it.
  void on_loop(const std::function<void(Server&, uv_loop_t*)>& work);
  [[nodiscard]] std::size_t connections();

 private:
  void run_tasks();

  Router router_;
  uv_loop_t loop_{};
  uv_async_t wake_{};
  std::unique_ptr<Server> server_;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::vector<std::function<void()>> tasks_;
  std::thread thread_;
};

/// Waits until `condition` holds, at most ten seconds.
bool eventually(const std::function<bool()>& condition);

std::string gzip(std::string_view text);
std::string brotli(std::string_view text);
std::string gunzip(std::string_view packed);

/// `POST path` with a body and its length.
std::string post(std::string_view path, std::string_view body, std::string_view fields = {});
std::string get(std::string_view path, std::string_view fields = {});

}  // namespace actuary::adapters::http
