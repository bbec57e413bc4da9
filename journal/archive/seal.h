#pragma once

#include <string>

#include "journal/archive/records.h"
#include "journal/rocks/rocks_journal.h"

/// Moves the oldest records of a journal into a file. The Merkle tree and the index of streams
/// stay, so that every proof still verifies, and records that are asked for are read from the file.
///
/// source: journal/FORMAT.md, "Archives"
namespace actuary::journal::archive {

/// The last record that may be moved, when nothing at `before` or after it may be: whole tiles of
/// the tree only, and never the last batch. Less than `head.first`: there is nothing to move.
[[nodiscard]] Position last_to_archive(const rocks::RocksJournal& journal, Position before);

/// Writes `file` with all records from the journal's first to `last`, syncs it, reads it again and
/// compares every byte; only then the journal notes it and forgets them, in one synced batch. So a
/// crash leaves both or the file. A file that such a crash left is taken when it holds just that.
/// While nothing is appended.
///
/// shape:  `last` as `last_to_archive` says
/// errors: kInvalidArgument: another file is there; kCorrupt; kUnavailable: the file cannot be
///         written; kStorageFailed
[[nodiscard]] Result<Manifest> move_to_archive(rocks::RocksJournal& journal, Position last,
                                               const std::string& file, Timestamp now,
                                               const Progress& progress);

}  // namespace actuary::journal::archive
