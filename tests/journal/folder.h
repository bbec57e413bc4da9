#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>

namespace actuary::tests {

/// A folder of its own for one test, gone with it.
class Folder {
 public:
  Folder() {
    std::string name = std::filesystem::temp_directory_path() / "actuary-journal-XXXXXX";
    if (mkdtemp(name.data()) != nullptr) path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] std::string path(const std::string& name = "journal") const {
    return path_ + "/" + name;
  }

 private:
  std::string path_;
};

}  // namespace actuary::tests
