#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "adapters/host/options.h"
#include "engine/ports/runtime.h"
#include "journal/base/id.h"
#include "journal/base/result.h"
#include "journal/base/time.h"
#include "journal/journal.h"

/// What the host finds around itself: folders, the address it had, the size of the machine.
namespace actuary::adapters::host {

struct Folders {
  std::filesystem::path data, journal, views, storages, logs, blobs, images, keys, runtime, socket;
};

/// Makes DATA and what belongs into it, mode 0700.
///
/// errors: kStorageFailed, with the system's reason
[[nodiscard]] Result<Folders> make_folders(const std::filesystem::path& data);

struct Address {
  std::string host;
  std::uint16_t port = 0;
};

/// The options' address, else the recorded one, else the default; with a free port instead of 0, or
/// instead of a taken one where that is allowed.
///
/// errors: kInvalidArgument: DATA/address is damaged; kUnavailable: no free port
[[nodiscard]] Result<Address> choose_address(const Options& options);
[[nodiscard]] Status record_address(const std::filesystem::path& data, const Address& address);

/// The wall clock that was last believed here: DATA/clock, else the journal's last record.
[[nodiscard]] Result<std::optional<Timestamp>> believed_clock(const std::filesystem::path& data,
                                                              const journal::Journal& journal);
[[nodiscard]] Status record_clock(const std::filesystem::path& data, Timestamp at);

/// Most of this machine, unless the options say otherwise.
[[nodiscard]] engine::ports::Capacity capacity_of(const Options& options);

/// errors: kNoRuntime: not found, with the places that were looked at
[[nodiscard]] Result<std::filesystem::path> find_init(const Options& options);

/// 8 hex digits that name this DATA folder on cgroups, bridges and labels; made once and kept in
/// DATA.
[[nodiscard]] Result<std::string> installation_of(const std::filesystem::path& data, IdSource& ids);

}  // namespace actuary::adapters::host
