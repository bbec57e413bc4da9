#pragma once

#include "journal/merkle/note.h"
#include "journal/merkle/proof.h"

namespace actuary::journal::merkle {

/// What a log commits itself to: so many records, this root.
///
/// source: C2SP tlog-checkpoint
struct Checkpoint {
  std::string origin;
  Root root;
  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

/// How a journal is called in checkpoints and keys: `actuary/` and its id.
[[nodiscard]] std::string origin_of(std::string_view journal_id);

/// Three lines: origin, size, root.
[[nodiscard]] Bytes checkpoint_text(const Checkpoint& checkpoint);
/// errors: kInvalidArgument
[[nodiscard]] Result<Checkpoint> parse_checkpoint(BytesView text);

/// The checkpoint of a tree's root under the key's own name, signed.
[[nodiscard]] Bytes sign_checkpoint(const Root& root, const SigningKey& key);
/// errors: kInvalidArgument: not a checkpoint, or of another log than the key; kCorrupt: not signed
///         by the key
[[nodiscard]] Result<Checkpoint> open_checkpoint(BytesView note, const VerifierKey& key);

inline constexpr std::size_t kCheckpointBytesMax = std::size_t{64} << 10U;

}  // namespace actuary::journal::merkle
