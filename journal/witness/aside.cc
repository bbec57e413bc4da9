#include "journal/witness/aside.h"

#include <fcntl.h>
#include <unistd.h>

namespace actuary::journal::witness {
namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> refused(const fs::path& path, const std::string& why) {
  return fail(Code::kStorageFailed, "a copy aside could not be made, so nothing was repaired: " +
                                        path.string() + ": " + why);
}

Status sync(const fs::path& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = file >= 0 && fsync(file) == 0;
  if (file >= 0) close(file);
  if (!synced) return refused(path, "it cannot be synced");
  return {};
}

Status keep_file(const fs::path& from, const fs::path& to) {
  std::error_code error;
  if (from.extension() == ".sst") {
    fs::create_hard_link(from, to, error);
    if (!error) return {};
  }
  fs::copy_file(from, to, error);
  if (error) return refused(from, error.message());
  return sync(to);
}

}  // namespace

Status copy_aside(const fs::path& store, const fs::path& witness, const fs::path& to) {
  std::error_code error;
  if (fs::exists(to, error)) return {};
  const fs::path draft = to.string() + ".new";
  fs::remove_all(draft, error);
  fs::create_directories(draft / "store", error);
  if (error) return refused(draft, error.message());
  for (const auto& entry : fs::directory_iterator(store, error)) {
    if (!entry.is_regular_file() || entry.path() == witness) continue;
    TRY_VOID(keep_file(entry.path(), draft / "store" / entry.path().filename()));
  }
  if (error) return refused(store, error.message());
  TRY_VOID(keep_file(witness, draft / "witness"));
  TRY_VOID(sync(draft / "store"));
  TRY_VOID(sync(draft));
  fs::rename(draft, to, error);
  if (error) return refused(to, error.message());
  return sync(to.parent_path());
}

}  // namespace actuary::journal::witness
