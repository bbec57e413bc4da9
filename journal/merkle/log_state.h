#pragma once

#include <optional>

#include "journal/merkle/checkpoint.h"
#include "journal/reader.h"

/// A journal beside what was once said of it: its last signed checkpoint, an exported one, or
/// another journal.
namespace actuary::journal::merkle {

/// DATA/journal/checkpoint: the newest one that was signed. A signed note.
///
/// errors: kStorageFailed; nothing: there is none yet
[[nodiscard]] Result<std::optional<Bytes>> read_checkpoint(const std::string& journal_folder);
[[nodiscard]] Status write_checkpoint(const std::string& journal_folder, BytesView note);

enum class Relation : std::uint8_t {
  kSame,
  kExtends,  ///< the journal has all that it had then, and more
  kOlder,    ///< the journal is a beginning of what was there: records were lost, or it was rolled
             ///< back
  kForked,   ///< the two differ in a record that both have
};

struct Comparison {
  Relation relation = Relation::kSame;
  std::uint64_t records = 0;  ///< by how many the one is longer than the other; a fork: 0
  std::uint64_t differs =
      0;  ///< a fork: the first position that differs, 0 where that cannot be known
  std::uint64_t compared = 0;  ///< the size that both have
};

/// The journal beside an earlier root of it. An older journal cannot be checked any further.
///
/// errors: those of the tiles
[[nodiscard]] Result<Comparison> compare(const Reader& journal, const Root& earlier);
/// `journal` beside `other`, which finds the first position that differs.
[[nodiscard]] Result<Comparison> compare(const Reader& journal, const Reader& other);

/// For people: `extends the checkpoint of 12 records by 3`.
[[nodiscard]] std::string describe(const Comparison& comparison, std::string_view what);

}  // namespace actuary::journal::merkle
