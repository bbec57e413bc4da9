#include "adapters/host/backup.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "adapters/host/keys.h"
#include "adapters/storages/dump.h"
#include "journal/archive/files.h"
#include "journal/base/directory_lock.h"
#include "journal/rocks/rocks_reader.h"

namespace actuary::adapters::host {
namespace {

namespace fs = std::filesystem;
namespace archive = journal::archive;
using archive::Manifest;
using archive::Progress;
using archive::TarReader;
using archive::TarWriter;
using journal::rocks::RocksReader;
using storages::ContentsReader;

constexpr const char* kRowsName = "storages.rows";
/// What is copied file by file: below these, and nothing else.
constexpr std::array<std::string_view, 3> kFolders = {"logs", "blobs", "keys"};
constexpr int kTriesMax = 20;

/// All that a backup reads, of one moment.
struct Moment {
  std::unique_ptr<RocksReader> journal;
  std::unique_ptr<ContentsReader> contents;
  Position position = 0;
};

/// Second names for files that may be deleted meanwhile.
class HeldLogs {
 public:
  static Result<HeldLogs> hold(const fs::path& data) {
    const fs::path folder = data / kBackupFolder;
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) return fail(Code::kUnavailable, folder.string() + ": " + error.message());
    TRY(lock, DirectoryLock::acquire(folder.string()));
    HeldLogs held(folder, std::move(lock));
    TRY_VOID(held.renew(data));
    return held;
  }
  HeldLogs(HeldLogs&& other) noexcept
      : folder_(std::exchange(other.folder_, {})), lock_(std::move(other.lock_)) {}
  HeldLogs& operator=(HeldLogs&&) = delete;
  ~HeldLogs() {
    std::error_code ignored;
    if (!folder_.empty()) fs::remove_all(folder_, ignored);
  }

  /// As the logs are now; what an earlier backup left is removed.
  Status renew(const fs::path& data) {
    std::error_code error;
    fs::remove_all(logs(), error);
    fs::create_directories(logs(), error);
    if (error) return fail(Code::kUnavailable, logs().string() + ": " + error.message());
    for (const auto& entry : fs::directory_iterator(data / "logs", error)) {
      if (!entry.is_regular_file(error)) continue;
      fs::create_hard_link(entry.path(), logs() / entry.path().filename(), error);
      if (error && error != std::errc::no_such_file_or_directory) {
        return fail(Code::kUnavailable, entry.path().string() + ": " + error.message());
      }
    }
    return {};
  }
  [[nodiscard]] fs::path logs() const { return folder_ / "logs"; }

 private:
  HeldLogs(fs::path folder, DirectoryLock lock)
      : folder_(std::move(folder)), lock_(std::move(lock)) {}

  fs::path folder_;
  DirectoryLock lock_;
};

bool deletes_contents(const Record& record) {
  return std::holds_alternative<events::RunDeleted>(record.event) ||
         std::holds_alternative<events::BuildDeleted>(record.event) ||
         std::holds_alternative<events::StorageDeleted>(record.event);
}

/// Reading beside a writer: files may go just when they are opened.
template <class Open>
auto patiently(const Open& open) {
  auto opened = open();
  for (int i = 1; !opened && i < kTriesMax; ++i) opened = open();
  return opened;
}

/// The journal as of P, contents as of a later moment. Nothing in between may matter: the contents
/// know no attempt after P, and nothing that P has was deleted since. P is moved up to the newest
/// attempt that the contents know; that they know it means that the journal had it before.
Result<std::optional<Moment>> try_moment(const fs::path& data, HeldLogs& held) {
  const std::string path = (data / "journal").string();
  TRY(before, patiently([&] { return RocksReader::open(path); }));
  Moment moment;
  TRY(contents, patiently([&] { return ContentsReader::open(data / "storages"); }));
  moment.contents = std::move(contents);
  TRY_VOID(held.renew(data));
  TRY(after, patiently([&] { return RocksReader::open(path); }));
  moment.journal = std::move(after);
  TRY(epoch, moment.contents->newest_epoch());
  const Position head = moment.journal->head().position;
  moment.position = std::max(before->head().position, epoch);
  if (moment.position > head) {
    return fail(Code::kCorrupt, "the storages know attempt " + std::to_string(epoch) +
                                    ", the journal ends at " + std::to_string(head));
  }
  bool quiet = true;
  TRY_VOID(moment.journal->scan(moment.position + 1, [&](const Record& record) {
    quiet = record.position > head || !deletes_contents(record);
    return quiet && record.position < head;
  }));
  return quiet ? std::optional(std::move(moment)) : std::nullopt;
}

Result<Moment> find_moment(const fs::path& data, HeldLogs& held) {
  for (int i = 0; i < kTriesMax; ++i) {
    TRY(moment, try_moment(data, held));
    if (moment) return std::move(*moment);
  }
  return fail(Code::kUnavailable, "runs are being deleted all the time; try again later");
}

Status add_file(TarWriter& backup, const fs::path& file, const std::string& name) {
  const int in = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (in < 0 && errno == ENOENT) return {};  // a draft that got its name meanwhile
  if (in < 0) return archive::system_failure(file.string());
  Status status = backup.begin(name);
  struct stat facts {};
  std::uint64_t left = ::fstat(in, &facts) == 0 ? static_cast<std::uint64_t>(facts.st_size) : 0;
  Bytes piece(archive::kPieceBytes, '\0');
  while (status && left > 0) {
    const ssize_t got = ::read(in, piece.data(), std::min<std::uint64_t>(piece.size(), left));
    if (got < 0) status = archive::system_failure(file.string());
    if (got <= 0) break;
    left -= static_cast<std::uint64_t>(got);
    status = backup.write(BytesView(piece).substr(0, static_cast<std::size_t>(got)));
  }
  ::close(in);
  return status ? backup.end() : status;
}

/// Every regular file below `folder`, as `name/…`, in the order of their names.
Status add_folder(TarWriter& backup, const fs::path& folder, const std::string& name,
                  const Progress& progress) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::recursive_directory_iterator each(folder, error), end; !error && each != end;
       each.increment(error)) {
    std::error_code gone;
    if (each->is_regular_file(gone)) files.push_back(each->path());
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    return fail(Code::kUnavailable, folder.string() + ": " + error.message());
  }
  std::sort(files.begin(), files.end());
  std::uint64_t done = 0;
  for (const fs::path& file : files) {
    TRY_VOID(add_file(backup, file, name + "/" + fs::relative(file, folder, error).string()));
    if (progress) progress(name, ++done, files.size());
  }
  return {};
}

