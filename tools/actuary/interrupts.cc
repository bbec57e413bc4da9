#include "tools/actuary/interrupts.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "journal/base/assert.h"

namespace actuary::tools {
namespace {

/// A handler may do no more than write to a pipe; programs that we start do not inherit it.
std::array<int, 2> pipe_ends{-1, -1};

void handle(int) {
  const char byte = 's';
  [[maybe_unused]] const ssize_t written = ::write(pipe_ends[1], &byte, 1);
}

void install(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

Interrupts::Interrupts(std::function<void(int)> on_signal) {
  const int made = ::pipe2(pipe_ends.data(), O_CLOEXEC);
  ACTUARY_ASSERT(made == 0);
  thread_ = std::thread([on_signal = std::move(on_signal)] {
    char byte = 0;
    for (int count = 1; ::read(pipe_ends[0], &byte, 1) == 1 && byte == 's'; ++count)
      on_signal(count);
  });
  install(handle);
}

Interrupts::~Interrupts() {
  install(SIG_DFL);
  const char byte = 'q';
  [[maybe_unused]] const ssize_t written = ::write(pipe_ends[1], &byte, 1);
  thread_.join();
  ::close(pipe_ends[0]);
  ::close(pipe_ends[1]);
  pipe_ends = {-1, -1};
}

}  // namespace actuary::tools
