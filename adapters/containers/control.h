#pragma once

#include <string>

#include "adapters/containers/bundle.h"
#include "adapters/containers/options.h"

/// What an engine and the `actuary-init` of a container share: adapters/init/init.h lists the
/// files.
namespace actuary::adapters::containers {

/// `DATA/runtime/init`: a copy of our own, replaced by rename, so that containers of an older
/// program keep theirs.
///
/// errors: kNoRuntime: the program is missing, and where it was to be
[[nodiscard]] Status install_init(const Options& options);

/// The run's log, and the folder `control` of the bundle with all that init opens. Repeating it
/// keeps what init wrote.
[[nodiscard]] Status prepare_control(const Options& options,
                                     const engine::ports::ContainerSpec& spec,
                                     const Bundle& bundle);
[[nodiscard]] std::filesystem::path log_of(const Options& options, const ContainerKey& key);

/// One announcement of a kind reaches every client once. No container is success.
[[nodiscard]] Status announce(const Bundle& bundle,
                              const engine::ports::Announcement& announcement);

/// The Actor's own variables come last and win; empty: none.
[[nodiscard]] std::string web_server_port(const engine::ports::ContainerSpec& spec);

/// The host's resolvers; one that listens on the host's own loopback is of no use inside.
[[nodiscard]] std::string resolver_file();

[[nodiscard]] std::optional<unsigned> parse_number(const std::optional<std::string>& text);
/// An empty file, if there is none yet.
[[nodiscard]] Status touch(const std::filesystem::path& path, mode_t mode);

}  // namespace actuary::adapters::containers
