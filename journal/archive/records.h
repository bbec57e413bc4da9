#pragma once

#include <functional>
#include <string>

#include "journal/archive/manifest.h"
#include "journal/reader.h"

/// A journal's records in and out of a backup: `journal.records` is the stored records one after
/// another, which say themselves how long they are.
namespace actuary::journal::archive {

using Progress = std::function<void(std::string_view what, std::uint64_t done, std::uint64_t all)>;

/// What a backup of `journal` up to `to` says of itself.
[[nodiscard]] Manifest describe_journal(const Reader& journal, Position to, std::string kind,
                                        Timestamp now);

/// Writes `journal.records` up to `manifest.position`, every record verified.
///
/// errors: kCorrupt and kNewerVersion name the position; kUnavailable: the file cannot be written
[[nodiscard]] Status write_records(const Reader& journal, Manifest& manifest, TarWriter& backup,
                                   const Progress& progress);

/// Makes the journal that `manifest` names in the folder `path`, from the entry that `backup`
/// stands at: every record goes through the same checks as when it was first appended.
///
/// errors: kCorrupt: damaged; those of a new journal
[[nodiscard]] Result<Head> restore_records(const Manifest& manifest, TarReader& backup,
                                           const std::string& path, const Progress& progress);
/// Whether a restored journal stands where the manifest says.
///
/// errors: kCorrupt
[[nodiscard]] Status check_restored(const Manifest& manifest, const std::optional<Head>& restored);

/// Adds the manifest of what was written, and gives the file its name.
[[nodiscard]] Status finish_backup(TarWriter& backup, Manifest& manifest);

/// A backup of a journal alone, while an engine may be running.
[[nodiscard]] Result<Manifest> back_up_journal(const Reader& journal, const std::string& file,
                                               Timestamp now, const Progress& progress);
/// `folder`/journal from any backup. `folder` appears whole or not at all.
///
/// errors: kInvalidArgument: `folder` is not empty; kCorrupt; kNewerVersion; kUnavailable
[[nodiscard]] Result<Manifest> restore_journal(const std::string& file, const std::string& folder,
                                               const Progress& progress);

/// Called for every entry but the manifest; reads it, or leaves it to be skipped.
using TakeEntry = std::function<Status(const Manifest& head, const Entry& entry, TarReader&)>;
/// Reads a backup to its end, compares everything with its manifest, and answers that.
///
/// errors: kCorrupt names what is damaged
[[nodiscard]] Result<Manifest> read_backup(const std::string& file, const TakeEntry& take);

}  // namespace actuary::journal::archive
