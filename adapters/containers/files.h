#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "journal/base/result.h"

namespace actuary::adapters::containers {

/// A descriptor with one owner.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { reset(); }
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    reset(other.release());
    return *this;
  }
  void reset(int fd = -1);
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

/// At most `kFileBytesMax` bytes; nothing when it is not there.
[[nodiscard]] std::optional<std::string> read_file(const std::filesystem::path& path);
/// The same of an open file.
[[nodiscard]] std::optional<std::string> read_open(int fd);
/// Whole or absent: written beside it, synced, renamed. Mode 0600.
[[nodiscard]] Status write_file(const std::filesystem::path& path, std::string_view text);
/// Whole or absent, but after a power cut perhaps absent: for what a restart makes again.
[[nodiscard]] Status write_scratch(const std::filesystem::path& path, std::string_view text);
/// Makes it with its parents, mode 0700.
[[nodiscard]] Status make_directory(const std::filesystem::path& path);
/// `what: strerror(errno)`, kUnavailable.
[[nodiscard]] tl::unexpected<Error> fail_errno(std::string_view what);

inline constexpr std::size_t kFileBytesMax = 16u << 20;

}  // namespace actuary::adapters::containers
