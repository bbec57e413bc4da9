#pragma once

#include <uv.h>

#include <array>
#include <functional>
#include <memory>
#include <string>

#include "adapters/http/application.h"
#include "adapters/http/body_decoder.h"
#include "adapters/http/exchange.h"
#include "adapters/http/options.h"
#include "adapters/http/parser.h"
#include "adapters/http/response_head.h"
#include "adapters/http/tunnel.h"

namespace actuary::adapters::http {

class Connection;

/// What all connections of one server have in common.
struct Shared {
  uv_loop_t* loop;
  Options options;
  Application& application;
  std::function<void(Connection&)> closed;  ///< the connection may be destroyed
  std::size_t buffered_bytes = 0;
  bool closing = false;
  std::array<char, 64UL * 1024> read_buffer;  ///< one for all: an idle connection holds no buffer
};

/// One client's connection: reads requests one after the other, answers each before it parses the
/// next.
class Connection final : private Parser::Sink {
 public:
  enum class Transport : std::uint8_t { kTcp, kUnix };

  Connection(Shared& shared, Transport transport);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() override;

  /// Takes what `listener` has for it. On an error it closes itself.
  void accept(uv_stream_t* listener);

  /// Closes what is past its deadline.
  void sweep(std::uint64_t now);
  /// Waits between two requests; closing it loses nothing.
  [[nodiscard]] bool idle() const;
  /// Cuts it now.
  void abort();
  /// The server is closing: no further request after the one under way.
  void finish_soon();

  // The exchange's side.
  void respond(Response response);
  void begin_stream(int status, Headers headers);
  /// Whether there is room for more.
  [[nodiscard]] bool write_stream(std::string bytes);
  void end_stream();

 private:
  enum class Phase : std::uint8_t { kHead, kBody, kHandling, kTunnel, kLingering, kClosed };
  struct Write;

  void on_read(BytesView bytes);
  void on_end_of_input();
  /// Parses what there is, as far as answers allow.
  void advance(BytesView fresh);
  [[nodiscard]] bool may_parse() const;
  void update_reading();

  [[nodiscard]] bool on_head(RequestHead head) override;
  [[nodiscard]] bool on_body(BytesView bytes) override;
  [[nodiscard]] bool plan_body(const RequestHead& head, BodyPlan plan);
  void on_complete();
  void dispatch();
  /// Answers at once, and closes afterwards: the rest of the request is not read as one.
  [[nodiscard]] bool refuse(Response response);
  void refuse_body(BodyDecoder::Outcome outcome);

  void begin_tunnel(const RequestHead& head, const Upstream& upstream);
  void on_tunnel_opened(bool connected);
  void feed_tunnel(BytesView bytes);
  void touch_tunnel();
  void close_tunnel();

  void answer_complete();
  void linger();
  void write(std::string head, std::string body);
  void queue_write(std::string head, std::string body, std::size_t taken);
  void on_written();
  [[nodiscard]] std::size_t queued() const { return uv_stream_get_write_queue_size(stream()); }
  void close();

  [[nodiscard]] static std::string peer_address(const uv_tcp_t& tcp);
  void set_phase(Phase phase);
  [[nodiscard]] std::uint64_t deadline_after(Options::Milliseconds span) const;
  void count_buffered(std::size_t bytes);

  [[nodiscard]] uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(&handle_); }
  [[nodiscard]] const uv_stream_t* stream() const {
    return reinterpret_cast<const uv_stream_t*>(&handle_);
  }

  Shared& shared_;
  const Transport transport_;
  union {
    uv_tcp_t tcp;
    uv_pipe_t pipe;
  } handle_{};
  Parser parser_;
  std::string peer_;
  Phase phase_ = Phase::kHead;
  std::string pending_;  ///< bytes of requests that must wait for an answer
  std::weak_ptr<Exchange> exchange_;

  Tunnel* tunnel_ = nullptr;  ///< deletes itself once it is closed
  bool tunnel_open_ = false;
  std::string tunnel_head_;  ///< until it is open

  Request request_;
  std::string accept_encoding_;
  std::optional<Response> early_;  ///< the answer is known, the body is only skipped
  std::unique_ptr<BodyDecoder> decoder_;
  std::size_t body_bytes_max_ = 0;
  std::size_t body_seen_ = 0;       ///< bytes of the body as sent
  std::size_t body_seen_mark_ = 0;  ///< at the last time the deadline was moved
  std::size_t buffered_ = 0;        ///< this connection's share of the server's

  bool advancing_ = false;
  bool reading_ = false;
  bool keep_alive_ = false;
  bool head_only_ = false;
  bool http_1_1_ = true;
  bool chunked_ = false;   ///< the stream under way is chunked
  bool bodiless_ = false;  ///< the stream under way must not have bytes
  bool head_started_ = false;
  bool input_ended_ = false;
  bool wants_drain_ = false;
  bool shut_down_ = false;
  std::size_t lingered_ = 0;
  std::uint64_t deadline_ = 0;        ///< of the phase, in the loop's milliseconds; 0 is none
  std::uint64_t write_deadline_ = 0;  ///< 0 while nothing is queued
  std::uint64_t written_ = 0;         ///< bytes ever handed to `write`
  std::uint64_t taken_mark_ = 0;      ///< what the client had taken when `write_deadline_` was set
  uv_shutdown_t shutdown_{};
};

}  // namespace actuary::adapters::http
