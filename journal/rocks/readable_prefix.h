#pragma once

#include <memory>
#include <string>

#include "journal/journal.h"

namespace actuary::journal::rocks {

class Store;

/// A journal that a newer program went on with, as far as this one understands it: it ends before
/// the first record that cannot be read, and takes nothing. For a service that only shows what was.
/// Nothing is locked, claimed or written.
class ReadablePrefix final : public Journal {
 public:
  /// errors: kNewerVersion: of a newer format, or nothing of it can be read; kInvalidArgument: all
  ///         of it can; kCorrupt: something acknowledged is missing, and it says what; kUnavailable
  ///         names an archive that is not there; kStorageFailed
  [[nodiscard]] static Result<std::unique_ptr<ReadablePrefix>> open(const std::string& path);
  ~ReadablePrefix() override;
  ReadablePrefix(const ReadablePrefix&) = delete;
  ReadablePrefix& operator=(const ReadablePrefix&) = delete;

  /// Names the first record that cannot be read, what it is, who wrote it and the cure.
  [[nodiscard]] const std::string& why() const { return why_; }
  /// Visits what is understood of the records after the end, as far as that can be told.
  [[nodiscard]] Status scan_beyond(const Visit& visit) const;

  /// errors: kUnavailable, always: nothing is appended
  void append(std::vector<Record> batch, Done done) override;
  [[nodiscard]] Head head() const override { return head_; }
  [[nodiscard]] Version version_of(const StreamId& stream) const override;
  [[nodiscard]] Status scan(Position from, const Visit& visit) const override;
  [[nodiscard]] Status scan_stored(Position from, const VisitStored& visit) const override;
  [[nodiscard]] Result<Record> read(Position position) const override;
  [[nodiscard]] Result<std::vector<Record>> read_stream(const StreamId& stream) const override;
  [[nodiscard]] Result<Bytes> tile(merkle::TileId id) const override;

 private:
  explicit ReadablePrefix(std::unique_ptr<Store> store);
  [[nodiscard]] Status find_end();
  /// Who wrote the record at `position`, as the last claim before it says; empty: nobody knows.
  [[nodiscard]] std::string writer_of(Position position) const;

  const std::unique_ptr<Store> store_;
  Head head_;
  std::string why_;
};

}  // namespace actuary::journal::rocks
