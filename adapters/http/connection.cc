#include "adapters/http/connection.h"

#include <algorithm>

#include "adapters/http/compress.h"
#include "journal/base/assert.h"

namespace actuary::adapters::http {
namespace {

/// A stream whose writer does not heed `kFull` is cut at this many times the high-water mark.
constexpr std::size_t kOverrunMax = 64;

}  // namespace

Connection::Connection(Shared& shared, Transport transport)
    : shared_(shared), transport_(transport), parser_(*this) {
  const int made = transport == Transport::kTcp ? uv_tcp_init(shared.loop, &handle_.tcp)
                                                : uv_pipe_init(shared.loop, &handle_.pipe, 0);
  ACTUARY_ASSERT(made == 0);
  stream()->data = this;
  deadline_ = deadline_after(shared.options.head_deadline);
}

Connection::~Connection() { ACTUARY_ASSERT(phase_ == Phase::kClosed); }

void Connection::accept(uv_stream_t* listener) {
  if (uv_accept(listener, stream()) != 0) {
    close();
    return;
  }
  peer_ = "unix";
  if (transport_ == Transport::kTcp) {
    uv_tcp_nodelay(&handle_.tcp, 1);
    peer_ = peer_address(handle_.tcp);
  }
  update_reading();
}

bool Connection::idle() const {
  return phase_ == Phase::kHead && parser_.untouched() && pending_.empty() && queued() == 0;
}

void Connection::finish_soon() {
  if (idle() || phase_ == Phase::kTunnel) close();
}

void Connection::abort() { close(); }

void Connection::on_read(BytesView bytes) {
  if (phase_ == Phase::kClosed) return;
  if (phase_ == Phase::kLingering) {
    lingered_ += bytes.size();
    if (lingered_ > shared_.options.linger_bytes_max) close();
    return;
  }
  if (phase_ == Phase::kTunnel) return feed_tunnel(bytes);
  advance(bytes);
}

void Connection::on_end_of_input() {
  input_ended_ = true;
  update_reading();
  if (phase_ == Phase::kTunnel) {
    if (tunnel_open_) tunnel_->end_writing();
    return;
  }
  // Who sends no more and has no answer under way is done; who waits for an answer has left, as far
  // as can be told.
  const bool answers_flow = queued() > 0 && phase_ == Phase::kHead;
  if (answers_flow) {
    linger();
  } else if (phase_ != Phase::kLingering || shut_down_) {
    close();
  }
}

void Connection::advance(BytesView fresh) {
  std::string joined;
  BytesView input = fresh;
  if (!pending_.empty()) {
    joined = std::exchange(pending_, {});
    joined.append(fresh);
    input = joined;
  }
  advancing_ = true;
  while (!input.empty() && may_parse()) {
    const auto fed = parser_.feed(input);
    input.remove_prefix(fed.consumed);
    if (fed.state == Parser::State::kComplete) {
      on_complete();
    } else if (fed.state == Parser::State::kRefused && phase_ != Phase::kLingering) {
      const WireError error{parser_.refusal_status(), "invalid-request", parser_.refusal(), {}};
      (void)refuse(to_response(error));
    } else if (phase_ == Phase::kHead && !head_started_) {
      head_started_ = true;
      deadline_ = deadline_after(shared_.options.head_deadline);
    }
  }
  advancing_ = false;
  const bool wanted = phase_ != Phase::kLingering && phase_ != Phase::kClosed;
  if (phase_ == Phase::kTunnel) return feed_tunnel(input);
  if (wanted) pending_.assign(input);
  update_reading();
}

bool Connection::may_parse() const {
  if (phase_ == Phase::kBody) return true;
  return phase_ == Phase::kHead && queued() <= shared_.options.write_high_water;
}

void Connection::update_reading() {
  // While a handler works reading goes on, within bounds: only so is a client's leaving seen.
  const bool upstream_full =
      tunnel_ != nullptr && tunnel_->queued() >= shared_.options.write_high_water;
  const bool wanted = phase_ != Phase::kClosed && !input_ended_ && !upstream_full &&
                      pending_.size() < shared_.options.pipelined_bytes_max;
  if (wanted == reading_) return;
  reading_ = wanted;
  if (!wanted) {
    uv_read_stop(stream());
    return;
  }
  const auto allocate = [](uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
    auto& shared = static_cast<Connection*>(handle->data)->shared_;
    *buffer = uv_buf_init(shared.read_buffer.data(), shared.read_buffer.size());
  };
  const auto read = [](uv_stream_t* stream, ssize_t size, const uv_buf_t* buffer) {
    auto& connection = *static_cast<Connection*>(stream->data);
    if (size > 0) connection.on_read({buffer->base, static_cast<std::size_t>(size)});
    if (size == UV_EOF) connection.on_end_of_input();
    if (size < 0 && size != UV_EOF) connection.close();
  };
  if (uv_read_start(stream(), allocate, read) != 0) close();
}

void Connection::respond(Response response) {
  if (phase_ == Phase::kClosed || phase_ == Phase::kLingering) return;
  keep_alive_ = keep_alive_ && !shared_.closing;
  const bool bodiless = response.status == 204 || response.status == 304;
  if (bodiless) response.body.clear();
  compress_response(accept_encoding_, response);
  auto head =
      response_head(response.status, response.headers, bodiless ? Framing::kNone : Framing::kLength,
                    response.body.size(), keep_alive_);
  write(std::move(head), head_only_ ? std::string() : std::move(response.body));
  answer_complete();
}

void Connection::begin_stream(int status, Headers headers) {
  ACTUARY_ASSERT(phase_ == Phase::kHandling);
  bodiless_ = head_only_ || status == 204 || status == 304;
  chunked_ = http_1_1_ && status != 204 && status != 304;
  keep_alive_ = keep_alive_ && !shared_.closing && (chunked_ || bodiless_);
  const auto framing =
      chunked_ ? Framing::kChunked : (bodiless_ ? Framing::kNone : Framing::kUntilClose);
  write(response_head(status, headers, framing, 0, keep_alive_), {});
}

bool Connection::write_stream(std::string bytes) {
  if (phase_ != Phase::kHandling) return false;
  if (bytes.empty() || bodiless_) return true;
  const auto& options = shared_.options;
  if (queued() > kOverrunMax * options.write_high_water) {
    close();
    return false;
  }
  std::string head;
  if (chunked_) {
    constexpr std::string_view kHex = "0123456789abcdef";
    for (std::size_t rest = bytes.size(); rest > 0; rest /= 16) head.push_back(kHex[rest % 16]);
    std::reverse(head.begin(), head.end());
    head.append("\r\n");
    bytes.append("\r\n");
  }
  write(std::move(head), std::move(bytes));
  const bool room = queued() < options.write_high_water;
  wants_drain_ = wants_drain_ || !room;
  return room;
}

void Connection::end_stream() {
  if (phase_ != Phase::kHandling) return;
  if (chunked_ && !bodiless_) write("0\r\n\r\n", {});
  answer_complete();
}

void Connection::answer_complete() {
  if (phase_ == Phase::kClosed) return;
  exchange_.reset();
  wants_drain_ = false;
  count_buffered(0);
  if (!keep_alive_ || shared_.closing) {
    linger();
    return;
  }
  parser_.next();
  set_phase(Phase::kHead);
  if (!advancing_) advance({});
}

void Connection::linger() {
  if (phase_ == Phase::kLingering || phase_ == Phase::kClosed) return;
  set_phase(Phase::kLingering);
  close_tunnel();
  pending_.clear();
  decoder_.reset();
  count_buffered(0);
  shutdown_.data = this;
  const int started = uv_shutdown(&shutdown_, stream(), [](uv_shutdown_t* request, int status) {
    auto& connection = *static_cast<Connection*>(request->data);
    if (connection.phase_ == Phase::kClosed) return;
    connection.shut_down_ = true;
    connection.deadline_ = connection.deadline_after(connection.shared_.options.linger_deadline);
    if (status != 0 || connection.input_ended_) connection.close();
  });
  if (started != 0) {
    close();
    return;
  }
  if (!advancing_) update_reading();
}

void Connection::close() {
  if (phase_ == Phase::kClosed) return;
  set_phase(Phase::kClosed);
  close_tunnel();
  pending_.clear();
  decoder_.reset();
  count_buffered(0);
  uv_close(reinterpret_cast<uv_handle_t*>(stream()), [](uv_handle_t* handle) {
    auto& connection = *static_cast<Connection*>(handle->data);
    connection.shared_.closed(connection);
  });
  if (const auto exchange = exchange_.lock()) exchange->notify_closed();
}

void Connection::set_phase(Phase phase) {
  phase_ = phase;
  deadline_ = 0;
  head_started_ = false;
  if (phase == Phase::kHead) deadline_ = deadline_after(shared_.options.idle_deadline);
  if (phase == Phase::kBody) deadline_ = deadline_after(shared_.options.body_deadline);
}

std::uint64_t Connection::deadline_after(Options::Milliseconds span) const {
  return uv_now(shared_.loop) + static_cast<std::uint64_t>(span.count());
}

void Connection::count_buffered(std::size_t bytes) {
  shared_.buffered_bytes = shared_.buffered_bytes - buffered_ + bytes;
  buffered_ = bytes;
}

void Connection::sweep(std::uint64_t now) {
  if (phase_ == Phase::kClosed) return;
  if (deadline_ != 0 && now >= deadline_ && phase_ == Phase::kTunnel && !tunnel_open_) {
    on_tunnel_opened(false);
  } else if (deadline_ != 0 && now >= deadline_) {
    const bool asked = phase_ == Phase::kBody || (phase_ == Phase::kHead && head_started_);
    if (!asked) {
      close();
      return;
    }
    const WireError error{408, "operation-timed-out", "The request took too long to arrive.", {}};
    (void)refuse(to_response(error));
  }
  const std::size_t left = queued();
  const std::uint64_t taken = written_ - left;
  if (left == 0) {
    write_deadline_ = 0;
  } else if (write_deadline_ == 0 || taken != taken_mark_) {
    write_deadline_ = deadline_after(shared_.options.write_deadline);
    taken_mark_ = taken;
  } else if (now >= write_deadline_) {
    close();
  }
}

}  // namespace actuary::adapters::http
