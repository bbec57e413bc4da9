#include "adapters/containers/runtime.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "adapters/containers/control.h"

// glibc 2.36 declares these without C linkage.
extern "C" {
#include <sys/pidfd.h>
}

namespace actuary::adapters::containers {

/// What wakes us: a file in the exits folder, and the sweep, since a wake-up is never the truth.
struct Runtime::Watch {
  Runtime* runtime = nullptr;
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

/// The end of one process, whoever else is dead.
struct Runtime::ProcessEnd {
  Runtime* runtime = nullptr;
  ContainerKey key;
  Descriptor process;
  uv_poll_t poll{};

  void close() {
    runtime = nullptr;
    uv_close(reinterpret_cast<uv_handle_t*>(&poll),
             [](uv_handle_t* handle) { delete static_cast<ProcessEnd*>(handle->data); });
  }
};

Runtime::Runtime(reactor::UvLoop& loop, std::shared_ptr<Backend> backend, unsigned threads)
    : loop_(loop),
      backend_(std::move(backend)),
      workers_(std::make_unique<reactor::Workers>(loop, threads)),
      killers_(std::make_unique<reactor::Workers>(loop, std::max(1U, threads / 2))) {}

Runtime::~Runtime() { close(); }

std::string Runtime::gateway() const { return backend_->gateway(); }

std::string Runtime::isolation() const { return backend_->isolation(); }

Status Runtime::watch() {
  TRY(keys, backend_->keys());
  auto watch = std::make_unique<Watch>();
  watch->runtime = this;
  const std::string folder = backend_->exits();
  watch->notifications.reset(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (watch->notifications.get() < 0 ||
      (!folder.empty() && inotify_add_watch(watch->notifications.get(), folder.c_str(),
                                            IN_CLOSE_WRITE | IN_MOVED_TO) < 0)) {
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
  for (const ContainerKey& key : keys) {
    live_.insert(key);
    if (auto server = backend_->web_server(key)) web_servers_[key] = *server;
    if (const auto process = backend_->bundle(key).process()) await_end(key, *process);
  }
  return workers_->submit([backend = backend_] { backend->replenish(); }, nullptr);
}

void Runtime::close() {
  if (!*open_) return;
  *open_ = false;
  if (watch_ != nullptr) {
    uv_close(reinterpret_cast<uv_handle_t*>(&watch_->poll), &Watch::closed);
    uv_close(reinterpret_cast<uv_handle_t*>(&watch_->timer), &Watch::closed);
    uv_close(reinterpret_cast<uv_handle_t*>(&watch_->samples), &Watch::closed);
    watch_ = nullptr;
  }
  for (const auto& [key, end] : ends_) end->close();
  ends_.clear();
  workers_->shutdown();
  killers_->shutdown();
  // Nothing to come back to: the folder can be removed, and the host is as it was before us.
  if (const auto keys = backend_->keys(); keys && keys->empty()) backend_->tear_down();
}

void Runtime::on_exit(OnExit listener) {
  listener_ = std::move(listener);
  sweep();
}

void Runtime::serialize(const ContainerKey& key, Job job) {
  std::deque<Job>& waiting = jobs_[key];
  waiting.push_back(std::move(job));
  if (waiting.size() == 1) run_next(key);
}

void Runtime::run_next(const ContainerKey& key) {
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
  reactor::Workers& workers = *jobs_[key].front().workers;
  if (auto taken = workers.submit(work, finish); taken || !*open_) return;
  jobs_[key].front().work = std::move(work);
  loop_.post([this, key, open = open_] {
    if (*open) run_next(key);
  });
}

/// One start, however often it is tried.
struct Runtime::Start {
  ContainerSpec spec;
  Done<void> done;
  std::shared_ptr<std::atomic<bool>> given_up;
  unsigned tries = 0;
  unsigned sweeps_left = 0;  ///< until it is tried again
};

void Runtime::start(ContainerSpec spec, Done<void> done) {
  auto& given_up = starting_[spec.key];
  given_up = std::make_shared<std::atomic<bool>>(false);
  try_start(std::make_shared<Start>(Start{std::move(spec), std::move(done), given_up}));
}

void Runtime::try_start(const std::shared_ptr<Start>& start) {
  struct Outcome {
    Status status;
    std::optional<engine::ports::WebServer> server;
    std::optional<ProcessMark> process;
  };
  const ContainerKey key = start->spec.key;
  const auto outcome = std::make_shared<Outcome>();
  auto work = [backend = backend_, start, outcome] {
    const ContainerKey& key = start->spec.key;
    // Stopped while it waited: nothing of it may start now.
    const auto view = backend->look(key);
    const bool begun = !view || view->state == engine::ports::ContainerState::kRunning ||
                       view->state == engine::ports::ContainerState::kExited;
    outcome->status =
        start->given_up->load() && !begun
            ? Status(fail(Code::kUnavailable, "stopped before its container was started"))
            : backend->start(start->spec);
    outcome->server = backend->web_server(key);
    outcome->process = backend->bundle(key).process();
  };
  serialize(key, {std::move(work),
                  [this, key, start, outcome] {
                    const Status& status = outcome->status;
                    const auto failed_with = [&status](Code code) {
                      return !status && status.error().code == code;
                    };
                    const bool perhaps = failed_with(Code::kUnknown);
                    if (status || perhaps) live_.insert(key);
                    if (perhaps || failed_with(Code::kNoRuntime))
                      return put_off(start, status.error());
                    if (const auto found = starting_.find(key);
                        found != starting_.end() && found->second == start->given_up) {
                      starting_.erase(found);
                    }
                    if (status && outcome->server) web_servers_[key] = *outcome->server;
                    if (status && outcome->process) await_end(key, *outcome->process);
                    start->done(status);
                    check(key);
                    (void)workers_->submit([backend = backend_] { backend->replenish(); }, nullptr);
                  },
                  workers_.get()});
}

/// The backend sees to it that a start which is tried again starts nothing twice.
void Runtime::put_off(const std::shared_ptr<Start>& start, const Error& why) {
  ++start->tries;
  start->sweeps_left = start->given_up->load() ? 0 : std::min(start->tries, kSweepsBetweenTriesMax);
  put_off_.push_back(start);
  if (!start->given_up->load()) start->done(fail(Code::kNoRuntime, why.detail));
}

void Runtime::try_again() {
  for (const auto& start : std::exchange(put_off_, {})) {
    if (start->given_up->load() || start->sweeps_left <= 1) {
      try_start(start);
    } else {
      --start->sweeps_left;
      put_off_.push_back(start);
    }
  }
}

/// One that waits to be tried again is tried now, and finds that nobody wants it.
void Runtime::give_up_start(const ContainerKey& key) {
  if (const auto found = starting_.find(key); found != starting_.end()) found->second->store(true);
  for (const auto& start : std::exchange(put_off_, {})) {
    if (start->spec.key == key) {
      try_start(start);
    } else {
      put_off_.push_back(start);
    }
  }
}

void Runtime::announce(const ContainerKey& key, engine::ports::Announcement announcement,
                       Done<void> done) {
  auto answer = std::make_shared<Status>();
  auto work = [backend = backend_, key, announcement, answer] {
    *answer = containers::announce(backend->bundle(key), announcement);
  };
  serialize(key,
            {std::move(work), [answer, done = std::move(done)] { done(*answer); }, workers_.get()});
}

void Runtime::kill(const ContainerKey& key, Done<void> done) {
  give_up_start(key);
  auto answer = std::make_shared<Status>();
  auto work = [backend = backend_, key, answer] { *answer = backend->kill(key); };
  serialize(key,
            {std::move(work), [answer, done = std::move(done)] { done(*answer); }, killers_.get()});
}

void Runtime::remove(const ContainerKey& key, Done<void> done) {
  give_up_start(key);
  auto answer = std::make_shared<Status>();
  auto work = [backend = backend_, key, answer] { *answer = backend->remove(key); };
  serialize(key, {std::move(work),
                  [this, key, answer, done = std::move(done)] {
                    if (*answer) live_.erase(key);
                    if (*answer) forget_end(key);
                    if (*answer) usage_.erase(key);
                    if (*answer) web_servers_.erase(key);
                    done(*answer);
                  },
                  workers_.get()});
}

void Runtime::inspect(const ContainerKey& key, Done<ContainerView> done) {
  auto answer = std::make_shared<Result<ContainerView>>();
  auto work = [backend = backend_, key, answer] { *answer = backend->look(key); };
  serialize(key, {std::move(work), [answer, done = std::move(done)] { done(std::move(*answer)); },
                  workers_.get()});
}

void Runtime::list(Done<std::vector<ContainerView>> done) {
  auto answer = std::make_shared<Result<std::vector<ContainerView>>>();
  auto work = [backend = backend_, answer] {
    const auto keys = backend->keys();
    if (!keys) {
      *answer = tl::make_unexpected(keys.error());
      return;
    }
    for (const ContainerKey& key : *keys) {
      // One that nobody can tell about now is there all the same.
      (*answer)->push_back(backend->look(key).value_or(
          ContainerView{key, engine::ports::ContainerState::kRunning, std::nullopt}));
    }
  };
  // Nobody's key: it waits for no container.
  serialize(ContainerKey{},
            {std::move(work), [answer, done = std::move(done)] { done(std::move(*answer)); },
             workers_.get()});
}

void Runtime::check(const ContainerKey& key) {
  if (!listener_ || live_.count(key) == 0 || !checking_.insert(key).second) return;
  inspect(key, [this, key](Result<ContainerView> view) {
    checking_.erase(key);
    check_next();
    if (!view || !view->exit || live_.erase(key) == 0) return;
    forget_end(key);
    listener_(key, *view->exit);
  });
}

/// Of use only where no file tells of an end: the process's descriptor does.
void Runtime::await_end(const ContainerKey& key, const ProcessMark& process) {
  if (!backend_->exits().empty() || ends_.count(key) > 0) return;
  auto end = std::make_unique<ProcessEnd>();
  end->runtime = this;
  end->key = key;
  end->process.reset(pidfd_open(process.pid, PIDFD_NONBLOCK));
  // The descriptor pins the process; only then is it certain that the mark still speaks of it.
  if (end->process.get() < 0 || !is_alive(process)) return check(key);
  if (uv_poll_init(loop_.raw(), &end->poll, end->process.get()) != 0) return;  // the sweep sees it
  end->poll.data = end.get();
  uv_poll_start(&end->poll, UV_READABLE, [](uv_poll_t* handle, int, int) {
    auto* ended = static_cast<ProcessEnd*>(handle->data);
    Runtime* runtime = ended->runtime;
    const ContainerKey key = ended->key;
    runtime->forget_end(key);
    runtime->check(key);
  });
  ends_[key] = end.release();
}

void Runtime::forget_end(const ContainerKey& key) {
  const auto found = ends_.find(key);
  if (found == ends_.end()) return;
  found->second->close();
  ends_.erase(found);
}

void Runtime::sweep() {
  try_again();
  if (to_check_.empty()) to_check_.assign(live_.begin(), live_.end());
  check_next();
}

void Runtime::check_next() {
  while (!to_check_.empty() && checking_.size() < kChecksAtOnce) {
    const ContainerKey key = to_check_.back();
    to_check_.pop_back();
    // A busy one would hold up the others; the next sweep sees it.
    if (jobs_.count(key) == 0) check(key);
  }
}

std::optional<engine::ports::ContainerUsage> Runtime::usage(const ContainerKey& key) const {
  const auto found = usage_.find(key);
  return found == usage_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<engine::ports::WebServer> Runtime::web_server(const ContainerKey& key) const {
  const auto found = web_servers_.find(key);
  return found == web_servers_.end() ? std::nullopt : std::optional(found->second);
}

/// Files of init's, read aside; a round that a busy worker delays is left out.
void Runtime::read_usage() {
  if (reading_usage_ || live_.empty()) return;
  const auto read = std::make_shared<std::map<ContainerKey, engine::ports::ContainerUsage>>();
  auto work = [backend = backend_, keys = live_, read] {
    for (const ContainerKey& key : keys) {
      if (const auto usage = backend->bundle(key).usage()) read->emplace(key, *usage);
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

}  // namespace actuary::adapters::containers
