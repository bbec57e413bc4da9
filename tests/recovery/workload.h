#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "journal/record/record.h"

namespace actuary::tests::recovery {

/// What was acknowledged, byte for byte: a digest of each record as it is stored, from position 1.
using Acknowledged = std::vector<std::uint64_t>;
/// In its place: a record that may be there, and anything else not.
inline constexpr std::uint64_t kNotAcknowledged = 0;

/// How one process writes.
struct Plan {
  std::uint64_t seed = 0;
  unsigned batches = ~0U;               ///< appended before it closes the journal and ends
  std::size_t record_bytes_max = 4096;  ///< of text; most records are small
  unsigned records_max = 6;             ///< of a batch
  bool dies_open = false;               ///< ends without closing the journal, as if killed
};

/// How a writer ended. A refusal's text is the last thing it says.
enum WriterExit : int {
  kDone = 0,
  kRefusedAtOpen = 10,
  kAppendFailed = 11,
  kAcknowledgedLater = 12
};

/// Opens the journal, claims a term, appends batches one after the other and tells `out` of each
/// one after it was acknowledged, `parse_acknowledged` understands what. After a failed append it
/// tries some more: one that is acknowledged then is kAcknowledgedLater.
int append_and_tell(const std::string& path, const Plan& plan, int out);

/// Adds what a writer said. A line cut short by its death is not an acknowledgement.
void parse_acknowledged(const std::string& said, Acknowledged& acknowledged);

/// How a journal was found.
struct Found {
  enum class Kind {
    kEverything,  ///< opened, gapless, whole batches, all that was acknowledged byte for byte
    kRefused,     ///< not opened
    kDamageSeen,  ///< opened, and a verified scan refuses
    kLoss,        ///< opened and scanned without a word, and something acknowledged is not there
    kDied,        ///< the process that opened it was killed by a signal
  };
  Kind kind = Kind::kDied;
  std::string code;    ///< of the refusal
  std::string detail;  ///< of the refusal, or what is lost
  Position head = 0;
};
[[nodiscard]] std::string_view to_string(Found::Kind kind);

/// Opens and reads it all in a process of its own, that also appends once when `appends`.
[[nodiscard]] Found open_and_compare(const std::string& path, const Acknowledged& acknowledged,
                                     bool appends = true);

}  // namespace actuary::tests::recovery
