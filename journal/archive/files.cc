#include "journal/archive/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

namespace actuary::journal::archive {
namespace {

namespace fs = std::filesystem;

/// Says that a folder NAME.partial is ours, so that a later try may remove it.
constexpr const char* kMark = ".restore";

Status sync_path(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  const bool synced = file >= 0 && ::fsync(file) == 0;
  const auto failure = system_failure(path);
  if (file >= 0) ::close(file);
  if (!synced) return failure;
  return {};
}

}  // namespace

tl::unexpected<Error> system_failure(const std::string& what) {
  return fail(Code::kUnavailable, what + ": " + std::generic_category().message(errno));
}

Status sync_folder_of(const std::string& path) {
  return sync_path(fs::absolute(path).parent_path().string());
}

Status sync_tree(const std::string& folder) {
  std::error_code error;
  for (fs::recursive_directory_iterator each(folder, error), end; each != end;
       each.increment(error)) {
    if (error) break;
    if (each->is_regular_file(error) || each->is_directory(error)) {
      TRY_VOID(sync_path(each->path().string()));
    }
  }
  if (error) return fail(Code::kUnavailable, folder + ": " + error.message());
  return sync_path(folder);
}

Result<NewFolder> NewFolder::create(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  std::error_code error;
  if (fs::exists(path, error) && !(fs::is_directory(path, error) && fs::is_empty(path, error))) {
    return fail(Code::kInvalidArgument, path + " is not empty; give a new folder");
  }
  NewFolder made(path);
  if (fs::exists(made.workshop_, error)) {
    if (!fs::exists(fs::path(made.workshop_) / kMark, error) &&
        !fs::is_empty(made.workshop_, error)) {
      const std::string theirs = std::exchange(made.workshop_, {});
      return fail(Code::kInvalidArgument, theirs + " is in the way; move it");
    }
    fs::remove_all(made.workshop_, error);  // an earlier try that did not finish
  }
  fs::create_directories(made.workshop_, error);
  if (error) return fail(Code::kUnavailable, made.workshop_ + ": " + error.message());
  ::chmod(made.workshop_.c_str(), 0700);
  const int mark =
      ::open((made.workshop_ + "/" + kMark).c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  if (mark < 0) return system_failure(made.workshop_);
  ::close(mark);
  return made;
}

NewFolder::NewFolder(std::string path) : path_(std::move(path)), workshop_(path_ + ".partial") {}

NewFolder::NewFolder(NewFolder&& other) noexcept
    : path_(std::move(other.path_)), workshop_(std::exchange(other.workshop_, {})) {}

NewFolder::~NewFolder() {
  std::error_code ignored;
  if (!workshop_.empty()) fs::remove_all(workshop_, ignored);
}

Status NewFolder::finish() {
  TRY_VOID(sync_tree(workshop_));
  // Takes the place of an empty folder, and of no other.
  if (::rename(workshop_.c_str(), path_.c_str()) != 0) return system_failure(path_);
  workshop_.clear();
  ::unlink((path_ + "/" + kMark).c_str());
  return sync_folder_of(path_);
}

}  // namespace actuary::journal::archive
