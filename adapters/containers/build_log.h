#pragma once

#include <deque>
#include <filesystem>
#include <string>

#include "adapters/containers/files.h"
#include "journal/base/time.h"

namespace actuary::adapters::containers {

/// Whole lines, each stamped and written at once; the last ones are kept for the error.
class BuildLog {
 public:
  BuildLog(const std::filesystem::path& path, Clock& clock, std::uint64_t bytes_max);

  void add(std::string_view text);
  /// Ends the line under construction.
  void finish();
  void line(const std::string& text);
  [[nodiscard]] std::string last() const;

 private:
  static constexpr std::size_t kLastLines = 8;
  static constexpr std::size_t kLineBytesMax = std::size_t{64} * 1024;

  Descriptor file_;
  Clock& clock_;
  std::uint64_t bytes_left_;
  std::string partial_;
  std::deque<std::string> last_;
};

}  // namespace actuary::adapters::containers
