#include "journal/archive/segment.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "journal/archive/files.h"
#include "journal/archive/manifest.h"
#include "journal/base/assert.h"
#include "journal/base/numbers.h"
#include "journal/codec/record_codec.h"
#include "journal/codec/traits.h"

namespace actuary::journal::archive {
namespace {

constexpr std::size_t kOffsetBytes = 8;
constexpr std::size_t kHeadBytesMax = std::size_t{64} << 10U;

}  // namespace

Result<std::unique_ptr<Segment>> Segment::open(const std::string& path,
                                               const std::string& journal_id, Position first,
                                               Position last) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0 && errno == ENOENT) return fail(Code::kNotFound, "there is no file " + path);
  if (file < 0) return system_failure(path);
  std::unique_ptr<Segment> segment(new Segment(path, file));
  TRY_VOID(segment->load(journal_id, first, last).map_error([&](Error error) {
    error.detail = path + ": " + error.detail;
    return error;
  }));
  return segment;
}

Segment::~Segment() { ::close(file_); }

Status Segment::load(const std::string& journal_id, Position first, Position last) {
  TRY(entries, locate_entries(file_));
  Located head;
  for (const Located& entry : entries) {
    if (entry.name == kHeadName) head = entry;
    if (entry.name == kRecordsName) records_ = entry;
    if (entry.name == kOffsetsName) offsets_ = entry;
  }
  if (head.name.empty() || head.bytes > kHeadBytesMax) {
    return fail(Code::kCorrupt, "it is no archive of ours");
  }
  TRY(text, read_at(head.at, static_cast<std::size_t>(head.bytes)));
  TRY(manifest, parse_manifest(text));
  if (manifest.kind != "archive" || manifest.journal_id != journal_id || manifest.first != first ||
      manifest.position != last || offsets_.bytes != (last - first + 1) * kOffsetBytes) {
    return fail(Code::kCorrupt, "it is not the archive of records " + std::to_string(first) + ".." +
                                    std::to_string(last) + " of journal " + journal_id);
  }
  first_ = first;
  last_ = last;
  return {};
}

Result<Bytes> Segment::read(Position position) const {
  ACTUARY_ASSERT(position >= first_ && position <= last_);
  const std::uint64_t index = position - first_;
  const bool is_last = position == last_;
  TRY(offsets, read_at(offsets_.at + index * kOffsetBytes, kOffsetBytes * (is_last ? 1 : 2)));
  const std::uint64_t from = bytes_number(offsets);
  const std::uint64_t to =
      is_last ? records_.bytes : bytes_number(BytesView(offsets).substr(kOffsetBytes));
  if (from > to || to > records_.bytes ||
      to - from > codec::kRecordHeaderBytes + codec::kTableBytesMax) {
    return fail(Code::kCorrupt,
                path_ + " is damaged: where record " + std::to_string(position) + " begins");
  }
  return read_at(records_.at + from, static_cast<std::size_t>(to - from));
}

Result<Bytes> Segment::read_at(std::uint64_t at, std::size_t bytes) const {
  Bytes piece(bytes, '\0');
  for (std::size_t have = 0; have < bytes;) {
    const ssize_t got =
        ::pread(file_, piece.data() + have, bytes - have, static_cast<off_t>(at + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_failure(path_);
    if (got == 0) return fail(Code::kCorrupt, path_ + " is cut short");
    have += static_cast<std::size_t>(got);
  }
  return piece;
}

}  // namespace actuary::journal::archive
