#pragma once

#include <uv.h>

#include <cstdint>
#include <functional>
#include <string>

#include "journal/base/bytes.h"

namespace actuary::adapters::http {

/// Where a request goes that is not ours to answer.
struct Upstream {
  std::string host;  ///< an IPv4 address
  std::uint16_t port = 0;
  std::string target;  ///< what is asked for there
  std::string prefix;  ///< what of the client's path was taken away
};

/// A connection to an upstream, whose bytes are nobody's business here. On the loop's thread; its
/// callbacks never come from within a call, and none comes after `close`.
class Tunnel {
 public:
  struct Events {
    std::function<void(bool connected)> opened;
    std::function<void(BytesView bytes)> received;
    std::function<void()> ended;    ///< no byte will come any more
    std::function<void()> drained;  ///< all that was written is on its way
  };

  /// Never fails at once: `opened` says how it went.
  [[nodiscard]] static Tunnel* open(uv_loop_t* loop, const Upstream& upstream, Events events);

  void write(std::string bytes);
  [[nodiscard]] std::size_t queued() const;
  /// What is written still goes out, then the upstream sees the end.
  void end_writing();
  /// Stops or goes on to receive.
  void set_reading(bool wanted);
  /// Forgets it; the object is gone soon.
  void close();

 private:
  explicit Tunnel(Events events) : events_(std::move(events)) {}
  ~Tunnel() = default;
  struct Write;

  void connect(const Upstream& upstream);
  void tell_ended();
  [[nodiscard]] uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(&tcp_); }

  Events events_;
  uv_tcp_t tcp_{};
  uv_connect_t connect_{};
  uv_shutdown_t shutdown_{};
  uv_timer_t refused_{};  ///< tells of a refusal in a turn of its own
  int handles_ = 2;
  bool connected_ = false;
  bool reading_ = false;
  bool ended_ = false;
  bool closed_ = false;
};

}  // namespace actuary::adapters::http
