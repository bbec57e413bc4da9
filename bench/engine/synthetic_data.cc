#include <charconv>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "bench/engine/data_folder.h"

/// Writes a data folder with many archived runs and some active ones, for measurements.
namespace actuary::bench {
namespace {

constexpr const char* kUsage =
    "usage: synthetic_data DATA [--archived N] [--active M] [--config-bytes B] [--views] "
    "[--snapshot]\n"
    "\n"
    "  Makes DATA/journal with N runs that ended (9 records each) and M live ones (7 each) "
    "between\n"
    "  them, 1,000,000 and 1,000 if nothing is said. The same numbers give the same records.\n"
    "  --views folds DATA/views too, --snapshot writes the engine's snapshot: together they make\n"
    "  what an engine leaves behind.\n";

bool parse_number(const char* text, std::uint64_t& number) {
  const char* end = text + std::strlen(text);
  const auto [parsed, error] = std::from_chars(text, end, number);
  return error == std::errc{} && parsed == end;
}

bool parse(int count, char** words, DataFolder& wish) {
  wish.views = wish.snapshot = false;
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    std::uint64_t number = 0;
    const bool has_number = i + 1 < count && parse_number(words[i + 1], number);
    if (word == "--views") {
      wish.views = true;
    } else if (word == "--snapshot") {
      wish.snapshot = true;
    } else if (word == "--archived" && has_number) {
      wish.history.archived = number, ++i;
    } else if (word == "--active" && has_number) {
      wish.history.active = number, ++i;
    } else if (word == "--config-bytes" && has_number) {
      wish.history.image_config_bytes = number, ++i;
    } else if (wish.data.empty() && !word.starts_with("-")) {
      wish.data = word;
    } else {
      return false;
    }
  }
  return !wish.data.empty();
}

}  // namespace
}  // namespace actuary::bench

int main(int argc, char** argv) {
  actuary::bench::DataFolder wish;
  if (!actuary::bench::parse(argc, argv, wish)) {
    std::fputs(actuary::bench::kUsage, stderr);
    return 64;
  }
  const actuary::Status made = actuary::bench::make(wish);
  if (!made) std::fprintf(stderr, "%s\n", made.error().detail.c_str());
  return made ? 0 : 1;
}
