#include <filesystem>
#include <sstream>

#include "journal/base/assert.h"
#include "journal/codec/record_codec.h"
#include "journal/rocks/store.h"
#include "journal/rocks/store_options.h"
#include "journal/rocks/store_status.h"

/// Records that were moved to files: read from there, and compared with the tree, which stays.
namespace actuary::journal::rocks {
namespace {

namespace fs = std::filesystem;

Bytes archives_bytes(const std::vector<Archived>& archives) {
  Bytes text;
  for (const Archived& each : archives) {
    text += std::to_string(each.first) + " " + std::to_string(each.last) + " " + each.path + "\n";
  }
  return text;
}

Result<std::vector<Archived>> parse_archives(const Bytes& text) {
  std::vector<Archived> archives;
  std::istringstream lines(text);
  Position next = 1;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    Archived each;
    words >> each.first >> each.last;
    if (words.get() != ' ' || !std::getline(words, each.path) || each.first != next ||
        each.last < each.first || each.last % merkle::kTileWidth != 0) {
      return fail(Code::kCorrupt, "the journal's list of archives is damaged");
    }
    next = each.last + 1;
    archives.push_back(std::move(each));
  }
  return archives;
}

}  // namespace

Status Store::load_archives(const std::string& directory) {
  std::string text;
  const auto read =
      database_->Get(read_options(), family(Family::kMeta), slice(kMetaArchives), &text);
  if (read.IsNotFound()) return {};
  TRY_VOID(checked(read));
  TRY(archives, parse_archives(text));
  archives_ = std::move(archives);
  for (const Archived& each : archives_) {
    segments_.push_back(archive::Segment::open(each.path, id_, each.first, each.last));
    if (segments_.back()) continue;
    const fs::path beside = fs::path(directory) / "archive" / fs::path(each.path).filename();
    auto segment = archive::Segment::open(beside, id_, each.first, each.last);
    if (segment) segments_.back() = std::move(segment);
  }
  return {};
}

Position Store::first() const { return archives_.empty() ? 1 : archives_.back().last + 1; }

Position Store::first_readable() const {
  for (std::size_t i = segments_.size(); i > 0; --i) {
    if (!segments_[i - 1]) return archives_[i - 1].last + 1;
  }
  return 1;
}

/// Where a record is that the log has no more.
Result<Bytes> Store::read_archived(Position position) const {
  std::size_t i = 0;
  while (position > archives_[i].last) ++i;
  const Archived& where = archives_[i];
  if (!segments_[i]) {
    return fail(Code::kUnavailable,
                "record " + std::to_string(position) + " was moved to the archive " + where.path +
                    ", with records " + std::to_string(where.first) + " to " +
                    std::to_string(where.last) +
                    ", which cannot be read: put it there, or into the folder archive of the "
                    "journal (" +
                    segments_[i].error().detail + ")");
  }
  TRY(stored, segments_[i].value()->read(position));
  const merkle::TileId tile{0, (position - 1) / merkle::kTileWidth};
  TRY(hashes, full_tile(tile));
  if (merkle::hash_at(hashes, (position - 1) % merkle::kTileWidth) == merkle::leaf_hash(stored)) {
    return stored;
  }
  return fail(Code::kCorrupt, "record " + std::to_string(position) + " in the archive " +
                                  where.path + " is not the one that the Merkle tree holds");
}

Result<bool> Store::scan_archived(Position from, const VisitStored& visit) const {
  for (Position at = from; at < first(); ++at) {
    TRY(stored, read_archived(at));
    if (!visit(at, stored)) return false;
  }
  return true;
}

Status Store::forget_archived(Position last, const std::string& path) {
  ACTUARY_ASSERT(last >= first() && last < head_.position && last % merkle::kTileWidth == 0);
  Archived next{first(), last, path};
  auto segment = archive::Segment::open(path, id_, next.first, next.last);
  if (!segment) return tl::make_unexpected(segment.error());
  std::vector<Archived> archives = archives_;
  archives.push_back(std::move(next));
  const Bytes from = number_bytes(first());
  const Bytes to = number_bytes(last + 1);
  rocksdb::WriteBatch writes(0, 0, kProtectionBytes, 0);
  TRY_VOID(
      checked(writes.Put(family(Family::kMeta), slice(kMetaArchives), archives_bytes(archives))));
  TRY_VOID(checked(writes.DeleteRange(family(Family::kLog), from, to)));
  TRY_VOID(write_synced(writes));
  archives_ = std::move(archives);
  segments_.push_back(std::move(segment));
  // Gives the space back; a crash meanwhile leaves that to a later compaction.
  const rocksdb::Slice begin(from);
  const rocksdb::Slice end(to);
  return checked(database_->CompactRange({}, family(Family::kLog), &begin, &end));
}

}  // namespace actuary::journal::rocks
