#include "tools/actuary/console.h"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>

namespace actuary::tools::console {
namespace {

bool coloured() {
  static const bool kColoured = ::isatty(STDERR_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
  return kColoured;
}

void line(std::string_view colour, std::string_view prefix, std::string_view text) {
  std::string whole;
  if (coloured()) whole += colour;
  whole += prefix;
  whole += text;
  if (coloured()) whole += "\x1b[0m";
  whole += '\n';
  log(whole);
}

}  // namespace

void note(std::string_view text) { line("\x1b[36m", "", text); }
void error(std::string_view text) { line("\x1b[31m", "actuary: ", text); }

void log(std::string_view bytes) {
  std::fwrite(bytes.data(), 1, bytes.size(), stderr);
  std::fflush(stderr);
}

void out(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

std::string seconds(double value) {
  std::array<char, 32> text{};
  const int length = std::snprintf(text.data(), text.size(), "%.3f s", value);
  return {text.data(), static_cast<std::size_t>(length)};
}

}  // namespace actuary::tools::console
