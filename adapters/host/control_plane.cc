#include "adapters/host/control_plane.h"

#include <atomic>
#include <csignal>
#include <future>
#include <memory>
#include <thread>
#include <utility>

#include "adapters/host/assembly.h"

namespace actuary::adapters::host {

/// The thread that turns our own loop.
class ControlPlane::Thread {
 public:
  Thread() = default;
  ~Thread() {
    if (thread_.joinable()) thread_.join();
  }
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  void start(std::function<void()> body) { thread_ = std::thread(std::move(body)); }
  void join() {
    if (thread_.joinable()) thread_.join();
  }

 private:
  std::thread thread_;
};

namespace {

/// The first answer counts: a start that went wrong twice is still one failure.
class Answer {
 public:
  void give(Status status) {
    if (!given_.exchange(true)) promise_.set_value(std::move(status));
  }
  [[nodiscard]] Status wait() { return promise_.get_future().get(); }

 private:
  std::atomic<bool> given_{false};
  std::promise<Status> promise_;
};

/// A client that leaves while it is being written to must not end the process. Programs that we
/// start get the default back.
void survive_lost_clients() {
  struct sigaction present {};
  ::sigaction(SIGPIPE, nullptr, &present);
  if (present.sa_handler == SIG_DFL) ::signal(SIGPIPE, SIG_IGN);
}

}  // namespace

ControlPlane::ControlPlane() = default;

ControlPlane::~ControlPlane() { close(); }

Result<std::unique_ptr<ControlPlane>> ControlPlane::open(Options options, uv_loop_t* loop,
                                                         std::function<void()> ready) {
  survive_lost_clients();
  TRY(reactor, reactor::UvLoop::on(loop));
  std::unique_ptr<ControlPlane> plane(new ControlPlane);
  plane->assembly_ = std::make_shared<Assembly>(std::move(options), std::move(reactor));
  const auto on_fatal = plane->assembly_->options().on_fatal;
  Status opened = plane->assembly_->open([ready = std::move(ready), on_fatal](Status started) {
    if (started && ready) ready();
    if (!started && on_fatal) on_fatal(started.error());
  });
  if (!opened) {
    plane->close();
    return tl::make_unexpected(opened.error());
  }
  return plane;
}

Result<std::unique_ptr<ControlPlane>> ControlPlane::open(Options options) {
  survive_lost_clients();
  TRY(reactor, reactor::UvLoop::own());
  std::unique_ptr<ControlPlane> plane(new ControlPlane);
  plane->assembly_ = std::make_shared<Assembly>(std::move(options), std::move(reactor));
  plane->thread_ = std::make_unique<Thread>();
  const auto answer = std::make_shared<Answer>();
  plane->thread_->start([assembly = plane->assembly_, answer] {
    const Status opened =
        assembly->open([answer](Status status) { answer->give(std::move(status)); });
    if (!opened) answer->give(opened);
    assembly->loop().run();
  });
  if (Status status = answer->wait(); !status) {
    plane->close();
    return tl::make_unexpected(status.error());
  }
  return plane;
}

void ControlPlane::submit(engine::executor::Submission submission) {
  assembly_->executor().submit(std::move(submission));
}

void ControlPlane::post(std::function<void()> task) { assembly_->loop().post(std::move(task)); }

/// The flow waits a lot, so it has a thread of its own; when the loop is gone, so is whoever wanted
/// its end.
void ControlPlane::run_folder(client::RunFolder wanted, std::function<void(RunEnd)> done) {
  std::thread([loop = assembly_->shared_loop(), client = client::Client(socket_path()),
               wanted = std::move(wanted), done = std::move(done)] {
    loop->post([done, end = client::run_folder(client, wanted, {})] { done(end); });
  }).detach();
}

const projections::runner::Views& ControlPlane::views() const { return assembly_->views(); }
journal::Feed& ControlPlane::feed() { return assembly_->feed(); }
const projections::history::History& ControlPlane::history() const { return assembly_->history(); }
UserId ControlPlane::local_user() const { return assembly_->local_user(); }
const std::string& ControlPlane::api_url() const { return assembly_->api_url(); }
const std::string& ControlPlane::socket_path() const { return assembly_->socket_path(); }
const std::string& ControlPlane::read_only() const { return assembly_->read_only(); }

void ControlPlane::close() {
  auto assembly = std::exchange(assembly_, nullptr);
  if (!assembly) return;
  if (!thread_) return Assembly::close(std::move(assembly), nullptr);
  reactor::UvLoop& loop = assembly->loop();
  loop.post([assembly, &loop] { Assembly::close(assembly, [&loop] { loop.stop(); }); });
  thread_->join();
  // The thread is gone, so its parts may be taken down from here.
  assembly.reset();
}

}  // namespace actuary::adapters::host
