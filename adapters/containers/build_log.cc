#include "adapters/containers/build_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <utility>

namespace actuary::adapters::containers {

BuildLog::BuildLog(const std::filesystem::path& path, Clock& clock, std::uint64_t bytes_max)
    : file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)),
      clock_(clock),
      bytes_left_(bytes_max) {}

void BuildLog::add(std::string_view text) {
  for (const char c : text) {
    if (c == '\n' || partial_.size() >= kLineBytesMax) finish();
    if (c != '\n' && c != '\r') partial_.push_back(c);
  }
}

void BuildLog::finish() { line(std::exchange(partial_, {})); }

void BuildLog::line(const std::string& text) {
  last_.push_back(text);
  if (last_.size() > kLastLines) last_.pop_front();
  const std::string whole = to_iso(clock_.now().utc) + " " + text + "\n";
  if (whole.size() > bytes_left_) return;
  bytes_left_ -= whole.size();
  (void)!write(file_.get(), whole.data(), whole.size());
}

std::string BuildLog::last() const {
  std::string text;
  for (const std::string& each : last_) text += (text.empty() ? "" : "\n") + each;
  return text;
}

}  // namespace actuary::adapters::containers
