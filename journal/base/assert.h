#pragma once

#include <cstdio>
#include <cstdlib>

/// Programmer errors and corrupt data end the process, in release too: carrying on would write
/// lies.
#define ACTUARY_ASSERT(condition)                                                            \
  do {                                                                                       \
    if (!(condition)) [[unlikely]] {                                                         \
      std::fprintf(stderr, "%s:%d: assertion failed: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                          \
    }                                                                                        \
  } while (false)
