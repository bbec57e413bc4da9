#include "adapters/http/tunnel.h"

#include <array>
#include <memory>
#include <utility>

#include "journal/base/assert.h"

namespace actuary::adapters::http {

struct Tunnel::Write {
  uv_write_t request{};
  Tunnel* tunnel = nullptr;
  std::string bytes;
};

Tunnel* Tunnel::open(uv_loop_t* loop, const Upstream& upstream, Events events) {
  auto* tunnel = new Tunnel(std::move(events));
  const int made = uv_tcp_init(loop, &tunnel->tcp_);
  ACTUARY_ASSERT(made == 0);
  uv_timer_init(loop, &tunnel->refused_);
  tunnel->tcp_.data = tunnel->connect_.data = tunnel->refused_.data = tunnel;
  tunnel->connect(upstream);
  return tunnel;
}

void Tunnel::connect(const Upstream& upstream) {
  sockaddr_in address{};
  uv_tcp_nodelay(&tcp_, 1);
  const auto connected = [](uv_connect_t* request, int status) {
    auto* tunnel = static_cast<Tunnel*>(request->data);
    if (tunnel->closed_) return;
    tunnel->connected_ = status == 0;
    tunnel->events_.opened(status == 0);
  };
  const bool begun =
      uv_ip4_addr(upstream.host.c_str(), upstream.port, &address) == 0 &&
      uv_tcp_connect(&connect_, &tcp_, reinterpret_cast<sockaddr*>(&address), connected) == 0;
  if (begun) return;
  uv_timer_start(
      &refused_,
      [](uv_timer_t* timer) {
        auto* tunnel = static_cast<Tunnel*>(timer->data);
        if (!tunnel->closed_) tunnel->events_.opened(false);
      },
      0, 0);
}

void Tunnel::write(std::string bytes) {
  if (closed_ || ended_ || bytes.empty()) return;
  auto* write = new Write{{}, this, std::move(bytes)};
  write->request.data = write;
  uv_buf_t buffer = uv_buf_init(write->bytes.data(), static_cast<unsigned>(write->bytes.size()));
  const auto done = [](uv_write_t* request, int status) {
    const std::unique_ptr<Write> write(static_cast<Write*>(request->data));
    Tunnel* tunnel = write->tunnel;
    if (status == UV_ECANCELED || tunnel->closed_) return;
    if (status != 0) return tunnel->tell_ended();
    if (tunnel->queued() == 0) tunnel->events_.drained();
  };
  if (uv_write(&write->request, stream(), &buffer, 1, done) != 0) delete write;
}

std::size_t Tunnel::queued() const {
  return uv_stream_get_write_queue_size(reinterpret_cast<const uv_stream_t*>(&tcp_));
}

void Tunnel::end_writing() {
  if (!closed_ && connected_) uv_shutdown(&shutdown_, stream(), [](uv_shutdown_t*, int) {});
}

void Tunnel::set_reading(bool wanted) {
  if (closed_ || ended_ || !connected_ || wanted == reading_) return;
  reading_ = wanted;
  if (!wanted) {
    uv_read_stop(stream());
    return;
  }
  // One buffer for all: what it holds is handed on before the next read.
  static thread_local std::array<char, 64UL * 1024> buffer;
  const auto allocate = [](uv_handle_t*, std::size_t, uv_buf_t* into) {
    *into = uv_buf_init(buffer.data(), buffer.size());
  };
  const auto read = [](uv_stream_t* stream, ssize_t size, const uv_buf_t* from) {
    auto* tunnel = static_cast<Tunnel*>(stream->data);
    if (tunnel->closed_) return;
    if (size > 0) tunnel->events_.received({from->base, static_cast<std::size_t>(size)});
    if (size < 0) tunnel->tell_ended();
  };
  if (uv_read_start(stream(), allocate, read) != 0) reading_ = false;
}

void Tunnel::tell_ended() {
  if (std::exchange(ended_, true)) return;
  uv_read_stop(stream());
  events_.ended();
}

void Tunnel::close() {
  if (std::exchange(closed_, true)) return;
  const auto gone = [](uv_handle_t* handle) {
    auto* tunnel = static_cast<Tunnel*>(handle->data);
    if (--tunnel->handles_ == 0) delete tunnel;
  };
  uv_close(reinterpret_cast<uv_handle_t*>(&tcp_), gone);
  uv_close(reinterpret_cast<uv_handle_t*>(&refused_), gone);
}

}  // namespace actuary::adapters::http