/// Names come from whoever made the file: only those that a backup of ours has may be written.
Result<fs::path> place_of(const std::string& name, const fs::path& data) {
  const fs::path relative(name);
  const bool listed =
      name == "address" || std::any_of(kFolders.begin(), kFolders.end(), [&](auto folder) {
        return name.starts_with(std::string(folder) + "/");
      });
  const bool inside = std::all_of(relative.begin(), relative.end(), [](const fs::path& part) {
    return !part.empty() && part != "." && part != "..";
  });
  if (listed && inside && name.find('\0') == std::string::npos) return data / relative;
  return fail(Code::kCorrupt, "the backup holds \"" + name + "\", which no backup of ours has");
}

Status restore_file(TarReader& backup, const fs::path& place) {
  std::error_code error;
  for (fs::path folder = place.parent_path(); !fs::exists(folder, error);) {
    fs::create_directories(folder, error);
    if (error) return fail(Code::kUnavailable, folder.string() + ": " + error.message());
  }
  ::chmod(place.parent_path().c_str(), 0700);
  const int out = ::open(place.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (out < 0) return archive::system_failure(place.string());
  Status status;
  while (status) {
    const auto piece = backup.read();
    if (!piece) status = tl::make_unexpected(piece.error());
    if (!piece || piece->empty()) break;
    const ssize_t written = ::write(out, piece->data(), piece->size());
    if (written != static_cast<ssize_t>(piece->size())) {
      status = archive::system_failure(place.string());
    }
  }
  ::close(out);
  return status;
}

}  // namespace

Result<Manifest> back_up(const fs::path& data, const std::string& file, Timestamp now,
                         const Progress& progress) {
  if (!fs::exists(data / "journal" / "store")) {
    return fail(Code::kNotFound, data.string() + " holds no journal");
  }
  TRY(backup, TarWriter::create(file));
  TRY(held, HeldLogs::hold(data));
  TRY(moment, find_moment(data, held));
  Manifest manifest = archive::describe_journal(*moment.journal, moment.position, "data", now);
  TRY_VOID(backup->add(std::string(archive::kHeadName), archive::to_json(manifest)));
  TRY_VOID(archive::write_records(*moment.journal, manifest, *backup, progress));
  TRY_VOID(backup->begin(kRowsName));
  TRY_VOID(moment.contents->dump([&](BytesView piece) { return backup->write(piece); }));
  TRY_VOID(backup->end());
  TRY_VOID(add_folder(*backup, held.logs(), "logs", progress));
  TRY_VOID(add_folder(*backup, data / "blobs", "blobs", progress));
  TRY_VOID(add_folder(*backup, data / "keys", "keys", progress));
  if (fs::exists(data / "address")) TRY_VOID(add_file(*backup, data / "address", "address"));
  TRY_VOID(archive::finish_backup(*backup, manifest));
  return manifest;
}

Result<Restored> restore(const std::string& file, const fs::path& data, const Progress& progress,
                         const std::string& erasures) {
  TRY(made, archive::NewFolder::create(data.string()));
  const fs::path workshop = made.workshop();
  std::optional<journal::Head> restored;
  const auto take = [&](const Manifest& head, const archive::Entry& entry,
                        TarReader& backup) -> Status {
    if (head.kind != "data") {
      return fail(Code::kInvalidArgument,
                  file + " is a backup of a journal alone; use: actuary journal restore");
    }
    if (entry.name == archive::kRecordsName) {
      TRY(journal, archive::restore_records(head, backup, workshop / "journal", progress));
      restored = journal;
      return {};
    }
    if (entry.name == kRowsName) {
      return storages::restore_contents(workshop / "storages",
                                        [&](std::size_t bytes) { return backup.read(bytes); });
    }
    if (progress) progress("files", 0, 0);
    TRY(place, place_of(entry.name, workshop));
    return restore_file(backup, place);
  };
  TRY(manifest, archive::read_backup(file, take));
  TRY_VOID(archive::check_restored(manifest, restored));
  TRY_VOID(Keys::disown_run_tokens(workshop / "keys"));
  Restored done{manifest, std::nullopt};
  if (!erasures.empty()) {
    TRY(erased, erase_again(erasures, workshop));
    done.erased_again = std::move(erased);
  }
  TRY_VOID(made.finish());
  return done;
}

}  // namespace actuary::adapters::host
