#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "journal/base/bytes.h"
#include "journal/base/id.h"

namespace actuary::adapters::storages {

/// The contents of all storages as they are now, for a backup: nothing is locked or changed, and an
/// engine may be writing beside us.
///
/// shape:  a dump is rows `family:1 key_length:4 value_length:4 key value`, numbers big-endian,
///         families numbered as in layout.h
class ContentsReader {
 public:
  /// A folder without a store is one without rows.
  ///
  /// errors: kCorrupt, kNewerVersion, kStorageFailed: also when files were changing just then
  [[nodiscard]] static Result<std::unique_ptr<ContentsReader>> open(
      const std::filesystem::path& folder);
  ~ContentsReader();
  ContentsReader(const ContentsReader&) = delete;
  ContentsReader& operator=(const ContentsReader&) = delete;

  /// The newest attempt that any storage was told of; 0: none.
  [[nodiscard]] Result<Position> newest_epoch() const;
  /// Hands the dump over in pieces of whole rows.
  [[nodiscard]] Status dump(const std::function<Status(BytesView)>& sink) const;

 private:
  struct Open;
  explicit ContentsReader(std::unique_ptr<Open> open);

  const std::unique_ptr<Open> open_;
};

/// Makes a store in the empty `folder` from a dump. `source` hands over the next bytes, as many as
/// asked for; fewer only at the end.
///
/// errors: kCorrupt: not a dump; kNewerVersion; kStorageFailed
[[nodiscard]] Status restore_contents(const std::filesystem::path& folder,
                                      const std::function<Result<Bytes>(std::size_t)>& source);

}  // namespace actuary::adapters::storages
