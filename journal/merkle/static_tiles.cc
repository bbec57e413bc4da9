#include "journal/merkle/static_tiles.h"

#include "journal/base/whole_file.h"
#include "journal/merkle/verify_tree.h"

namespace actuary::journal::merkle {
namespace {

namespace fs = std::filesystem;

/// The files of one export.
class Folder {
 public:
  explicit Folder(fs::path path) : path_(std::move(path)) {}

  [[nodiscard]] bool has(const std::string& name) {
    std::error_code ignored;
    const bool there = fs::exists(path_ / name, ignored);
    exported_.present += there ? 1 : 0;
    return there;
  }
  Status write(const std::string& name, BytesView bytes) {
    const fs::path file = path_ / name;
    std::error_code error;
    fs::create_directories(file.parent_path(), error);
    if (error) return fail(Code::kStorageFailed, file.string() + ": " + error.message());
    ++exported_.written;
    return write_whole_file(file.string(), bytes);
  }
  [[nodiscard]] const Exported& exported() const { return exported_; }

 private:
  const fs::path path_;
  Exported exported_;
};

/// The records of one level-0 tile, each behind its length.
Result<Bytes> bundle(const Reader& journal, std::uint64_t index, std::size_t width) {
  Bytes entries;
  Status problem;
  const Position first = index * kTileWidth + 1;
  TRY_VOID(journal.scan_stored(first, [&](Position position, BytesView stored) {
    if (position >= first + width) return false;
    if (stored.size() > kEntryBytesMax) {
      problem = fail(Code::kTooLarge, "record " + std::to_string(position) + " has " +
                                          std::to_string(stored.size()) +
                                          " bytes, an entry bundle holds at most 65535; leave "
                                          "--entries out");
      return false;
    }
    entries.push_back(static_cast<char>(stored.size() >> 8U));
    entries.push_back(static_cast<char>(stored.size() & 255U));
    entries.append(stored);
    return true;
  }));
  TRY_VOID(std::move(problem));
  return entries;
}

Status export_level(const Reader& journal, std::uint64_t size, unsigned level, Entries entries,
                    Folder& folder) {
  for (TileId id{level, 0};; ++id.index) {
    const std::size_t width = tile_width(id, size);
    if (width == 0) return {};
    const std::string name = tile_path(std::to_string(level), id.index, width);
    if (!folder.has(name)) {
      TRY(tile, journal.tile(id));
      TRY_VOID(folder.write(name, BytesView(tile).substr(0, width * kHashBytes)));
    }
    if (level != 0 || entries == Entries::kLeftOut) continue;
    const std::string records = tile_path("entries", id.index, width);
    if (folder.has(records)) continue;
    TRY(bytes, bundle(journal, id.index, width));
    TRY_VOID(folder.write(records, bytes));
  }
}

}  // namespace

std::string tile_path(std::string_view kind, std::uint64_t index, std::size_t width) {
  std::string digits = std::to_string(index);
  digits.insert(0, (3 - digits.size() % 3) % 3, '0');
  std::string path = "tile/" + std::string(kind);
  for (std::size_t at = 0; at < digits.size(); at += 3) {
    path += (at + 3 < digits.size() ? "/x" : "/") + digits.substr(at, 3);
  }
  if (width < kTileWidth) path += ".p/" + std::to_string(width);
  return path;
}

Result<Exported> export_tiles(const Reader& journal, const Checkpoint& checkpoint, BytesView note,
                              const fs::path& folder, Entries entries) {
  Prover prover = prover_of(journal);
  TRY(root, prover.root(checkpoint.root.size));
  if (root != checkpoint.root.hash || checkpoint.origin != origin_of(journal.head().id)) {
    return fail(Code::kInvalidArgument, "the checkpoint is not of this journal");
  }
  Folder out(folder);
  for (unsigned level = 0; level < kTileLevelsMax; ++level) {
    TRY_VOID(export_level(journal, checkpoint.root.size, level, entries, out));
  }
  TRY_VOID(out.write("checkpoint", note));
  return out.exported();
}

}  // namespace actuary::journal::merkle
