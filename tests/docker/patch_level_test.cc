#include "adapters/containers/patch_level.h"

#include <gtest/gtest.h>

namespace actuary::tests {
namespace {

using adapters::containers::describe_patch_level;
using adapters::containers::known_holes;

using Holes = std::vector<std::string_view>;

TEST(PatchLevel, AVersionWithAKnownHoleIsNotCalledHardened) {
  const Holes of_2025 = {"CVE-2025-31133, CVE-2025-52565, CVE-2025-52881"};
  EXPECT_EQ(known_holes({"runc", "runc version 1.1.5+ds1\ncommit: 1.1.5+ds1-1+deb12u1"}), of_2025)
      << "Debian has mended the one of 2024 in this revision";
  EXPECT_EQ(known_holes({"runc", "runc version 1.1.5"}).size(), 2U);
  EXPECT_EQ(known_holes({"runc", "runc version 1.1.12"}), of_2025);
  EXPECT_EQ(known_holes({"runc", "1.3.2"}), of_2025);
  const std::string said = describe_patch_level({{"runc", "1.3.2"}, {"buildah", "1.40.0"}});
  EXPECT_NE(said.find("runc 1.3.2, buildah 1.40.0; not hardened"), std::string::npos) << said;
  EXPECT_NE(said.find("mended in 1.2.8, 1.3.3, 1.4.0"), std::string::npos) << said;
}

TEST(PatchLevel, EveryLineThatWasMendedCountsByItself) {
  for (const char* version : {"1.2.8", "1.2.9", "1.3.3", "1.4.0", "1.5.1", "2.0.0"}) {
    EXPECT_EQ(known_holes({"runc", version}), Holes{}) << version;
  }
  EXPECT_EQ(known_holes({"Docker", "20.10.24+dfsg1"}).size(), 2U);
  EXPECT_EQ(known_holes({"Docker", "28.0.1"}), Holes{});
  EXPECT_EQ(known_holes({"crun", "crun version 1.8.1\n+SYSTEMD +SECCOMP"}), Holes{});
  EXPECT_EQ(known_holes({"crun", "crun version 1.8.1\n+SYSTEMD +LIBKRUN"}).size(), 1U);
  EXPECT_EQ(describe_patch_level({{"crun", "crun version 1.20"}}),
            "crun 1.20.0, no hole is known here");
}

TEST(PatchLevel, AVersionThatNobodyCanReadHasEveryHole) {
  EXPECT_EQ(known_holes({"runc", ""}).size(), 2U);
  EXPECT_EQ(known_holes({"unheard-of", "1"}), Holes{});
}

}  // namespace
}  // namespace actuary::tests
