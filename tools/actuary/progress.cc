#include "tools/actuary/progress.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "tools/actuary/console.h"

namespace actuary::tools {

Progress::Progress(std::string what)
    : what_(std::move(what)), terminal_(::isatty(STDERR_FILENO) != 0) {}

Progress::~Progress() {
  if (any_ && terminal_) console::log("\n");
}

void Progress::at(std::uint64_t done, std::uint64_t of) {
  const auto now = Clock::now();
  const auto pause = terminal_ ? std::chrono::milliseconds{200} : std::chrono::milliseconds{5000};
  const bool last = done == of && any_;
  if (now - shown_ < pause && !last) return;
  shown_ = now;
  any_ = true;
  const double seconds = std::max(1e-6, std::chrono::duration<double>(now - begun_).count());
  const double rate = static_cast<double>(done) / seconds;
  const double left = rate > 0 ? static_cast<double>(of - done) / rate : 0;
  const double percent = of > 0 ? 100.0 * static_cast<double>(done) / static_cast<double>(of) : 100;
  std::array<char, 160> line{};
  std::snprintf(line.data(), line.size(), "%s%llu of %llu %s, %.0f %s/s, %.0f %%, ETA %.0f s%s",
                terminal_ ? "\r" : "", static_cast<unsigned long long>(done),
                static_cast<unsigned long long>(of), what_.c_str(), rate, what_.c_str(), percent,
                left, terminal_ ? "   " : "\n");
  console::log(line.data());
}

}  // namespace actuary::tools
