#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace actuary::adapters::containers {

/// The path that a source names, seen from its folder `base`; nothing when it leaves the source.
[[nodiscard]] std::optional<std::filesystem::path> inside(const std::filesystem::path& base,
                                                          const std::string& name);

/// A regular file of an unpacked source. A stranger wrote the source and we are root, so that no
/// symbolic link on the way is followed.
///
/// `path` comes from `inside`; nothing when there is no such file
[[nodiscard]] std::optional<std::string> read_inside(const std::filesystem::path& source,
                                                     const std::filesystem::path& path);

inline constexpr int kSourceDepthMax = 64;

/// Discarded when it is not JSON or nested deeper than `kSourceDepthMax`: what writes it out again
/// is recursive.
[[nodiscard]] nlohmann::json parse_source(std::string_view text);

/// Without the bytes that are not UTF-8.
[[nodiscard]] std::string only_utf8(const std::string& text);

}  // namespace actuary::adapters::containers
