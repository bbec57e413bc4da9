#pragma once

#include <uv.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "adapters/http/application.h"
#include "adapters/http/options.h"
#include "journal/base/result.h"

namespace actuary::adapters::http {

class Connection;
struct Shared;

/// An HTTP/1.1 server on somebody's libuv loop. Everything happens on that loop's thread.
///
/// Destroyed only after `close` has reported: libuv holds its handles until then.
class Server {
 public:
  enum class CloseMode : std::uint8_t { kGraceful, kNow };

  /// `application` is borrowed until `close` has reported.
  [[nodiscard]] static Result<std::unique_ptr<Server>> open(uv_loop_t* loop, Options options,
                                                            Application& application);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  /// Listens on one more address; port 0 takes a free one. Returns the port.
  ///
  /// errors: kInUse, somebody listens there, named where that can be seen; kInvalidArgument, not an
  /// address
  [[nodiscard]] Result<std::uint16_t> listen_tcp(const std::string& address, std::uint16_t port);

  /// Listens on a unix socket, mode 0600. A socket that nobody answers on any more is replaced.
  ///
  /// errors: kInUse, somebody answers there; kInvalidArgument, the path is too long or something
  /// else is there
  [[nodiscard]] Status listen_unix(const std::string& path);

  /// Stops listening. Gracefully, answers under way are finished first. `done` runs when the last
  /// handle is closed.
  void close(CloseMode mode, std::function<void()> done);

  [[nodiscard]] std::size_t connections() const { return connections_.size(); }

 private:
  struct Listener;

  Server(uv_loop_t* loop, Options options, Application& application);
  [[nodiscard]] Status start_listening(std::unique_ptr<Listener> listener, const std::string& name);
  void on_connection(Listener& listener);
  void forget(Connection& connection);
  /// Closes one connection that waits between requests, if there is one.
  void shed_one();
  void sweep();
  void finish_closing();

  std::unique_ptr<Shared> shared_;
  std::unordered_map<Connection*, std::unique_ptr<Connection>> connections_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  uv_timer_t timer_{};
  bool closing_ = false;
  std::size_t handles_open_ = 0;  ///< listeners and the timer
  std::function<void()> done_;
};

}  // namespace actuary::adapters::http
