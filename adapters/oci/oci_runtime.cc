#include "adapters/oci/oci_runtime.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>

#include "adapters/oci/isolation.h"
#include "adapters/oci/mounts.h"

namespace actuary::adapters::oci {

/// What wakes us: a file in the exits folder, and the sweep, since a wake-up is never the truth.
struct OciRuntime::Watch {
  OciRuntime* runtime = nullptr;
  Descriptor notifications;
  uv_poll_t poll{};
  uv_timer_t timer{};
  uv_timer_t samples{};
  int open_handles = 3;

  static void closed(uv_handle_t* handle) {
    auto* watch = static_cast<Watch*>(handle->data);
    if (--watch->open_handles == 0) delete watch;
  }

  void take() {
    alignas(inotify_event) std::array<char, 8192> buffer{};
    while (true) {
      const ssize_t size = read(notifications.get(), buffer.data(), buffer.size());
      if (size <= 0) return;
      for (ssize_t at = 0; at < size;) {
        const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
        at += static_cast<ssize_t>(sizeof *event + event->len);
        if (event->len == 0) continue;
        if (const auto key = parse_container_name(event->name)) runtime->check(*key);
      }
    }
  }
};

OciRuntime::OciRuntime(reactor::UvLoop& loop, const Options& options)
    : options_(options), loop_(loop), containers_(std::make_shared<Containers>(options)) {}

Result<std::unique_ptr<OciRuntime>> OciRuntime::open(reactor::UvLoop& loop,
                                                     const Options& options) {
  std::unique_ptr<OciRuntime> runtime(new OciRuntime(loop, options));
  TRY_VOID(runtime->containers_->open());
  runtime->workers_ = std::make_unique<reactor::Workers>(loop, kThreads);
  for (const ContainerKey& key : runtime->containers_->keys()) {
    runtime->live_.insert(key);
    if (auto server = runtime->containers_->web_server(key)) runtime->web_servers_[key] = *server;
  }
  TRY_VOID(runtime->watch());
  auto containers = runtime->containers_;
  TRY_VOID(runtime->workers_->submit([containers] { containers->network().refill(); }, nullptr));
  return runtime;
}

OciRuntime::~OciRuntime() { close(); }

std::string OciRuntime::gateway() const { return containers_->network().gateway(); }

std::string OciRuntime::isolation() const {
  return describe_isolation(containers_->shim().runtime(), options_.data);
}

Status OciRuntime::watch() {
  auto watch = std::make_unique<Watch>();
  watch->runtime = this;
  watch->notifications.reset(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  const std::string folder = containers_->shim().exits();
  if (watch->notifications.get() < 0 ||
      inotify_add_watch(watch->notifications.get(), folder.c_str(), IN_CLOSE_WRITE | IN_MOVED_TO) <
          0) {
    return fail_errno("inotify on " + folder);
  }
  if (uv_poll_init(loop_.raw(), &watch->poll, watch->notifications.get()) != 0) {
    return fail(Code::kUnavailable, "the loop takes no more handles");
  }
  uv_timer_init(loop_.raw(), &watch->timer);
  uv_timer_init(loop_.raw(), &watch->samples);
  watch->poll.data = watch.get();
  watch->timer.data = watch.get();
  watch->samples.data = watch.get();
  uv_poll_start(&watch->poll, UV_READABLE,
                [](uv_poll_t* handle, int, int) { static_cast<Watch*>(handle->data)->take(); });
  const auto on_time = [](uv_timer_t* handle) {
    static_cast<Watch*>(handle->data)->runtime->sweep();
  };
  uv_timer_start(&watch->timer, on_time, 0, kSweepMillis);
  const auto on_sample = [](uv_timer_t* handle) {
    static_cast<Watch*>(handle->data)->runtime->read_usage();
  };
  uv_timer_start(&watch->samples, on_sample, kSampleMillis, kSampleMillis);
  watch_ = watch.release();
  return {};
}

void OciRuntime::close() {
  if (!*open_) return;
  *open_ = false;
  if (watch_ != nullptr) {
    uv_close(reinterpret_cast<uv_handle_t*>(&watch_->poll), &Watch::closed);
    uv_close(reinterpret_cast<uv_handle_t*>(&watch_->timer), &Watch::closed);
    uv_close(reinterpret_cast<uv_handle_t*>(&watch_->samples), &Watch::closed);
    watch_ = nullptr;
  }
  if (workers_) workers_->shutdown();
  // Nothing to come back to: the folder can be removed, and the host is as it was before us.
  if (containers_->keys().empty()) tear_down();
}

void OciRuntime::tear_down() {
  containers_->network().tear_down();
  unmount(options_.data / "runtime");
}

void OciRuntime::on_exit(OnExit listener) {
  listener_ = std::move(listener);
  sweep();
}

void OciRuntime::serialize(const ContainerKey& key, Job job) {
  std::deque<Job>& waiting = jobs_[key];
  waiting.push_back(std::move(job));
  if (waiting.size() == 1) run_next(key);
}

void OciRuntime::run_next(const ContainerKey& key) {
  const auto finish = [this, key, open = open_] {
    if (!*open) return;
    const auto found = jobs_.find(key);
    const std::function<void()> done = std::move(found->second.front().done);
    found->second.pop_front();
    if (found->second.empty()) {
      jobs_.erase(found);
    } else {
      run_next(key);
    }
    done();
  };
  std::function<void()> work = std::move(jobs_[key].front().work);
  // A full queue means that the work waits its turn on the loop, not that it is lost.
  if (auto taken = workers_->submit(work, finish); taken || !*open_) return;
  jobs_[key].front().work = std::move(work);
  loop_.post([this, key, open = open_] {
    if (*open) run_next(key);
  });
}

void OciRuntime::start(ContainerSpec spec, Done<void> done) {
  auto answer = std::make_shared<Status>();
  const ContainerKey key = spec.key;
  auto wanted = std::make_shared<ContainerSpec>(std::move(spec));
  const auto given_up = std::make_shared<std::atomic<bool>>(false);
  starting_[key] = given_up;
  const auto server = std::make_shared<std::optional<engine::ports::WebServer>>();
  auto work = [containers = containers_, wanted, answer, server, given_up] {
    // Stopped while it waited for a worker: nothing of it may start now.
    const bool made =
        containers->look(wanted->key).state != engine::ports::ContainerState::kMissing;
    *answer = given_up->load() && !made
                  ? Status(fail(Code::kUnavailable, "stopped before its container was made"))
                  : containers->start(*wanted);
    *server = containers->web_server(wanted->key);
  };
  serialize(key, {std::move(work), [this, key, answer, server, done = std::move(done)] {
                    starting_.erase(key);
                    if (*answer) live_.insert(key);
                    if (*answer && *server) web_servers_[key] = **server;
                    done(*answer);
                    check(key);
                    auto containers = containers_;
                    (void)workers_->submit([containers] { containers->network().refill(); },
                                           nullptr);
                  }});
}

void OciRuntime::give_up_start(const ContainerKey& key) {
  if (const auto found = starting_.find(key); found != starting_.end()) found->second->store(true);
}

void OciRuntime::announce(const ContainerKey& key, engine::ports::Announcement announcement,
                          Done<void> done) {
  auto answer = std::make_shared<Status>();
  auto work = [containers = containers_, key, announcement, answer] {
    *answer = containers->announce(key, announcement);
  };
  serialize(key, {std::move(work), [answer, done = std::move(done)] { done(*answer); }});
}

void OciRuntime::kill(const ContainerKey& key, Done<void> done) {
  give_up_start(key);
  auto answer = std::make_shared<Status>();
  auto work = [containers = containers_, key, answer] { *answer = containers->kill(key); };
  serialize(key, {std::move(work), [answer, done = std::move(done)] { done(*answer); }});
}

void OciRuntime::remove(const ContainerKey& key, Done<void> done) {
  give_up_start(key);
  auto answer = std::make_shared<Status>();
  auto work = [containers = containers_, key, answer] { *answer = containers->remove(key); };
  serialize(key, {std::move(work), [this, key, answer, done = std::move(done)] {
                    if (*answer) live_.erase(key);
                    if (*answer) usage_.erase(key);
                    if (*answer) web_servers_.erase(key);
                    done(*answer);
                  }});
}

void OciRuntime::inspect(const ContainerKey& key, Done<ContainerView> done) {
  auto answer = std::make_shared<ContainerView>();
  auto work = [containers = containers_, key, answer] { *answer = containers->look(key); };
  serialize(key, {std::move(work), [answer, done = std::move(done)] { done(std::move(*answer)); }});
}

void OciRuntime::list(Done<std::vector<ContainerView>> done) {
  auto answer = std::make_shared<std::vector<ContainerView>>();
  auto work = [containers = containers_, answer] {
    for (const ContainerKey& key : containers->keys()) answer->push_back(containers->look(key));
  };
  // Nobody's key: it waits for no container.
  serialize(ContainerKey{},
            {std::move(work), [answer, done = std::move(done)] { done(std::move(*answer)); }});
}

void OciRuntime::check(const ContainerKey& key) {
  if (!listener_ || live_.count(key) == 0 || !checking_.insert(key).second) return;
  inspect(key, [this, key](Result<ContainerView> view) {
    checking_.erase(key);
    if (!view->exit || live_.erase(key) == 0) return;
    listener_(key, *view->exit);
  });
}

void OciRuntime::sweep() {
  const std::set<ContainerKey> keys = live_;
  for (const ContainerKey& key : keys) check(key);
}

std::optional<engine::ports::ContainerUsage> OciRuntime::usage(const ContainerKey& key) const {
  const auto found = usage_.find(key);
  return found == usage_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<engine::ports::WebServer> OciRuntime::web_server(const ContainerKey& key) const {
  const auto found = web_servers_.find(key);
  return found == web_servers_.end() ? std::nullopt : std::optional(found->second);
}

/// Files of init's, read aside; a round that a busy worker delays is left out.
void OciRuntime::read_usage() {
  if (reading_usage_ || live_.empty()) return;
  const auto read = std::make_shared<std::map<ContainerKey, engine::ports::ContainerUsage>>();
  auto work = [containers = containers_, keys = live_, read] {
    for (const ContainerKey& key : keys) {
      if (const auto usage = containers->usage(key)) read->emplace(key, *usage);
    }
  };
  const auto done = [this, read, open = open_] {
    if (!*open) return;
    reading_usage_ = false;
    for (const auto& [key, usage] : *read) {
      if (live_.count(key) > 0) usage_[key] = usage;
    }
  };
  if (workers_->submit(std::move(work), done)) reading_usage_ = true;
}

}  // namespace actuary::adapters::oci
