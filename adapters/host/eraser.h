#pragma once

#include <filesystem>
#include <span>

#include "adapters/host/keys.h"
#include "journal/reader.h"

namespace actuary::adapters::host {

/// Destroys the personal keys that an event says must not outlive it, once the event is durable and
/// before anybody is told of it. How far it is stands beside the keys, and goes with every copy of
/// them: keys that come back from an older copy are destroyed again by the next start.
///
/// shape:  KEYS/personal/erased, the position as decimal text; absent: 0
/// source: journal/FORMAT.md, "Personal texts"
class Eraser {
 public:
  /// `keys` outlives it; `folder` is that of the personal keys.
  Eraser(Keys& keys, const std::filesystem::path& folder);

  /// What was recorded since the position that stands beside the keys. Before anything is appended.
  ///
  /// errors: kStorageFailed; those of `Reader::scan`, with what is needed it for
  [[nodiscard]] Status catch_up(const journal::Reader& journal);
  /// errors: kStorageFailed: a key may still be there; nobody may be told otherwise
  [[nodiscard]] Status on_durable(std::span<const Record> batch);
  /// So that the next start has little to catch up with. It may fail: then that one has more.
  void close();

 private:
  [[nodiscard]] Status erase(const Record& record);
  [[nodiscard]] Status remember(Position position);

  Keys& keys_;
  const std::string file_;
  Position done_ = 0;        ///< everything up to here is carried out
  Position remembered_ = 0;  ///< the file says this, or could not be written then
};

/// After so many records it is written down how far it is.
inline constexpr Position kRememberEvery = 65'536;

}  // namespace actuary::adapters::host
