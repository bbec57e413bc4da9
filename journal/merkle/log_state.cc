#include "journal/merkle/log_state.h"

#include <algorithm>

#include "journal/base/whole_file.h"
#include "journal/merkle/verify_tree.h"

namespace actuary::journal::merkle {
namespace {

std::string file_of(const std::string& journal_folder) { return journal_folder + "/checkpoint"; }

}  // namespace

Result<std::optional<Bytes>> read_checkpoint(const std::string& journal_folder) {
  auto read = read_whole_file(file_of(journal_folder), kCheckpointBytesMax);
  if (!read && read.error().code == Code::kNotFound) return std::optional<Bytes>{};
  TRY(note, std::move(read));
  return std::optional(std::move(note));
}

Status write_checkpoint(const std::string& journal_folder, BytesView note) {
  return write_whole_file(file_of(journal_folder), note);
}

Result<Comparison> compare(const Reader& journal, const Root& earlier) {
  const std::uint64_t size = journal.head().position;
  if (size < earlier.size) return Comparison{Relation::kOlder, earlier.size - size, 0, 0};
  Prover prover = prover_of(journal);
  TRY(root, prover.root(earlier.size));
  if (root != earlier.hash) return Comparison{Relation::kForked, 0, 0, earlier.size};
  const Relation relation = size == earlier.size ? Relation::kSame : Relation::kExtends;
  return Comparison{relation, size - earlier.size, 0, earlier.size};
}

Result<Comparison> compare(const Reader& journal, const Reader& other) {
  const std::uint64_t size = journal.head().position;
  const std::uint64_t other_size = other.head().position;
  Prover ours = prover_of(journal);
  Prover theirs = prover_of(other);
  TRY(same, common_prefix(ours, size, theirs, other_size));
  const std::uint64_t both = std::min(size, other_size);
  if (same < both) return Comparison{Relation::kForked, 0, same + 1, both};
  if (size == other_size) return Comparison{Relation::kSame, 0, 0, both};
  return Comparison{size > other_size ? Relation::kExtends : Relation::kOlder,
                    std::max(size, other_size) - both, 0, both};
}

std::string describe(const Comparison& comparison, std::string_view what) {
  const std::string named(what);
  const std::string records = std::to_string(comparison.records) + " records";
  switch (comparison.relation) {
    case Relation::kSame:
      return "is exactly " + named;
    case Relation::kExtends:
      return "extends " + named + " by " + records;
    case Relation::kOlder:
      return "is older than " + named + " by " + records + ": it was rolled back, or lost them";
    case Relation::kForked:
      return comparison.differs != 0
                 ? "is a fork of " + named + ": record " + std::to_string(comparison.differs) +
                       " is the first that differs"
                 : "is a fork of " + named + ": one of the first " +
                       std::to_string(comparison.compared) + " records was changed";
  }
  return {};
}

}  // namespace actuary::journal::merkle
