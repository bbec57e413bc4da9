#pragma once

#include <memory>
#include <string>

#include "journal/reader.h"
#include "journal/witness/preflight.h"

namespace actuary::journal::rocks {

class Store;
struct Archived;

/// A journal as it is now, for tools: nothing is locked, claimed or written, and an engine may be
/// running in the same folder. What is appended later is not seen.
class RocksReader final : public Reader {
 public:
  /// `path` is the journal's folder, DATA/journal.
  ///
  /// errors: kNotFound; kCorrupt; kNewerVersion; kStorageFailed
  [[nodiscard]] static Result<std::unique_ptr<RocksReader>> open(const std::string& path);
  ~RocksReader() override;
  RocksReader(const RocksReader&) = delete;
  RocksReader& operator=(const RocksReader&) = delete;

  [[nodiscard]] Head head() const override;
  [[nodiscard]] Version version_of(const StreamId& stream) const override;
  [[nodiscard]] Status scan(Position from, const Visit& visit) const override;
  [[nodiscard]] Status scan_stored(Position from, const VisitStored& visit) const override;
  [[nodiscard]] Result<Record> read(Position position) const override;
  [[nodiscard]] Result<std::vector<Record>> read_stream(const StreamId& stream) const override;
  [[nodiscard]] Result<Bytes> tile(merkle::TileId id) const override;

  [[nodiscard]] const std::vector<Archived>& archives() const;
  /// From where on records can be had: 1 while every archive can be read.
  [[nodiscard]] Position first_readable() const;
  /// What an open would find and do. `evidence` was read before this reader was opened, from
  /// `path`, the journal's folder.
  ///
  /// errors: kCorrupt: something acknowledged is missing, and it says what
  [[nodiscard]] Result<witness::Plan> compare(
      const std::string& path, const std::optional<witness::Evidence>& evidence) const;

  /// The index of streams as it is stored, for verification: `kind id version` -> position.
  using VisitIndex = std::function<bool(BytesView key, BytesView value)>;
  [[nodiscard]] Status scan_index(const VisitIndex& visit) const;
  /// Where the index says that this version is; 0: nowhere.
  [[nodiscard]] Result<Position> indexed(const StreamId& stream, Version version) const;

 private:
  explicit RocksReader(std::unique_ptr<Store> store);

  const std::unique_ptr<Store> store_;
};

}  // namespace actuary::journal::rocks
