#pragma once

#include "engine/executor/folded.h"

/// How an image becomes bytes: cereal's portable binary. The one file that wraps cereal for it.
namespace actuary::projections::snapshot {

/// Which fold of which history an image is; everything that must be so before it is believed.
struct Origin {
  std::string journal_id;
  std::uint32_t journal_format = 0;
  std::uint64_t term = 0;  ///< of the record at the image's position
  Bytes link;              ///< SHA-256 of that record as it is stored: another history has another
  std::uint32_t fold_version = 0;
  Bytes shape;  ///< SHA-256 of the names and types of all that an image holds
  engine::executor::Residency rule;
  Position position = 0;
  ACTUARY_FIELDS(Origin, journal_id, journal_format, term, link, fold_version, shape, rule,
                 position);
};

struct Snapshot {
  Origin origin;
  engine::executor::Folded::Image image;
  ACTUARY_FIELDS(Snapshot, origin, image);
};

[[nodiscard]] Bytes encode(const Snapshot& snapshot);
/// Only for bytes whose checksum was verified: cereal trusts the lengths that it reads.
///
/// errors: kCorrupt
[[nodiscard]] Result<Origin> decode_origin(const Bytes& payload);
[[nodiscard]] Result<Snapshot> decode(const Bytes& payload);
/// Of this program's images.
[[nodiscard]] Bytes shape();

}  // namespace actuary::projections::snapshot
