#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace actuary::adapters::containers {

/// A program that stands between a container and this host, and what it says of its version.
struct Program {
  std::string name;     ///< `runc`
  std::string version;  ///< all that it prints, a distribution's revision included
};

/// The holes that this version has as far as is known here, as CVE numbers; none for a program that
/// is not in the table, of which nothing is known either.
[[nodiscard]] std::vector<std::string_view> known_holes(const Program& program);

/// For the operator: what was found, and either its holes with the versions that have none, or that
/// none is known. Nothing is ever said to be safe.
[[nodiscard]] std::string describe_patch_level(const std::vector<Program>& programs);

}  // namespace actuary::adapters::containers
