#include "adapters/containers/patch_level.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace actuary::adapters::containers {
namespace {

struct Version {
  std::array<int, 3> parts{};

  friend auto operator<=>(const Version&, const Version&) = default;
  [[nodiscard]] bool is_line_of(const Version& other) const {
    return parts[0] == other.parts[0] && parts[1] == other.parts[1];
  }
};

/// Versions that ways out of a container, or into its host's files, are known of.
struct Hole {
  std::string_view program;
  std::string_view cves;
  /// The first version without it of each line that was mended, ascending; a line above the last
  /// one never had it.
  std::array<Version, 4> mended;
  /// A distribution's revision that has the patch without the version.
  std::string_view backport = "";
  /// What the program prints if the hole is in it at all.
  std::string_view needs = "";
};

constexpr Version kNone{};

/// source: the advisories of the projects at github.com/opencontainers/runc, containers/crun,
/// containers/buildah, moby/moby; changelogs of Debian 12
constexpr std::array kHoles = {
    Hole{"runc", "CVE-2024-21626", {{{{1, 1, 12}}, kNone}}, "1.1.5+ds1-1+deb12u"},
    Hole{"runc",
         "CVE-2025-31133, CVE-2025-52565, CVE-2025-52881",
         {{{{1, 2, 8}}, {{1, 3, 3}}, {{1, 4, 0}}}}},
    Hole{"crun", "CVE-2022-27650", {{{{1, 4, 4}}}}},
    Hole{"crun", "CVE-2025-24965", {{{{1, 20, 0}}}}, "", "+LIBKRUN"},
    Hole{"buildah", "CVE-2024-1753", {{{{1, 35, 1}}}}},
    Hole{"buildah", "CVE-2024-9407, CVE-2024-9675", {{{{1, 37, 5}}, {{1, 38, 0}}}}},
    Hole{"Docker",
         "CVE-2024-41110 (authorization plugins)",
         {{{{23, 0, 15}}, {{25, 0, 6}}, {{26, 1, 5}}, {{27, 1, 1}}}}},
    Hole{"Docker", "CVE-2024-24557 (cache of its classic builder)", {{{{24, 0, 9}}, {{25, 0, 2}}}}},
};

/// The first `N.N` or `N.N.N` in the text.
Version parse_version(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789";
  Version version;
  std::size_t at = text.find_first_of(kDigits);
  for (int& part : version.parts) {
    if (at >= text.size()) break;
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data() + at, end, part);
    at = static_cast<std::size_t>(read.ptr - text.data());
    if (at >= text.size() || text[at] != '.') break;
    ++at;
  }
  return version;
}

bool has(const Program& program, const Hole& hole) {
  if (hole.program != program.name) return false;
  if (!hole.needs.empty() && program.version.find(hole.needs) == std::string::npos) return false;
  if (!hole.backport.empty() && program.version.find(hole.backport) != std::string::npos) {
    return false;
  }
  const Version version = parse_version(program.version);
  Version newest = kNone;
  for (const Version& mended : hole.mended) {
    if (mended == kNone) continue;
    if (mended.is_line_of(version)) return version < mended;
    newest = std::max(newest, mended);
  }
  return version < newest;
}

std::string to_text(const Version& version) {
  return std::to_string(version.parts[0]) + "." + std::to_string(version.parts[1]) + "." +
         std::to_string(version.parts[2]);
}

std::string mended_in(const Hole& hole) {
  std::string text;
  for (const Version& version : hole.mended) {
    if (version != kNone) text += (text.empty() ? "" : ", ") + to_text(version);
  }
  return text;
}

}  // namespace

std::vector<std::string_view> known_holes(const Program& program) {
  std::vector<std::string_view> holes;
  for (const Hole& hole : kHoles) {
    if (has(program, hole)) holes.push_back(hole.cves);
  }
  return holes;
}

std::string describe_patch_level(const std::vector<Program>& programs) {
  std::string found;
  std::string holes;
  for (const Program& program : programs) {
    const Version version = parse_version(program.version);
    found += (found.empty() ? "" : ", ") + program.name + " " + to_text(version);
    for (const Hole& hole : kHoles) {
      if (!has(program, hole)) continue;
      holes += (holes.empty() ? "" : "; ") + program.name + " has " + std::string(hole.cves) +
               ", mended in " + mended_in(hole);
    }
  }
  if (holes.empty()) return found + ", no hole is known here";
  return found + "; not hardened, unless your distribution has patched it: " + holes;
}

}  // namespace actuary::adapters::containers
