#pragma once

#include <optional>

#include "journal/merkle/checkpoint.h"
#include "journal/reader.h"

/// One stream's records with everything that is needed to check them without the journal.
///
/// source: journal/merkle/AUDIT.md
namespace actuary::journal::merkle {

inline constexpr std::size_t kProofFileBytesMax = std::size_t{256} << 20U;
inline constexpr std::size_t kProofRecordsMax = 100'000;

struct ProofRequest {
  StreamId stream;
  Bytes checkpoint;  ///< a signed note of this journal's log
  std::optional<Checkpoint>
      since;  ///< an earlier one: also prove that nothing before it was changed
};

/// Proves every record of the stream under the checkpoint; reads its records and tiles alone.
///
/// errors: kNotFound: no such stream; kInvalidArgument: a checkpoint that is not this journal's;
///         kUnavailable: records that the checkpoint does not cover yet; kTooLarge
[[nodiscard]] Result<Bytes> make_proof_file(const Reader& journal, const ProofRequest& request,
                                            const SigningKey& key);

/// What a proof file has shown.
struct Verified {
  VerifierKey key;     ///< that signed the file and the checkpoint
  std::string stream;  ///< `run/HG7ML7M8z78YcAPEB`
  Checkpoint checkpoint;
  std::optional<std::uint64_t>
      since;  ///< size of the earlier tree that this one was shown to extend
  std::vector<Record> records;
  std::vector<std::string> lines;  ///< each record as JSON
};

/// What the file is checked against; without a key it is the one that the file itself names.
struct Trust {
  std::optional<VerifierKey> key;
  std::optional<Bytes> earlier;  ///< a checkpoint that was exported before, a note by the same key
};

/// Takes hostile input.
///
/// errors: kInvalidArgument, kTooLarge: not a proof file; kCorrupt: what it says is not proven,
/// with
///         the first thing that fails; kNewerVersion
[[nodiscard]] Result<Verified> verify_proof_file(BytesView file, const Trust& trust);

}  // namespace actuary::journal::merkle
