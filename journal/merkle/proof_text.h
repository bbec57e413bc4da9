#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "journal/merkle/hash.h"

namespace actuary::journal::merkle {

/// What is written in a proof file; nothing of it is verified.
///
/// source: journal/merkle/AUDIT.md, "Proof file"
struct ProofText {
  struct Entry {
    std::uint64_t position = 0;
    std::string json;
    Bytes stored;
    std::vector<Hash> proof;
  };

  std::string key;
  std::string stream;
  std::uint64_t since = 0;  ///< an earlier size, 0: none
  std::vector<Hash> consistency;
  Bytes checkpoint;
  std::vector<Entry> records;
};

[[nodiscard]] Bytes write_proof_text(const ProofText& text);
/// Accepts exactly what `write_proof_text` writes.
///
/// errors: kInvalidArgument names the line; kNewerVersion
[[nodiscard]] Result<ProofText> parse_proof_text(BytesView text);

/// Whether everything that `shown` says is also in `whole`, both JSON: a newer program may know
/// more members than the one that wrote the file.
[[nodiscard]] bool shows(const std::string& whole, const std::string& shown);

}  // namespace actuary::journal::merkle
