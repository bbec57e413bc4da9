#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "journal/reader.h"

/// Whose personal keys were destroyed, as a small file to be kept with the backups: a backup from
/// before still has those keys, and a restore that is given the file destroys them again.
///
///     actuary erasures 1
///     journal 0123456789abcdef0123456789abcdef
///     position 4711                        all that was recorded up to here is in it
///     run HG7ML7M8z78YcAPEB 17 18          a stream, and its keys that were destroyed
///     sha256 HEX                           of all lines above
///
/// A key is destroyed again only where the restored journal says that it is of that very run, build
/// or user: after a restore the numbers of keys are given again, to others.
namespace actuary::adapters::host {

struct Erasures {
  std::string journal_id;
  Position position = 0;    ///< as far as they were looked for
  std::size_t streams = 0;  ///< lines
  std::size_t keys = 0;     ///< listed, or destroyed
};

/// Replaces `file`. Reads the whole journal.
///
/// errors: those of `Reader::scan`; kTooLarge past kErasuresBytesMax; kStorageFailed
[[nodiscard]] Result<Erasures> write_erasures(const journal::Reader& journal,
                                              const std::string& file);

/// Destroys in `data`, which nobody has open, what the file lists; again changes nothing.
///
/// errors: kNotFound: no file; kCorrupt: it is damaged; kInvalidArgument: it is of another journal;
///         kNewerVersion; kStorageFailed: some are destroyed, and it can be done again
[[nodiscard]] Result<Erasures> erase_again(const std::string& file,
                                           const std::filesystem::path& data);

inline constexpr std::size_t kErasuresBytesMax = std::size_t{256} << 20U;

}  // namespace actuary::adapters::host
