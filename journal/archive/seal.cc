#include "journal/archive/seal.h"

#include <algorithm>
#include <filesystem>

#include "journal/archive/segment.h"
#include "journal/base/numbers.h"
#include "journal/codec/record_codec.h"
#include "journal/merkle/tree.h"

namespace actuary::journal::archive {
namespace {

using rocks::RocksJournal;

/// The records, and then where each begins.
Status write_segment(const RocksJournal& journal, Manifest& manifest, TarWriter& archive,
                     const Progress& progress) {
  Bytes offsets;
  offsets.reserve((manifest.position - manifest.first + 1) * 8);
  std::uint64_t offset = 0;
  Status problem;
  TRY_VOID(archive.begin(std::string(kRecordsName)));
  TRY_VOID(journal.scan_stored(manifest.first, [&](Position at, BytesView stored) {
    const auto record = codec::decode_record(stored, at);
    problem = record ? archive.write(stored) : tl::make_unexpected(record.error());
    if (!problem) return false;
    manifest.term = record->term;
    offsets += number_bytes(offset);
    offset += stored.size();
    if (progress && at % kBatchRecordsMax == 0) progress("records", at, manifest.position);
    return at < manifest.position;
  }));
  TRY_VOID(problem);
  TRY_VOID(archive.end());
  return archive.add(std::string(kOffsetsName), offsets);
}

Status write_archive(const RocksJournal& journal, Position last, const std::string& file,
                     Timestamp now, const Progress& progress) {
  TRY(archive, TarWriter::create(file));
  Manifest manifest = describe_journal(journal, last, "archive", now);
  manifest.first = journal.head().first;
  TRY_VOID(archive->add(std::string(kHeadName), to_json(manifest)));
  TRY_VOID(write_segment(journal, manifest, *archive, progress));
  return finish_backup(*archive, manifest);
}

/// Everything from the disk again: the digests of the file, and each record beside the journal's.
Result<Manifest> compare_archive(const RocksJournal& journal, Position last,
                                 const std::string& file, const Progress& progress) {
  TRY(manifest,
      read_backup(file, [](const Manifest&, const Entry&, TarReader&) { return Status(); }));
  const Head head = journal.head();
  TRY(segment, Segment::open(file, head.id, head.first, last));
  Status problem;
  TRY_VOID(journal.scan_stored(head.first, [&](Position at, BytesView stored) {
    const auto archived = segment->read(at);
    if (!archived) {
      problem = tl::make_unexpected(archived.error());
    } else if (*archived != stored) {
      problem = fail(Code::kCorrupt, file + " has another record " + std::to_string(at));
    }
    if (progress && at % kBatchRecordsMax == 0) progress("records compared", at, last);
    return problem && at < last;
  }));
  TRY_VOID(problem);
  return manifest;
}

}  // namespace

Position last_to_archive(const RocksJournal& journal, Position before) {
  const Position below = std::min(before, journal.last_batch_begin());
  return below == 0 ? 0 : (below - 1) / merkle::kTileWidth * merkle::kTileWidth;
}

Result<Manifest> move_to_archive(RocksJournal& journal, Position last, const std::string& file,
                                 Timestamp now, const Progress& progress) {
  if (last < journal.head().first || last != last_to_archive(journal, last + 1)) {
    return fail(Code::kInvalidArgument,
                "records up to " + std::to_string(last) + " cannot be moved to an archive");
  }
  std::error_code error;
  const std::string path = std::filesystem::absolute(file, error).lexically_normal().string();
  if (error || path.find('\n') != std::string::npos) {
    return fail(Code::kInvalidArgument, "\"" + file + "\" is no name for an archive");
  }
  if (!std::filesystem::exists(path, error)) {
    TRY_VOID(write_archive(journal, last, path, now, progress));
  }
  TRY(manifest, compare_archive(journal, last, path, progress).map_error([&](Error problem) {
    problem.detail +=
        "; nothing was taken out of the journal. Give another name, or delete " + path;
    return problem;
  }));
  TRY_VOID(journal.forget_archived(last, path));
  return manifest;
}

}  // namespace actuary::journal::archive
