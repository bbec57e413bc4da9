#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "adapters/http/errors.h"
#include "adapters/http/message.h"

namespace actuary::adapters::http {

class Exchange;

/// Where a streamed answer's bytes go. A copy is the same stream. When the last copy goes away
/// before `end`, the connection is cut, so that the client sees that something is missing.
class StreamWriter {
 public:
  enum class Room : std::uint8_t {
    kMore,    ///< go on
    kFull,    ///< taken, but wait for `on_drain` before the next write
    kClosed,  ///< the client is gone; the bytes are too
  };

  explicit StreamWriter(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}

  [[nodiscard]] Room write(std::string bytes) const;
  void end() const;
  [[nodiscard]] bool closed() const;
  /// Called once, when there is room again after `kFull`, or when the client is gone; set it anew
  /// for each wait.
  void on_drain(std::function<void()> callback) const;

 private:
  std::shared_ptr<Exchange> exchange_;
};

/// How a handler answers: exactly once, now or later, on the loop's thread. A copy is the same
/// answer. When the last copy goes away unanswered the client gets a 500. After the client has gone
/// every call is harmless.
class Responder {
 public:
  explicit Responder(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}

  void send(Response response) const;
  void fail(const WireError& error) const { send(to_response(error)); }
  void fail(const Error& error) const { send(to_response(wire_error(error))); }
  /// Chunked (to an HTTP/1.0 client: until the connection ends), never compressed.
  [[nodiscard]] StreamWriter begin_stream(int status, Headers headers) const;

  /// Called at most once, when the client goes away before the answer was complete.
  void on_closed(std::function<void()> callback) const;
  [[nodiscard]] bool closed() const;

 private:
  std::shared_ptr<Exchange> exchange_;
};

}  // namespace actuary::adapters::http
