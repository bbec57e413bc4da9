#pragma once

#include <cstdint>
#include <string>

namespace actuary::tests::simulation {

/// From the command line: `--seeds N --seed S --histories N --seconds N --exits N`.
struct SeedOptions {
  std::uint64_t first = 1;
  std::uint64_t count = 40;
  std::uint64_t histories = 1000;  ///< `--histories N`, of the model's test
  std::uint64_t seconds = 8;       ///< `--seconds N`: it ends then, with what it has
  std::uint64_t exits = 2000;      ///< `--exits N`, within one second of the burst's test
  std::string program;

  [[nodiscard]] std::string reproduce(std::uint64_t seed, const std::string& filter) const {
    return "reproduce: " + program + " --gtest_filter=" + filter + " --seeds 1 --seed " +
           std::to_string(seed);
  }
};
SeedOptions& seed_options();

}  // namespace actuary::tests::simulation
