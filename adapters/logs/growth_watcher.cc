#include "adapters/logs/growth_watcher.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>

namespace actuary::adapters::logs {

struct GrowthWatcher::Subscriber {
  std::function<void()> grown;
  std::atomic<bool> posted = false;  ///< a call is on its way
  bool subscribed = true;            ///< the loop's thread's
};

GrowthWatcher::GrowthWatcher(std::filesystem::path folder, engine::ports::Loop& loop)
    : folder_(std::move(folder)), loop_(loop) {}

GrowthWatcher::~GrowthWatcher() {
  if (thread_.joinable()) {
    (void)::eventfd_write(stop_, 1);
    thread_.join();
  }
  for (auto& [name, file] : files_) {
    for (auto& [id, subscriber] : file.subscribers) subscriber->subscribed = false;
  }
  if (inotify_ >= 0) ::close(inotify_);
  if (stop_ >= 0) ::close(stop_);
}

Status GrowthWatcher::start() {
  inotify_ = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  stop_ = ::eventfd(0, EFD_CLOEXEC);
  if (inotify_ < 0 || stop_ < 0 ||
      ::inotify_add_watch(inotify_, folder_.c_str(), IN_CREATE | IN_MOVED_TO) < 0) {
    return fail(Code::kUnavailable, std::string("watching the logs: ") + std::strerror(errno));
  }
  thread_ = std::thread([this] { run(); });
  return {};
}

std::uint64_t GrowthWatcher::add(const std::string& file, std::function<void()> grown) {
  auto subscriber = std::make_shared<Subscriber>();
  subscriber->grown = std::move(grown);
  const std::lock_guard lock(mutex_);
  File& watched = files_[file];
  if (watched.watch < 0) watch(file, watched);
  const std::uint64_t id = ++last_id_;
  watched.subscribers.emplace(id, subscriber);
  names_.emplace(id, file);
  wake(subscriber);  // for what grew between the subscriber's last read and the watch
  return id;
}

void GrowthWatcher::remove(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  const auto name = names_.find(id);
  if (name == names_.end()) return;
  const auto file = files_.find(name->second);
  const auto subscriber = file->second.subscribers.find(id);
  subscriber->second->subscribed = false;
  file->second.subscribers.erase(subscriber);
  names_.erase(name);
  if (!file->second.subscribers.empty()) return;
  if (file->second.watch >= 0) {
    ::inotify_rm_watch(inotify_, file->second.watch);
    watched_.erase(file->second.watch);
  }
  files_.erase(file);
}

void GrowthWatcher::run() {
  std::array<pollfd, 2> waits = {pollfd{inotify_, POLLIN, 0}, pollfd{stop_, POLLIN, 0}};
  alignas(inotify_event) std::array<char, 16'384> events{};
  while (true) {
    if (::poll(waits.data(), waits.size(), -1) < 0 && errno != EINTR) return;
    if (waits[1].revents != 0) return;
    const ssize_t bytes = ::read(inotify_, events.data(), events.size());
    if (bytes > 0) take(events.data(), static_cast<std::size_t>(bytes));
  }
}

void GrowthWatcher::take(const char* events, std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  for (std::size_t at = 0; at < bytes;) {
    inotify_event event{};
    std::memcpy(&event, events + at, sizeof(event));
    const char* const name = events + at + sizeof(event);
    at += sizeof(event) + event.len;
    if ((event.mask & IN_Q_OVERFLOW) != 0) {  // events were lost: everybody looks
      for (auto& [each, file] : files_) {
        if (file.watch < 0) watch(each, file);
        for (auto& [id, subscriber] : file.subscribers) wake(subscriber);
      }
      continue;
    }
    const auto watched = watched_.find(event.wd);
    const auto file = files_.find(event.len > 0               ? std::string(name)
                                  : watched != watched_.end() ? watched->second
                                                              : std::string());
    if (file == files_.end()) continue;
    if (event.len > 0) watch(file->first, file->second);  // created just now
    if ((event.mask & IN_IGNORED) != 0) {                 // the file is gone; it may come again
      watched_.erase(event.wd);
      if (file->second.watch == event.wd) file->second.watch = -1;
    }
    for (auto& [id, subscriber] : file->second.subscribers) wake(subscriber);
  }
}

void GrowthWatcher::watch(const std::string& name, File& file) {
  const int watch = ::inotify_add_watch(inotify_, (folder_ / name).c_str(), IN_MODIFY);
  if (watch < 0) return;  // not there yet: its creation will be seen
  file.watch = watch;
  watched_[watch] = name;
}

void GrowthWatcher::wake(const std::shared_ptr<Subscriber>& subscriber) {
  if (subscriber->posted.exchange(true)) return;
  loop_.post([subscriber] {
    // Cleared first: what grows while the callback reads makes another call.
    subscriber->posted = false;
    if (subscriber->subscribed) subscriber->grown();
  });
}

}  // namespace actuary::adapters::logs
