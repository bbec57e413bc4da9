// How a connection writes: at once while nothing is queued, else through a queue that libuv keeps.
#include <array>

#include "adapters/http/connection.h"

namespace actuary::adapters::http {

struct Connection::Write {
  uv_write_t request{};
  Connection* connection = nullptr;
  std::string head;
  std::string body;
};

std::string Connection::peer_address(const uv_tcp_t& tcp) {
  sockaddr_storage address{};
  int size = sizeof address;
  if (uv_tcp_getpeername(&tcp, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET6) {
    const auto& ip6 = reinterpret_cast<const sockaddr_in6&>(address);
    uv_ip6_name(&ip6, text.data(), text.size());
    return "[" + std::string(text.data()) + "]:" + std::to_string(ntohs(ip6.sin6_port));
  }
  const auto& ip4 = reinterpret_cast<const sockaddr_in&>(address);
  uv_ip4_name(&ip4, text.data(), text.size());
  return std::string(text.data()) + ":" + std::to_string(ntohs(ip4.sin_port));
}

void Connection::write(std::string head, std::string body) {
  if (phase_ == Phase::kClosed) return;
  written_ += head.size() + body.size();
  std::size_t taken = 0;
  if (queued() == 0) {
    std::array<uv_buf_t, 2> buffers{uv_buf_init(head.data(), static_cast<unsigned>(head.size())),
                                    uv_buf_init(body.data(), static_cast<unsigned>(body.size()))};
    const int result = uv_try_write(stream(), buffers.data(), buffers.size());
    // An error shows again on the queued write, whose callback closes; here a caller may still be
    // in the middle.
    taken = result > 0 ? static_cast<std::size_t>(result) : 0;
  }
  if (taken < head.size() + body.size()) queue_write(std::move(head), std::move(body), taken);
}

void Connection::queue_write(std::string head, std::string body, std::size_t taken) {
  auto* write = new Write{{}, this, std::move(head), std::move(body)};
  write->request.data = write;
  const std::size_t head_taken = std::min(taken, write->head.size());
  const std::size_t body_taken = taken - head_taken;
  std::array<uv_buf_t, 2> buffers{
      uv_buf_init(write->head.data() + head_taken,
                  static_cast<unsigned>(write->head.size() - head_taken)),
      uv_buf_init(write->body.data() + body_taken,
                  static_cast<unsigned>(write->body.size() - body_taken))};
  const auto done = [](uv_write_t* request, int status) {
    const std::unique_ptr<Write> write(static_cast<Write*>(request->data));
    if (status == 0) write->connection->on_written();
    if (status != 0 && status != UV_ECANCELED) write->connection->close();
  };
  if (uv_write(&write->request, stream(), buffers.data(), buffers.size(), done) != 0) delete write;
}

void Connection::on_written() {
  if (phase_ == Phase::kClosed) return;
  const std::size_t low_water = shared_.options.write_high_water / 2;
  if (queued() > low_water) return;
  if (tunnel_ != nullptr) tunnel_->set_reading(true);
  if (std::exchange(wants_drain_, false)) {
    if (const auto exchange = exchange_.lock()) exchange->notify_drained();
  }
  if (phase_ == Phase::kHead && !pending_.empty() && !advancing_) advance({});
}

}  // namespace actuary::adapters::http
