#pragma once

#include <functional>
#include <memory>
#include <string>

#include "adapters/http/message.h"
#include "adapters/http/responder.h"

namespace actuary::adapters::http {

class Connection;

/// One request's answer: what the handler's Responder and the connection have in common. It
/// outlives neither's need.
class Exchange {
 public:
  explicit Exchange(Connection& connection) : connection_(&connection) {}
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange();

  void send(Response response);
  void begin_stream(int status, Headers headers);
  [[nodiscard]] StreamWriter::Room write(std::string bytes);
  void end();
  void on_closed(std::function<void()> callback);
  void on_drain(std::function<void()> callback) { drained_ = std::move(callback); }
  [[nodiscard]] bool closed() const { return connection_ == nullptr; }

  /// From the connection: there is room again.
  void notify_drained();
  /// From the connection: the client has gone. Nothing is reached through this any more.
  void notify_closed();

 private:
  /// The answer is complete: lets go of the connection and of whatever the callbacks hold.
  Connection* detach();

  Connection* connection_;
  bool answered_ = false;
  std::function<void()> closed_;
  std::function<void()> drained_;
};

}  // namespace actuary::adapters::http
