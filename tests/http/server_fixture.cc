#include "tests/http/server_fixture.h"

#include <arpa/inet.h>
#include <brotli/encode.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <zlib.h>

#include <cstring>

namespace actuary::adapters::http {

Client Client::tcp(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  return Client(fd);
}

Client Client::unix_socket(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  return Client(fd);
}

void Client::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

bool Client::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::string Client::receive_some(std::chrono::milliseconds limit) {
  pollfd waiting{fd_, POLLIN, 0};
  if (::poll(&waiting, 1, static_cast<int>(limit.count())) <= 0) return {};
  std::string bytes(65536, '\0');
  const auto size = ::recv(fd_, bytes.data(), bytes.size(), 0);
  bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return bytes;
}

bool Client::read_more() {
  const auto bytes = receive_some();
  input_.append(bytes);
  return !bytes.empty();
}

std::string Client::receive_all() {
  while (read_more()) {
  }
  return std::exchange(input_, {});
}

Answer Client::receive(bool head_only) {
  std::size_t end = 0;
  while ((end = input_.find("\r\n\r\n")) == std::string::npos) {
    if (!read_more()) return {};
  }
  Answer answer;
  answer.head = input_.substr(0, end + 2);
  input_.erase(0, end + 4);
  answer.status = std::stoi(answer.head.substr(9, 3));
  const auto length_at = answer.head.find("Content-Length: ");
  if (head_only || answer.status == 100) return answer;
  if (length_at != std::string::npos) {
    const auto length = std::stoul(answer.head.substr(length_at + 16));
    while (input_.size() < length) {
      if (!read_more()) return answer;
    }
    answer.body = input_.substr(0, length);
    input_.erase(0, length);
  } else if (answer.head.find("Transfer-Encoding: chunked") != std::string::npos) {
    while (true) {
      std::size_t line = 0;
      while ((line = input_.find("\r\n")) == std::string::npos) {
        if (!read_more()) return answer;
      }
      const auto size = std::stoul(input_, nullptr, 16);
      while (input_.size() < line + 2 + size + 2) {
        if (!read_more()) return answer;
      }
      answer.body.append(input_, line + 2, size);
      input_.erase(0, line + 2 + size + 2);
      if (size == 0) break;
    }
  }
  return answer;
}

RunningServer::RunningServer(std::vector<Route> routes, Options options, Router::Guard guard,
                             Router::Elsewhere elsewhere)
    : router_(std::move(routes), std::move(guard), std::move(elsewhere)) {
  uv_loop_init(&loop_);
  wake_.data = this;
  uv_async_init(&loop_, &wake_,
                [](uv_async_t* wake) { static_cast<RunningServer*>(wake->data)->run_tasks(); });
  server_ = Server::open(&loop_, options, router_).value();
  port_ = server_->listen_tcp("127.0.0.1", 0).value();
  thread_ = std::thread([this] { uv_run(&loop_, UV_RUN_DEFAULT); });
}

RunningServer::~RunningServer() {
  on_loop([this](Server& server, uv_loop_t*) {
    server.close(Server::CloseMode::kNow, [this] {
      server_.reset();
      uv_close(reinterpret_cast<uv_handle_t*>(&wake_), nullptr);
    });
  });
  thread_.join();
  // No handle is left behind.
  EXPECT_EQ(uv_loop_close(&loop_), 0);
}

void RunningServer::run_tasks() {
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(tasks_);
  }
  for (const auto& task : tasks) task();
}

void RunningServer::on_loop(const std::function<void(Server&, uv_loop_t*)>& work) {
  std::promise<void> done;
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back([&] {
      work(*server_, &loop_);
      done.set_value();
    });
  }
  uv_async_send(&wake_);
  done.get_future().wait();
}

std::size_t RunningServer::connections() {
  std::size_t count = 0;
  on_loop([&](Server& server, uv_loop_t*) { count = server.connections(); });
  return count;
}

bool eventually(const std::function<bool()>& condition) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (!condition()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
  return true;
}

std::string gzip(std::string_view text) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

std::string gunzip(std::string_view packed) {
  z_stream stream{};
  inflateInit2(&stream, 15 + 16);
  std::string text(1 << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  text.resize(stream.total_out);
  inflateEnd(&stream);
  return text;
}

std::string brotli(std::string_view text) {
  std::size_t size = BrotliEncoderMaxCompressedSize(text.size());
  std::string packed(size, '\0');
  EXPECT_EQ(BrotliEncoderCompress(5, 22, BROTLI_MODE_TEXT, text.size(),
                                  reinterpret_cast<const std::uint8_t*>(text.data()), &size,
                                  reinterpret_cast<std::uint8_t*>(packed.data())),
            BROTLI_TRUE);
  packed.resize(size);
  return packed;
}

std::string post(std::string_view path, std::string_view body, std::string_view fields) {
  return "POST " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n" + std::string(fields) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

std::string get(std::string_view path, std::string_view fields) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n" + std::string(fields) + "\r\n";
}

}  // namespace actuary::adapters::http
