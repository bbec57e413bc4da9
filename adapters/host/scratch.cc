#include "adapters/host/scratch.h"

#include <cstdlib>
#include <filesystem>
#include <utility>

namespace actuary::adapters::host {

namespace fs = std::filesystem;

Result<Scratch> Scratch::make(const std::string& purpose) {
  std::error_code error;
  const fs::path place = fs::temp_directory_path(error);
  std::string path = (place / ("actuary-" + purpose + "-XXXXXX")).string();
  if (error || ::mkdtemp(path.data()) == nullptr) {
    return fail(Code::kStorageFailed,
                "cannot make a scratch folder " + path + "; name a writable place in $TMPDIR");
  }
  return Scratch(std::move(path));
}

Scratch::Scratch(std::string path) : path_(std::move(path)) {}
Scratch::Scratch(Scratch&& other) noexcept : path_(std::exchange(other.path_, {})) {}

Scratch::~Scratch() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

}  // namespace actuary::adapters::host
