#include "adapters/containers/source_tree.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <iterator>
#include <nlohmann/json.hpp>

#include "adapters/containers/files.h"

namespace actuary::adapters::containers {
namespace {

using Json = nlohmann::json;
using Path = std::filesystem::path;

bool is_too_deep(std::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '\\') {
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && (c == '[' || c == '{')) {
      if (++depth > kSourceDepthMax) return true;
    } else if (!quoted && (c == ']' || c == '}')) {
      --depth;
    }
  }
  return false;
}

}  // namespace

std::optional<Path> inside(const Path& base, const std::string& name) {
  if (name.empty() || name.find('\0') != std::string::npos) return std::nullopt;
  if (Path(name).is_absolute()) return std::nullopt;
  Path path = (base / name).lexically_normal();
  if (*path.begin() == "..") return std::nullopt;
  return path;
}

std::optional<std::string> read_inside(const Path& source, const Path& path) {
  Descriptor here(open(source.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  for (auto part = path.begin(); part != path.end(); ++part) {
    const bool is_last = std::next(part) == path.end();
    // Without waiting: opening a pipe would never end.
    const int flags = is_last ? O_RDONLY | O_NONBLOCK : O_PATH | O_DIRECTORY;
    Descriptor next(openat(here.get(), part->c_str(), flags | O_NOFOLLOW | O_CLOEXEC));
    if (next.get() < 0) return std::nullopt;
    here = std::move(next);
  }
  struct stat found {};
  if (fstat(here.get(), &found) != 0 || !S_ISREG(found.st_mode)) return std::nullopt;
  return read_open(here.get());
}

Json parse_source(std::string_view text) {
  if (is_too_deep(text)) return Json(Json::value_t::discarded);
  return Json::parse(text, nullptr, false);
}

std::string only_utf8(const std::string& text) {
  const std::string quoted = Json(text).dump(-1, ' ', false, Json::error_handler_t::ignore);
  const Json plain = Json::parse(quoted, nullptr, false);
  return plain.is_string() ? plain.get<std::string>() : std::string();
}

}  // namespace actuary::adapters::containers
