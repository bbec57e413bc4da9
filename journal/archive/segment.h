#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "journal/archive/tar.h"
#include "journal/record/record.h"

namespace actuary::journal::archive {

/// The records `first`..`last` that were moved out of a journal into one file, to be read one by
/// one. Anybody may have changed the file: who reads compares each record with the Merkle tree.
/// Any thread.
///
/// shape:  a backup of kind `archive` (manifest.h), with `journal.offsets` behind the records
class Segment {
 public:
  /// Looks at the file's headers and at what it says of itself.
  ///
  /// errors: kNotFound; kCorrupt: not this archive of this journal; kUnavailable; kNewerVersion
  [[nodiscard]] static Result<std::unique_ptr<Segment>> open(const std::string& path,
                                                             const std::string& journal_id,
                                                             Position first, Position last);
  ~Segment();
  Segment(const Segment&) = delete;
  Segment& operator=(const Segment&) = delete;

  /// The stored bytes of one of its records.
  ///
  /// errors: kCorrupt; kUnavailable
  [[nodiscard]] Result<Bytes> read(Position position) const;

 private:
  Segment(std::string path, int file) : path_(std::move(path)), file_(file) {}
  [[nodiscard]] Result<Bytes> read_at(std::uint64_t at, std::size_t bytes) const;
  [[nodiscard]] Status load(const std::string& journal_id, Position first, Position last);

  const std::string path_;
  const int file_;
  Located records_;
  Located offsets_;
  Position first_ = 0;
  Position last_ = 0;
};

}  // namespace actuary::journal::archive
