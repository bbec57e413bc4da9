#include "adapters/http/server.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>

#include "adapters/http/connection.h"
#include "adapters/http/port_holder.h"
#include "journal/base/assert.h"

namespace actuary::adapters::http {
namespace {

constexpr int kBacklog = 1024;

std::string uv_text(int error) { return uv_strerror(error); }

/// Whether somebody takes connections at `path`.
bool answers(const sockaddr_un& address) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return true;
  const int result = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  // A full backlog (EAGAIN) is somebody, too.
  const bool refused = result != 0 && (errno == ECONNREFUSED || errno == ENOENT);
  ::close(fd);
  return !refused;
}

/// Makes room at `path`: nothing there, or a socket that its process has left behind.
Status clear_socket(const std::string& path) {
  sockaddr_un address{};
  if (path.size() >= sizeof address.sun_path) {
    return fail(Code::kInvalidArgument, "the path of a unix socket has at most 107 bytes: " + path);
  }
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) return {};
  if (!S_ISSOCK(found.st_mode)) {
    return fail(Code::kInvalidArgument, path + " exists and is not a socket");
  }
  address.sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), address.sun_path);
  if (answers(address)) return fail(Code::kInUse, path + ": somebody else listens there");
  ::unlink(path.c_str());
  return {};
}

}  // namespace

struct Server::Listener {
  explicit Listener(Server& owner) : server(owner) {}

  Server& server;
  Connection::Transport transport = Connection::Transport::kTcp;
  union {
    uv_tcp_t tcp;
    uv_pipe_t pipe;
  } handle{};
  bool waiting = false;  ///< a client waits that could not be taken yet

  [[nodiscard]] uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(&handle); }
};

Result<std::unique_ptr<Server>> Server::open(uv_loop_t* loop, Options options,
                                             Application& application) {
  return std::unique_ptr<Server>(new Server(loop, options, application));
}

Server::Server(uv_loop_t* loop, Options options, Application& application)
    : shared_(new Shared{loop, options, application, {}, 0, false, {}}) {
  shared_->closed = [this](Connection& connection) { forget(connection); };
  uv_timer_init(loop, &timer_);
  timer_.data = this;
  ++handles_open_;
}

Server::~Server() { ACTUARY_ASSERT(closing_ && handles_open_ == 0 && connections_.empty()); }

