#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "adapters/host/erasures.h"
#include "journal/archive/records.h"

namespace actuary::adapters::host {

/// A backup of a whole DATA folder into one file, while an engine may be running: journal,
/// contents of storages, logs, build sources, keys, address. Not in it: views and images, which are
/// made again (images by building their Actor again), and what lives only while an engine runs.
///
/// What the file holds is DATA as of one position: everything that the journal says up to there has
/// its contents, and no storage has seen an attempt that the journal has not. What is deleted while
/// it is made stays in it: logs are held by a second name, storages by a snapshot.
///
/// errors: kInvalidArgument: the file is there already; kNotFound: no journal in DATA; kInUse:
///         another backup is under way; kCorrupt, kNewerVersion, kUnavailable
[[nodiscard]] Result<journal::archive::Manifest> back_up(
    const std::filesystem::path& data, const std::string& file, Timestamp now,
    const journal::archive::Progress& progress);

struct Restored {
  journal::archive::Manifest manifest;
  std::optional<Erasures> erased_again;
};

/// Makes the DATA folder of a backup: whole, every checksum compared, or not at all. It gets a new
/// installation name, so that containers which the original started are nobody's here; its engine
/// claims a term with a number of its own.
///
/// With `erasures`, a file of `write_erasures`, what was erased after the backup was made is erased
/// again before the folder appears.
///
/// errors: kInvalidArgument: `data` is not empty, or the backup is of a journal alone, or the
///         erasures are of another one; kCorrupt names what is damaged; kNewerVersion;
///         kUnavailable; kNotFound: no such file of erasures
[[nodiscard]] Result<Restored> restore(const std::string& file, const std::filesystem::path& data,
                                       const journal::archive::Progress& progress,
                                       const std::string& erasures = {});

/// While a backup is made it keeps second names of logs here, below DATA.
inline constexpr const char* kBackupFolder = "backup.partial";

}  // namespace actuary::adapters::host
