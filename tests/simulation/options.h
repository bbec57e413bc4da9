#pragma once

#include <cstdint>
#include <string>

namespace actuary::tests::simulation {

/// From the command line: `--seeds N --seed S`.
struct SeedOptions {
  std::uint64_t first = 1;
  std::uint64_t count = 40;
  std::string program;

  [[nodiscard]] std::string reproduce(std::uint64_t seed, const std::string& filter) const {
    return "reproduce: " + program + " --gtest_filter=" + filter + " --seeds 1 --seed " +
           std::to_string(seed);
  }
};
SeedOptions& seed_options();

}  // namespace actuary::tests::simulation
