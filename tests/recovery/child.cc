#include "tests/recovery/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "journal/base/assert.h"

namespace actuary::tests::recovery {

Child::Child(const Work& work) {
  std::array<int, 2> ends{};
  ACTUARY_ASSERT(pipe2(ends.data(), O_CLOEXEC) == 0);
  pid_ = fork();
  ACTUARY_ASSERT(pid_ >= 0);
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::close(ends[0]);
    ::_exit(work(ends[1]));
  }
  ::close(ends[1]);
  pipe_ = ends[0];
}

Child::~Child() {
  kill();
  (void)wait();
  ::close(pipe_);
}

bool Child::read_some(std::string& text) const {
  std::array<char, 65536> bytes;
  const ssize_t got = ::read(pipe_, bytes.data(), bytes.size());
  if (got > 0) text.append(bytes.data(), static_cast<std::size_t>(got));
  return got > 0 || (got < 0 && errno == EINTR);
}

std::string Child::listen(std::chrono::microseconds patience) {
  std::string text;
  const auto end = std::chrono::steady_clock::now() + patience;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(
        end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return text;
    const timespec time{left.count() / 1'000'000'000, left.count() % 1'000'000'000};
    pollfd waited{pipe_, POLLIN, 0};
    if (ppoll(&waited, 1, &time, nullptr) == 1 && !read_some(text)) return text;
  }
}

void Child::kill() {
  if (pid_ > 0) ::kill(pid_, SIGKILL);
}

std::string Child::rest() {
  std::string text;
  while (read_some(text)) {
  }
  return text;
}

int Child::wait() {
  if (pid_ > 0) {
    int status = 0;
    while (waitpid(pid_, &status, __WALL) < 0 && errno == EINTR) {
    }
    has_ended(status);
  }
  return status_;
}

void Child::has_ended(int status) {
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  pid_ = -1;
}

Ended run_to_end(const Child::Work& work) {
  Child child(work);
  Ended ended;
  ended.said = child.rest();
  ended.code = child.wait();
  return ended;
}

void say(int out, const void* bytes, std::size_t size) {
  const auto* at = static_cast<const char*>(bytes);
  while (size > 0) {
    const ssize_t wrote = ::write(out, at, size);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) ::_exit(9);
    at += wrote;
    size -= static_cast<std::size_t>(wrote);
  }
}

}  // namespace actuary::tests::recovery
