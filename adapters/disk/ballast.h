#pragma once

#include <filesystem>

#include "journal/base/result.h"

namespace actuary::adapters::disk {

/// `DATA/ballast`: space that is occupied on good days and thrown overboard once when DATA cannot
/// be opened, because a database on a full disk needs space even to recover.
class Ballast {
 public:
  explicit Ballast(const std::filesystem::path& data) : path_(data / "ballast") {}

  [[nodiscard]] bool is_there() const;
  /// Allocates it, whole or not at all; nothing to do when it is there.
  ///
  /// errors: kStorageFailed: no space, or a file system that cannot allocate
  [[nodiscard]] Status make() const;
  /// Whether there was one to throw.
  [[nodiscard]] bool release() const;

 private:
  std::filesystem::path path_;
};

}  // namespace actuary::adapters::disk
