#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "tests/simulation/options.h"

namespace actuary::tests::simulation {
SeedOptions& seed_options() {
  static SeedOptions options;
  return options;
}
}  // namespace actuary::tests::simulation

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  auto& options = actuary::tests::simulation::seed_options();
  options.program = argv[0];
  for (int i = 1; i < argc; i += 2) {
    const std::string_view name = argv[i];
    std::uint64_t* value = name == "--seeds"       ? &options.count
                           : name == "--seed"      ? &options.first
                           : name == "--histories" ? &options.histories
                           : name == "--seconds"   ? &options.seconds
                           : name == "--exits"     ? &options.exits
                                                   : nullptr;
    if (i + 1 == argc || value == nullptr) {
      std::fprintf(stderr,
                   "usage: %s [--seeds COUNT] [--seed FIRST] [--histories COUNT] "
                   "[--seconds AT_MOST] [--exits COUNT]\n",
                   argv[0]);
      return 64;
    }
    *value = std::strtoull(argv[i + 1], nullptr, 10);
  }
  return RUN_ALL_TESTS();
}
