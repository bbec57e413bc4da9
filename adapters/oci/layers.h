#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "journal/base/result.h"

namespace actuary::adapters::oci {

/// Which folders an image's file system consists of, read from the builder's storage and
/// remembered: an image id names its contents, so an answer never changes. From any thread.
class Layers {
 public:
  explicit Layers(std::filesystem::path storage);

  /// The lowest layer last.
  ///
  /// errors: kNotFound: no such image here
  [[nodiscard]] Result<std::vector<std::filesystem::path>> of(const std::string& image_id);
  void forget(const std::string& image_id);

 private:
  static constexpr std::size_t kRememberedMax = 1024;

  [[nodiscard]] Result<std::vector<std::filesystem::path>> read(const std::string& image_id) const;

  std::filesystem::path storage_;
  std::mutex mutex_;
  std::map<std::string, std::vector<std::filesystem::path>> remembered_;
};

}  // namespace actuary::adapters::oci
