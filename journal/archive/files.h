#pragma once

#include <string>

#include "journal/base/bytes.h"

/// What backups do to the file system.
namespace actuary::journal::archive {

/// kUnavailable, with `what` and errno's words. Not kStorageFailed: the journal is all right.
[[nodiscard]] tl::unexpected<Error> system_failure(const std::string& what);

/// Makes the name of `path` durable in the folder that holds it.
[[nodiscard]] Status sync_folder_of(const std::string& path);
/// Makes everything below `folder` durable.
[[nodiscard]] Status sync_tree(const std::string& folder);

/// A folder that appears whole or not at all: filled as NAME.partial, then renamed.
class NewFolder {
 public:
  /// errors: kInvalidArgument: `path` is there and not empty, or NAME.partial is somebody else's
  [[nodiscard]] static Result<NewFolder> create(std::string path);
  /// Removes what was not finished.
  ~NewFolder();
  NewFolder(NewFolder&& other) noexcept;
  NewFolder& operator=(NewFolder&&) = delete;

  /// Where to put files, `path` + ".partial".
  [[nodiscard]] const std::string& workshop() const { return workshop_; }
  /// Syncs everything, then gives the folder its name.
  [[nodiscard]] Status finish();

 private:
  explicit NewFolder(std::string path);

  std::string path_;
  std::string workshop_;  ///< empty once it is done
};

}  // namespace actuary::journal::archive