Result<std::uint16_t> Server::listen_tcp(const std::string& address, std::uint16_t port) {
  sockaddr_storage bound{};
  const bool ip6 = address.find(':') != std::string::npos;
  const int parsed =
      ip6 ? uv_ip6_addr(address.c_str(), port, reinterpret_cast<sockaddr_in6*>(&bound))
          : uv_ip4_addr(address.c_str(), port, reinterpret_cast<sockaddr_in*>(&bound));
  if (parsed != 0) return fail(Code::kInvalidArgument, "not an IP address: " + address);
  auto listener = std::make_unique<Listener>(*this);
  auto* tcp = &listener->handle.tcp;
  uv_tcp_init(shared_->loop, tcp);
  const std::string name = (ip6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
  // A taken port shows only when listening starts.
  (void)uv_tcp_bind(tcp, reinterpret_cast<sockaddr*>(&bound), 0);
  if (auto started = start_listening(std::move(listener), name); !started) {
    auto error = std::move(started).error();
    if (error.code == Code::kInUse) error.detail += port_holder(port);
    return tl::make_unexpected(std::move(error));
  }
  int size = sizeof bound;
  uv_tcp_getsockname(tcp, reinterpret_cast<sockaddr*>(&bound), &size);
  return ntohs(ip6 ? reinterpret_cast<sockaddr_in6&>(bound).sin6_port
                   : reinterpret_cast<sockaddr_in&>(bound).sin_port);
}

Status Server::listen_unix(const std::string& path) {
  TRY_VOID(clear_socket(path));
  auto listener = std::make_unique<Listener>(*this);
  listener->transport = Connection::Transport::kUnix;
  auto* pipe = &listener->handle.pipe;
  uv_pipe_init(shared_->loop, pipe, 0);
  const int bound = uv_pipe_bind(pipe, path.c_str());
  // Nobody can connect before listening starts, so the mode is in place in time.
  if (bound != 0 || ::chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0) {
    uv_close(reinterpret_cast<uv_handle_t*>(listener.release()->stream()),
             [](uv_handle_t* handle) { delete static_cast<Listener*>(handle->data); });
    return fail(Code::kInvalidArgument, path + ": " + uv_text(bound));
  }
  return start_listening(std::move(listener), path);
}

Status Server::start_listening(std::unique_ptr<Listener> listener, const std::string& name) {
  auto* stream = listener->stream();
  stream->data = listener.get();
  const int result = uv_listen(stream, kBacklog, [](uv_stream_t* handle, int status) {
    auto& from = *static_cast<Listener*>(handle->data);
    if (status == 0) from.server.on_connection(from);
  });
  if (result == 0) {
    ++handles_open_;
    listeners_.push_back(std::move(listener));
    return {};
  }
  (void)listener.release();
  uv_close(reinterpret_cast<uv_handle_t*>(stream),
           [](uv_handle_t* handle) { delete static_cast<Listener*>(handle->data); });
  if (result == UV_EADDRINUSE) return fail(Code::kInUse, name + " is already taken");
  return fail(Code::kInvalidArgument, "cannot listen on " + name + ": " + uv_text(result));
}

void Server::on_connection(Listener& listener) {
  if (closing_) return;
  if (connections_.size() >= shared_->options.connections_max) {
    // libuv stops asking until this client is accepted; the others wait in the kernel's backlog.
    listener.waiting = true;
    shed_one();
    return;
  }
  listener.waiting = false;
  auto connection = std::make_unique<Connection>(*shared_, listener.transport);
  auto* raw = connection.get();
  connections_.emplace(raw, std::move(connection));
  if (!uv_is_active(reinterpret_cast<uv_handle_t*>(&timer_))) {
    const auto& options = shared_->options;
    const auto shortest =
        std::min({options.head_deadline, options.body_deadline, options.idle_deadline,
                  options.write_deadline, options.linger_deadline});
    const auto period =
        static_cast<std::uint64_t>(std::clamp<std::int64_t>(shortest.count() / 4, 10, 500));
    uv_timer_start(
        &timer_, [](uv_timer_t* timer) { static_cast<Server*>(timer->data)->sweep(); }, period,
        period);
  }
  raw->accept(listener.stream());
}

void Server::shed_one() {
  for (const auto& [connection, owned] : connections_) {
    if (!connection->idle()) continue;
    connection->abort();
    return;
  }
}

void Server::forget(Connection& connection) {
  connections_.erase(&connection);
  if (connections_.empty()) uv_timer_stop(&timer_);
  for (const auto& listener : listeners_) {
    if (!closing_ && listener->waiting) {
      on_connection(*listener);
      return;
    }
  }
  finish_closing();
}

void Server::sweep() {
  const std::uint64_t now = uv_now(shared_->loop);
  // A sweep closes connections, but forgets them only later, in their close callbacks.
  for (const auto& [connection, owned] : connections_) connection->sweep(now);
}

void Server::close(CloseMode mode, std::function<void()> done) {
  if (!closing_) {
    closing_ = true;
    shared_->closing = true;
    done_ = std::move(done);
    const auto closed = [](uv_handle_t* handle) {
      auto& server = static_cast<Listener*>(handle->data)->server;
      --server.handles_open_;
      server.finish_closing();
    };
    for (const auto& listener : listeners_) {
      uv_close(reinterpret_cast<uv_handle_t*>(listener->stream()), closed);
    }
  }
  for (const auto& [connection, owned] : connections_) {
    if (mode == CloseMode::kNow) {
      connection->abort();
    } else {
      connection->finish_soon();
    }
  }
  finish_closing();
}

void Server::finish_closing() {
  if (!closing_ || !connections_.empty() || handles_open_ == 0) return;
  auto* timer = reinterpret_cast<uv_handle_t*>(&timer_);
  if (handles_open_ > 1 || uv_is_closing(timer)) return;
  uv_close(timer, [](uv_handle_t* handle) {
    auto& server = *static_cast<Server*>(handle->data);
    --server.handles_open_;
    const auto done = std::move(server.done_);
    // `done` may destroy the server.
    if (done) done();
  });
}

}  // namespace actuary::adapters::http
