#pragma once

#include <string>

#include "journal/base/result.h"

namespace actuary::adapters::host {

/// An empty folder in the system's place for such, that goes with this.
class Scratch {
 public:
  /// `purpose` is part of its name: `/tmp/actuary-PURPOSE-XXXXXX`.
  ///
  /// errors: kStorageFailed, naming $TMPDIR
  [[nodiscard]] static Result<Scratch> make(const std::string& purpose);
  Scratch(Scratch&& other) noexcept;
  Scratch& operator=(Scratch&&) = delete;
  ~Scratch();

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  explicit Scratch(std::string path);
  std::string path_;
};

}  // namespace actuary::adapters::host
