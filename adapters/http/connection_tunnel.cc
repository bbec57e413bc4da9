// How a connection hands a request over to an upstream: the head rewritten, all else as it comes.
#include "adapters/http/connection.h"

namespace actuary::adapters::http {
namespace {

/// Fields that speak of one connection only, or that we know better.
bool is_of_this_hop(const RequestHead& head, std::string_view name) {
  constexpr std::array<std::string_view, 8> kNames = {
      "Connection", "Keep-Alive",      "Proxy-Connection",  "TE",
      "Upgrade",    "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Prefix"};
  for (const std::string_view each : kNames) {
    if (equal_without_case(name, each)) return true;
  }
  // The body's framing is passed on as it is, whatever the client lists.
  const bool frames =
      equal_without_case(name, "Transfer-Encoding") || equal_without_case(name, "Content-Length");
  return !frames && head.headers.has_token("Connection", name);
}

/// One request for each upstream connection: what it answers ends with it.
std::string upstream_head(const RequestHead& head, const Upstream& upstream,
                          const std::string& peer) {
  std::string text =
      head.method + " " + upstream.target + (head.http_1_1 ? " HTTP/1.1\r\n" : " HTTP/1.0\r\n");
  const auto add = [&](std::string_view name, std::string_view value) {
    text.append(name).append(": ").append(value).append("\r\n");
  };
  for (const auto& [name, value] : head.headers.fields()) {
    if (!is_of_this_hop(head, name)) add(name, value);
  }
  const bool upgrades = head.headers.has_token("Connection", "upgrade");
  const auto protocol = head.headers.get("Upgrade");
  if (upgrades && !protocol.empty()) {
    add("Connection", "Upgrade");
    add("Upgrade", protocol);
  } else {
    add("Connection", "close");
  }
  add("X-Forwarded-For", peer.substr(0, peer.rfind(':')));
  add("X-Forwarded-Proto", "http");
  add("X-Forwarded-Prefix", upstream.prefix);
  return text + "\r\n";
}

}  // namespace

void Connection::begin_tunnel(const RequestHead& head, const Upstream& upstream) {
  set_phase(Phase::kTunnel);
  keep_alive_ = false;
  tunnel_open_ = false;
  deadline_ = deadline_after(shared_.options.head_deadline);
  tunnel_ = Tunnel::open(shared_.loop, upstream,
                         {.opened = [this](bool connected) { on_tunnel_opened(connected); },
                          .received =
                              [this](BytesView bytes) {
                                touch_tunnel();
                                write(std::string(bytes), {});
                                // Whoever reads slowly slows the container down.
                                if (queued() < shared_.options.write_high_water) return;
                                if (tunnel_ != nullptr) tunnel_->set_reading(false);
                              },
                          .ended = [this] { linger(); },
                          .drained =
                              [this] {
                                touch_tunnel();
                                update_reading();
                              }});
  tunnel_head_ = upstream_head(head, upstream, peer_);
}

void Connection::on_tunnel_opened(bool connected) {
  if (!connected) {
    close_tunnel();
    respond(to_response({502,
                         "bad-gateway",
                         "The run's web server does not answer. It may not be listening yet.",
                         {}}));
    return;
  }
  tunnel_open_ = true;
  touch_tunnel();
  tunnel_->write(std::exchange(tunnel_head_, {}));
  if (!pending_.empty()) tunnel_->write(std::exchange(pending_, {}));
  tunnel_->set_reading(true);
  if (input_ended_) tunnel_->end_writing();
  update_reading();
}

/// What the client sends before there is anybody to take it waits in `pending_`, within its bounds.
void Connection::feed_tunnel(BytesView bytes) {
  if (!tunnel_open_) {
    pending_.append(bytes);
  } else {
    touch_tunnel();
    tunnel_->write(std::string(bytes));
  }
  update_reading();
}

void Connection::touch_tunnel() { deadline_ = deadline_after(shared_.options.tunnel_deadline); }

void Connection::close_tunnel() {
  if (tunnel_ != nullptr) std::exchange(tunnel_, nullptr)->close();
}

}  // namespace actuary::adapters::http
